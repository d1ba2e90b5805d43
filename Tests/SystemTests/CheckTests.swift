// check with and without a daemon: what it tells, what it leaves as it was, and that nothing in a
// file holds it up.

import Glibc
import Testing

extension SystemTests {
    @Suite struct CheckTests {
        private static let apm = TestDaemon.executables + "/apm"

        /// A folder of its own for files, without a daemon.
        private final class Folder {
            let path: String

            init() throws {
                var template = Array("/tmp/apm-check.XXXXXX".utf8CString)
                try #require(mkdtemp(&template) != nil)
                path = String(
                    decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }

            deinit {
                _ = Program.run("/bin/rm", ["-r", "--", path], environment: ["PATH=/bin"])
            }

            func file(_ name: String, _ text: String) -> String {
                file(name, Array(text.utf8))
            }

            func file(_ name: String, _ bytes: [UInt8]) -> String {
                let file = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
                var offset = 0
                while offset < bytes.count {
                    let count = write(file, Array(bytes[offset...]), bytes.count - offset)
                    guard count > 0 else { break }
                    offset += count
                }
                close(file)
                return path + "/" + name
            }

            /// APM_HOME where no daemon runs.
            func check(_ words: String..., seconds: Double = 10) -> Finished {
                Program.run(
                    CheckTests.apm, ["check"] + words,
                    environment: ["APM_HOME=\(path)", "PATH=/usr/bin:/bin", "HOME=\(path)"],
                    seconds: seconds)
            }
        }

        @Test func withoutADaemonItTellsWhatThereWouldBe() throws {
            let folder = try Folder()
            let path = folder.file("a.conf", "worker a { exec true; }\nworker b { exec true; }\n")
            let check = folder.check(path)
            #expect(check.status == 0 && check.errors.isEmpty, "\(check)")
            #expect(
                check.output == "+ a\n+ b\n\(path): fine; 2 to start; no daemon runs\n",
                "\(check.output)")
            // None was started, and nothing was written.
            #expect(ProcessTable.entries(folder.path) == ["a.conf"])
        }

        @Test func whatIsWrongIsToldWithItsPlace() throws {
            let folder = try Folder()
            let path = folder.file(
                "a.conf",
                """
                worker a {
                    exec true;
                    restart_err true; max_err_restarts 3;
                    err_grace 5000;
                    depends_on nobody;
                    instance 2;
                }
                worker b { exec /no/such/program; path /no/such/folder; depends_on c; }
                worker c { exec apm-no-such-program; depends_on b; env_file /no/file; }
                worker d { exec true; log /no/such/folder/d.log; }
                """)
            let check = folder.check(path)
            #expect(check.status == 0, "\(check)")
            for (place, text) in [
                ("6:5", "instance"), ("4:15", "within 5000 ms"),
                ("5:16", "no worker is called 'nobody'"),
                ("8:17", "there is no program /no/such/program"),
                ("8:40", "there is no folder /no/such/folder"), ("8:68", "b → c → b"),
                ("9:17", "no program 'apm-no-such-program'"), ("9:61", "there is no file /no/file"),
                ("10:27", "there is no folder /no/such/folder for the log"),
            ] {
                let line = check.errors.split(separator: "\n").first { $0.contains(text) } ?? ""
                #expect(line.hasPrefix("\(path):\(place): warning: "), "\(text): \(check.errors)")
            }
            #expect(check.output.contains("9 warnings; 4 to start"), "\(check.output)")
        }

        @Test func errorsEndWithOne() throws {
            let folder = try Folder()
            let refused = folder.check(
                folder.file("a.conf", "worker a { }\nworker b { exec true; }"))
            #expect(refused.status == 1 && refused.errors.contains("a.conf:1:"), "\(refused)")
            #expect(refused.output.contains("+ b\n! a: "), "\(refused.output)")
            let broken = folder.check(folder.file("b.conf", "worker a { exec 'x; }"))
            #expect(broken.status == 1 && broken.errors.contains(": error: "), "\(broken)")
            let gone = folder.check(folder.path + "/gone.conf")
            #expect(gone.status == 1 && gone.errors.contains("gone.conf"), "\(gone)")
            for words in [["check"], ["check", "a", "b"]] {
                let wrong = Program.run(Self.apm, words, environment: ["HOME=/"])
                #expect(wrong.status == 2, "\(wrong)")
            }
        }

        @Test func whatAReloadWouldDoIsToldAndNotDone() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration(
                "app.conf", daemon.block("a"), daemon.block("b"), daemon.block("c"),
                daemon.block("d"))
            #expect(daemon.apm("load", path).status == 0)
            let pids = ["a", "b", "c", "d"].map(daemon.pid(of:))
            daemon.configuration(
                "app.conf", daemon.block("a", "kill_timeout 900;"),
                daemon.block("b", "env X=1;"), daemon.block("d"), daemon.block("e"))
            let check = daemon.apm("check", path)
            #expect(check.status == 0 && check.errors.isEmpty, "\(check)")
            for line in [
                "~ a: kill_timeout (live)\n", "~ b: env (restart)\n", "= d\n", "+ e\n", "- c\n",
            ] {
                #expect(check.output.contains(line), "\(check.output)")
            }
            let json = daemon.apm("check", path, "--json")
            #expect(json.status == 0 && json.output.hasPrefix("{\"file\":\"\(path)\",\"ok\":true"))
            #expect(
                json.output.contains(
                    "{\"name\":\"b\",\"deed\":\"change\",\"settings\":[\"env\"],\"restarts\":true"),
                "\(json.output)")
            #expect(["a", "b", "c", "d"].map(daemon.pid(of:)) == pids)
            #expect(daemon.listed.sorted() == ["a", "b", "c", "d"])
            // A name that another worker has.
            daemon.run("other", probe: "sleep")
            let taken = daemon.configuration("taken.conf", daemon.block("other"))
            let refused = daemon.apm("check", taken)
            #expect(refused.status == 1 && refused.output.contains("! other: "), "\(refused)")
            daemon.end()
        }

        @Test func nothingHoldsItUp() throws {
            let folder = try Folder()
            mkfifo(folder.path + "/fifo", 0o644)
            let loop = folder.file("loop.conf", "include other.conf;\n")
            _ = folder.file("other.conf", "include loop.conf;\n")
            symlink(folder.path + "/link", folder.path + "/link")
            let many = String(repeating: "worker{exec a;}\n", count: 65_000)
            let files = [
                folder.path + "/fifo", "/dev/zero", "/dev/tty", folder.path, loop,
                folder.path + "/link", "/proc/self/mem", folder.file("many.conf", many),
                folder.file("open.conf", String(repeating: "worker {", count: 100_000)),
                folder.file("brace.conf", String(repeating: "}", count: 1_000_000)),
                folder.file("quote.conf", String(repeating: "\"", count: 999_999)),
                folder.file("line.conf", [UInt8](repeating: 0x61, count: 10 << 20)),
                folder.file("nul.conf", [UInt8](repeating: 0, count: 1 << 20)),
                folder.file("utf8.conf", [UInt8](repeating: 0xFF, count: 1 << 20)),
                folder.file(
                    "star.conf", "include " + String(repeating: "/*", count: 100) + "/x.conf;"),
            ]
            for file in files {
                let check = folder.check(file)
                #expect(check.milliseconds < 2000, "\(file): \(check.milliseconds)")
                let isTold = check.status == 1 && check.errors.contains(": error: ")
                #expect(
                    isTold || (check.status == 0 && file.hasSuffix("star.conf")),
                    "\(file): \(check.status) \(check.errors.prefix(300))")
                #expect(check.errors.utf8.count < 200_000, "\(file)")
            }
            // 100,000 workers in files of less than 1 MB.
            for number in 0..<4 {
                let blocks = (0..<25_000).map { "worker w\(number)x\($0) {exec a;}\n" }
                _ = folder.file("part\(number).conf", blocks.joined())
            }
            let all = folder.check(folder.file("all.conf", "include part*.conf;\n"))
            #expect(all.status == 1 && all.milliseconds < 2000, "\(all.milliseconds)")
            #expect(all.errors.contains("more than"), "\(all.errors.prefix(300))")
        }

        @Test func anyBytesEnd() throws {
            let folder = try Folder()
            var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
            let words = [
                "worker", "{", "}", ";", "exec", "a", "\n", "#", "//", "\"", "'", "include", ",",
                "cmd", " ", "\\", "$HOME", "env", "K=v", "\u{0}", "ä", "vanguard", ":", "=", "`",
            ]
            for round in 0..<60 {
                var bytes: [UInt8] = []
                while bytes.count < 4000 {
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let pick = Int(seed >> 33)
                    if round % 3 == 0 {
                        bytes.append(UInt8(truncatingIfNeeded: pick))
                    } else {
                        bytes += Array(words[pick % words.count].utf8)
                    }
                }
                let check = folder.check(folder.file("any.conf", bytes))
                #expect([0, 1].contains(check.status), "round \(round): \(check.status)")
                #expect(check.milliseconds < 2000)
            }
        }

        @Test func aThousandWorkersAreCheckedFast() throws {
            let folder = try Folder()
            let blocks = (0..<1000).map { number in
                """
                worker w\(number) {
                    exec /bin/true; params --port \(8000 + number); path /;
                    restart_err true; env NAME=w\(number); depends_on w\(max(0, number - 1));
                }

                """
            }
            let path = folder.file(
                "many.conf", blocks.joined().replacing("depends_on w0; ", with: ""))
            var best = Double.infinity
            for _ in 0..<5 {
                let before = Self.childProcessor
                let check = folder.check(path)
                #expect(check.output.contains("1000 to start"), "\(check.errors.prefix(300))")
                best = min(best, Self.childProcessor - before)
            }
            print("check of 1,000 workers: \(best) ms of CPU")
            #expect(best <= 50)
        }

        /// Processor time of all children that were reaped.
        private static var childProcessor: Double {
            var usage = rusage()
            // RUSAGE_CHILDREN, which the headers give another type.
            getrusage(-1, &usage)
            let times = [usage.ru_utime, usage.ru_stime]
            return times.reduce(0) { $0 + Double($1.tv_sec) * 1000 + Double($1.tv_usec) / 1000 }
        }

        @Test(.enabled(if: isRoot, "root's own rules need root"))
        func rootReadsWithTheRightsOfWhoseFileItIs() throws {
            let folder = try Folder()
            chmod(folder.path, 0o755)
            let secret = folder.file("secret", "worker secret { exec HIDDEN-WORD; }")
            chmod(secret, 0o600)
            let theirs = folder.file("theirs.conf", "include secret;\n")
            chown(theirs, 65_534, 65_534)
            let check = folder.check(theirs)
            #expect(check.status == 1, "\(check)")
            #expect(!(check.errors + check.output).contains("HIDDEN"), "\(check)")
            let open = folder.file("open.conf", "worker a { exec HIDDEN; }")
            chmod(open, 0o666)
            let refused = folder.check(open)
            #expect(refused.status == 1 && refused.errors.contains("changed by others"))
            #expect(!(refused.errors + refused.output).contains("HIDDEN"), "\(refused)")
            // What another user can change defines nothing of root's.
            let inner = folder.file("inner.conf", "worker a { exec HIDDEN; }")
            chown(inner, 65_534, 65_534)
            let roots = folder.check(folder.file("roots.conf", "include inner.conf;\n"))
            #expect(roots.status == 1 && roots.errors.contains("uid 65534"), "\(roots)")
        }
    }
}
