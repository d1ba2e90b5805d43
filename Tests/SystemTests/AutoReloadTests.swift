// Configuration that is read again by itself when it changes: what has not changed goes on, a
// mistake changes nothing, and however often a file is saved, little is done.

import Glibc
import Testing

extension SystemTests {
    @Suite struct AutoReloadTests {
        private static let block = "daemon { auto_reload true; }\n"

        /// With auto_reload; `app.conf` is loaded, and its watch stands.
        private func loaded(
            _ daemon: TestDaemon, _ blocks: String..., name: String = "app.conf"
        ) -> String {
            daemon.configuration("config.conf", Self.block)
            #expect(daemon.apm("boot").status == 0)
            let path = daemon.file(name, holding: blocks.joined())
            let load = daemon.apm("load", path)
            #expect(load.status == 0, "\(load.errors)")
            awaitWatch(daemon, path)
            return path
        }

        private func awaitWatch(
            _ daemon: TestDaemon, _ path: String, times: Int = 1,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            eventually("\(path) is watched", within: 15, sourceLocation: sourceLocation) {
                lines(daemon, "config \(path): watching").count >= times
            }
        }

        /// Without auto_reload, so that nothing is left that watches, then its end.
        private func finish(
            _ daemon: TestDaemon, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            daemon.configuration("config.conf", "")
            #expect(daemon.apm("boot").status == 0, sourceLocation: sourceLocation)
            eventually("nothing is watched", within: 15, sourceLocation: sourceLocation) {
                agents(daemon).isEmpty
            }
            daemon.end(sourceLocation: sourceLocation)
        }

        private func lines(_ daemon: TestDaemon, _ part: String) -> [String] {
            daemon.log.split(separator: "\n").filter { $0.contains(part) }.map(String.init)
        }

        private func agents(_ daemon: TestDaemon) -> [pid_t] {
            ProcessTable.children(of: daemon.pid).filter {
                ProcessTable.isAlive($0)
                    && ProcessTable.read("/proc/\($0)/cmdline") == "apm-agent\0watch\0"
            }
        }

        @Test func anEditIsApplied() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon, daemon.block("a"), daemon.block("b"))
            let (a, b) = (daemon.pid(of: "a"), daemon.pid(of: "b"))
            daemon.configuration(
                "app.conf", daemon.block("a"), daemon.block("b", "env NEW=1;"), daemon.block("c"))
            eventually("it is applied", within: 15) {
                ProcessTable.carrying("NEW=1").count == 1 && daemon.pid(of: "c") != 0
            }
            #expect(daemon.pid(of: "a") == a && daemon.pid(of: "b") != b)
            eventually("it is told") {
                daemon.log.contains(
                    "config changed: \(path), 1 started, 1 changed, 1 unchanged")
            }
            daemon.configuration("app.conf", daemon.block("a"))
            eventually("what is gone is removed", within: 15) { daemon.listed == ["a"] }
            #expect(daemon.pid(of: "a") == a)
            let status = daemon.apm("status")
            #expect(status.output.contains("auto_reload: "), "\(status.output)")
            finish(daemon)
        }

        /// As editors save: another file, renamed over the old one.
        @Test func aFileThatIsReplacedIsApplied() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon, daemon.block("a"))
            for number in 1...2 {
                let new = daemon.file("new", holding: daemon.block("a", "env N=\(number);"))
                #expect(rename(new, path) == 0)
                eventually("it is applied", within: 15) {
                    ProcessTable.carrying("N=\(number)").count == 1
                }
            }
            finish(daemon)
        }

        @Test func aNewFileOfAPatternIsSeen() throws {
            let daemon = try TestDaemon()
            mkdir(daemon.home + "/parts", 0o755)
            let path = loaded(daemon, daemon.block("a"), "include parts/*.conf;\n")
            let a = daemon.pid(of: "a")
            _ = daemon.file("parts/note.txt", holding: "no configuration")
            _ = daemon.file("parts/b.conf", holding: daemon.block("b"))
            eventually("it runs", within: 15) { daemon.pid(of: "b") != 0 }
            eventually("it is told once") { lines(daemon, "1 started, 1 unch").count == 1 }
            awaitWatch(daemon, path, times: 2)
            // What an included file says is watched too, and where a link leads.
            _ = daemon.file("elsewhere", holding: daemon.block("c"))
            symlink(daemon.home + "/elsewhere", daemon.home + "/parts/c.conf")
            eventually("a link is followed", within: 15) { daemon.pid(of: "c") != 0 }
            awaitWatch(daemon, path, times: 3)
            _ = daemon.file("elsewhere", holding: daemon.block("c", "env LINKED=1;"))
            eventually("it is applied", within: 15) {
                ProcessTable.carrying("LINKED=1").count == 1
            }
            unlink(daemon.home + "/parts/b.conf")
            eventually("it is gone", within: 15) { daemon.listed.sorted() == ["a", "c"] }
            #expect(daemon.pid(of: "a") == a)
            finish(daemon)
        }

        /// The folder beside the main configuration, which need not be there at first.
        @Test func theMainConfigurationIsWatchedWithItsFolder() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("config.conf", Self.block, daemon.block("a"))
            #expect(daemon.apm("boot").status == 0)
            awaitWatch(daemon, path)
            let a = daemon.pid(of: "a")
            mkdir(daemon.home + "/config.conf.d", 0o755)
            _ = daemon.file("config.conf.d/b.conf", holding: daemon.block("b"))
            eventually("it runs", within: 15) { daemon.pid(of: "b") != 0 }
            _ = daemon.file("config.conf.d/b.conf", holding: daemon.block("b", "env B=1;"))
            eventually("it is changed", within: 15) { ProcessTable.carrying("B=1").count == 1 }
            unlink(daemon.home + "/config.conf.d/b.conf")
            eventually("it is gone", within: 15) { daemon.listed == ["a"] }
            // A main file that is gone is told, and ends nothing.
            unlink(path)
            eventually("it is told", within: 15) { daemon.log.contains("is not there any more") }
            #expect(daemon.pid(of: "a") == a)
            daemon.configuration("config.conf", daemon.block("a"))
            eventually("it is off by its own words", within: 15) { agents(daemon).isEmpty }
            #expect(daemon.pid(of: "a") == a)
            finish(daemon)
        }

        @Test func aHundredEditsInASecondMakeFewReloads() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon, daemon.block("a"), daemon.block("b"))
            let a = daemon.pid(of: "a")
            let started = Moment.now
            for number in 1...100 {
                daemon.configuration(
                    "app.conf", daemon.block("a"), daemon.block("b", "env EDIT=\(number);"))
                while Moment.now.milliseconds(since: started) < Double(number) * 10 {
                    usleep(500)
                }
            }
            eventually("the last one holds", within: 20) {
                ProcessTable.carrying("EDIT=100").count == 1
            }
            // One more edit is an end to wait for: nothing comes after it.
            daemon.configuration(
                "app.conf", daemon.block("a"), daemon.block("b", "env EDIT=100;"),
                daemon.block("end"))
            eventually("so does the end", within: 20) { daemon.pid(of: "end") != 0 }
            eventually("it is told") { lines(daemon, "1 started").count == 1 }
            let reloads = lines(daemon, "config changed: \(path)").count
            print("100 edits in a second: \(reloads - 1) reloads")
            #expect(reloads <= 5, "\(reloads)")
            #expect(daemon.pid(of: "a") == a && daemon.listed == ["a", "b", "end"])
            #expect(!daemon.log.contains("a removed") && !daemon.log.contains("b removed"))
            finish(daemon)
        }

        @Test func aBrokenEditChangesNothing() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon, daemon.block("a"), daemon.block("b"))
            let before = daemon.workers.sorted()
            daemon.configuration("app.conf", daemon.block("a", "env A=1;"), "worker b {\n")
            eventually("it is told", within: 15) {
                lines(daemon, "nothing is done: \(path):").count == 1
            }
            // Saved again as it was, which a file that changes as well is the end of.
            daemon.configuration("app.conf", daemon.block("a", "env A=1;"), "worker b {\n")
            eventually("it is put right", within: 15) {
                daemon.configuration("app.conf", daemon.block("a"), daemon.block("b", "env B=1;"))
                return ProcessTable.carrying("B=1").count == 1
            }
            #expect(lines(daemon, "nothing is done").count == 1, "\(daemon.log)")
            #expect(daemon.workers.contains { before.contains($0) })
            #expect(ProcessTable.carrying("A=1").isEmpty && daemon.listed == ["a", "b"])
            finish(daemon)
        }

        @Test func itIsSwitchedLiveAndEndsWithUnload() throws {
            let daemon = try TestDaemon()
            let path = loaded(daemon, daemon.block("a"))
            eventually("both are watched") { agents(daemon).count == 2 }
            #expect(daemon.apm("unload", path).status == 0)
            eventually("one is left") { agents(daemon).count == 1 }
            daemon.configuration("app.conf", daemon.block("a", "env A=1;"))
            #expect(daemon.apm("load", path).status == 0)
            eventually("both are watched again") { agents(daemon).count == 2 }
            daemon.configuration("config.conf", "telemetry false;\n")
            eventually("nothing is watched", within: 15) { agents(daemon).isEmpty }
            #expect(!daemon.apm("status").output.contains("auto_reload"))
            finish(daemon)
        }

        @Test func aNewDaemonGoesOn() throws {
            let daemon = try TestDaemon()
            _ = daemon.file("part.conf", holding: daemon.block("p"))
            let path = loaded(daemon, daemon.block("a"), "include part.conf;\n")
            daemon.awaitState("part.conf")
            let old = agents(daemon)
            kill(daemon.pid, SIGKILL)
            eventually("its agents end with it") { old.allSatisfy { !ProcessTable.isAlive($0) } }
            // While nobody watches.
            _ = daemon.file("part.conf", holding: daemon.block("p", "env MEANWHILE=1;"))
            try daemon.startAgain()
            eventually("it is seen", within: 15) {
                ProcessTable.carrying("MEANWHILE=1").count == 1
            }
            eventually("it is watched", within: 15) { agents(daemon).count == 2 }
            _ = daemon.file("part.conf", holding: daemon.block("p", "env LATER=1;"))
            eventually("it is applied", within: 15) { ProcessTable.carrying("LATER=1").count == 1 }
            #expect(daemon.apm("unload", path).status == 0)
            finish(daemon)
        }

        @Test func watchConfReloadsItsWorkerAlone() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration(
                "app.conf", daemon.block("a", "watch_conf true;"), daemon.block("b"))
            #expect(daemon.apm("load", path).status == 0)
            awaitWatch(daemon, path)
            let b = daemon.pid(of: "b")
            daemon.configuration(
                "app.conf", daemon.block("a", "watch_conf true; env A=1;"),
                daemon.block("b", "env B=1;"), daemon.block("c"))
            eventually("it is reloaded", within: 15) { ProcessTable.carrying("A=1").count == 1 }
            eventually("it is told") { daemon.log.contains("config changed: \(path), 1 changed") }
            #expect(daemon.pid(of: "b") == b && daemon.listed == ["a", "b"])
            // One that is gone from its file goes on.
            daemon.configuration("app.conf", daemon.block("b"))
            eventually("it is told", within: 15) { daemon.log.contains("notInSource") }
            #expect(daemon.listed == ["a", "b"])
            #expect(daemon.apm("update", "a", "--watch-conf", "false").status == 0)
            eventually("nothing is watched") { agents(daemon).isEmpty }
            finish(daemon)
        }

        /// Root's daemon: as whom the file belongs to, and no further than that user may go.
        @Test(.enabled(if: isRoot, "another user needs root"))
        func aUsersFileIsWatchedAsThatUser() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            daemon.configuration("config.conf", Self.block)
            #expect(daemon.apm("boot").status == 0)
            let path = daemon.file("theirs.conf", holding: daemon.block("a", "path /;"))
            chown(path, 65_534, 65_534)
            #expect(daemon.apm("load", path).status == 0)
            eventually("an agent of theirs watches", within: 15) {
                agents(daemon).contains {
                    ProcessTable.status($0, "Uid")?.hasPrefix("65534 65534") == true
                }
            }
            let file = open(path, O_WRONLY | O_TRUNC)
            let text = daemon.block("a", "path /; env A=1;") + daemon.block("r", "user root;")
            #expect(write(file, text, text.utf8.count) == text.utf8.count)
            close(file)
            eventually("it is applied", within: 15) { ProcessTable.carrying("A=1").count == 1 }
            eventually("what they may not is told", within: 15) {
                daemon.log.contains("r is left as it is")
            }
            #expect(daemon.listed == ["a"])
            finish(daemon)
        }
    }
}
