// What people mistype: refused in words, and nothing sticks in "starting".

import Glibc
import Testing

extension SystemTests {
    @Suite struct BadInputTests {
        /// Two lines: what failed, what to do now.
        static func expectTwoLines(
            _ finished: Finished, holding word: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let lines = finished.errors.split(separator: "\n")
            #expect(lines.count >= 2, "\(finished.errors)", sourceLocation: sourceLocation)
            #expect(
                finished.errors.contains(word), "\(finished.errors)", sourceLocation: sourceLocation
            )
            #expect(finished.status != 0, sourceLocation: sourceLocation)
        }

        @Test func whatCannotBeExecutedIsToldAndForgotten() throws {
            let daemon = try TestDaemon()
            let script = daemon.file("plain.txt", holding: "hello\n")
            let garbage = daemon.file("garbage", holding: "\u{1}\u{2}\u{3}", mode: 0o755)
            for (exec, word) in [
                ("no-such-program", "No such file"), ("/no/such/program", "No such file"),
                (script, "Permission denied"), ("/tmp", "Permission denied"),
                (garbage, "Exec format error"),
            ] {
                let run = daemon.apm("run", "--name", "bad", exec)
                Self.expectTwoLines(run, holding: word)
                #expect(run.status == 1)
                #expect(daemon.apm("list", "--json").output.contains("[]"), "\(exec)")
            }
            daemon.end()
        }

        @Test func aMissingFolderIsTold() throws {
            let daemon = try TestDaemon()
            let run = daemon.apm("run", "--name", "bad", "--path", "/no/such/folder", "sleep", "1")
            Self.expectTwoLines(run, holding: "No such file")
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            daemon.end()
        }

        @Test func wrongWordsAreUsageErrors() throws {
            let daemon = try TestDaemon()
            for words in [
                ["lst"], ["run"], ["run", "--instances", "x", "sleep"],
                ["run", "--instances", "0", "sleep", "1"], ["run", "--instances", "-1", "sleep"],
                ["run", "--kill-timeout", "99999999999", "sleep"],
                ["run", "--stop-signal", "SIGNOTHING", "sleep"], ["run", "--env", "X", "sleep"],
                ["run", "--name", "a b", "sleep"], ["run", "--name", "SIGX", "sleep"],
                ["run", "--name", "a#2", "sleep"], ["stop"], ["restart"], ["stop", "a#0"],
            ] {
                let finished = Program.run(
                    TestDaemon.executables + "/apm", words, environment: daemon.environment)
                #expect(finished.status == 2, "\(words): \(finished.errors)")
                #expect(
                    finished.errors.split(separator: "\n").count == 2,
                    "\(words): \(finished.errors)")
            }
            daemon.end()
        }

        @Test func unknownWorkersHaveTheirOwnStatus() throws {
            let daemon = try TestDaemon()
            daemon.run("worker", probe: "sleep")
            for command in ["start", "stop", "restart", "info", "log", "remove"] {
                let finished = daemon.apm(command, "wroker")
                #expect(finished.status == 4, "\(command): \(finished.errors)")
                #expect(finished.errors.contains("worker"), "\(command): \(finished.errors)")
            }
            daemon.end()
        }

        @Test func aTakenNameIsRefused() throws {
            let daemon = try TestDaemon()
            daemon.run("one", probe: "sleep")
            let second = daemon.run("one", probe: "sleep")
            Self.expectTwoLines(second, holding: "--name")
            #expect(daemon.workers.count == 1)
            daemon.end()
        }

        @Test func earlyDeathShowsItsErrorOutput() throws {
            let daemon = try TestDaemon()
            let run = daemon.run(
                "dies", ["--startup-grace", "2000"], probe: "stderr", "reason-of-death", "7")
            #expect(run.status == 1)
            #expect(run.errors.contains("reason-of-death"), "\(run.errors)")
            #expect(run.errors.contains("7"), "\(run.errors)")
            #expect(run.milliseconds < 1500)
            daemon.end()
        }

        @Test func aFolderThatIsNotTheDaemonsStaysAsItIs() throws {
            for (name, mode) in [("control", mode_t(0o700)), ("apm.pid", 0o700), ("", 0o755)] {
                var template = Array("/tmp/apm-test.XXXXXX".utf8CString)
                try #require(mkdtemp(&template) != nil)
                let folder = String(
                    decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
                chmod(folder, mode)
                let precious = folder + "/" + (name.isEmpty ? "precious" : name)
                let file = open(precious, O_WRONLY | O_CREAT, 0o644)
                let text = "precious, and longer than any pid"
                _ = write(file, text, text.utf8.count)
                close(file)
                let started = Program.run(
                    TestDaemon.executables + "/apm", ["start"],
                    environment: ["APM_HOME=\(folder)", "PATH=/usr/bin:/bin", "HOME=/"])
                Self.expectTwoLines(started, holding: folder)
                #expect(ProcessTable.read(precious) == text)
                var information = stat()
                stat(folder, &information)
                #expect(information.st_mode & 0o777 == mode)
                unlink(precious)
                rmdir(folder)
            }
        }

        @Test func aClosedPipeIsNoError() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            let shell = Program.run(
                "/bin/sh", ["-c", "'\(TestDaemon.executables)/apm' list | head -1 >/dev/null"],
                environment: daemon.environment)
            #expect(shell.status == 0)
            #expect(shell.errors.isEmpty, "\(shell.errors)")
            daemon.end()
        }
    }
}
