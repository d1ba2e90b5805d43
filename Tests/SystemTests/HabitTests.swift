// What people are used to: several names at once, the words of other process managers, answers that
// go nowhere, a terminal without UTF-8.

import Glibc
import Testing

extension SystemTests {
    @Suite struct HabitTests {
        @Test func severalAreStoppedRestartedAndRemoved() throws {
            let daemon = try TestDaemon()
            for name in ["a", "b", "c"] { daemon.run(name, probe: "sleep") }
            let before = daemon.workers
            let restarted = CommandWordsTests.run(daemon, ["restart", "a", "b"])
            #expect(
                Set(restarted.output.split(separator: "\n"))
                    == ["a: 1 instance running", "b: 1 instance running"], "\(restarted)")
            #expect(Set(daemon.workers).intersection(before).count == 1)
            let stopped = CommandWordsTests.run(daemon, ["stop", "a", "c#1"])
            #expect(
                Set(stopped.output.split(separator: "\n"))
                    == ["a: 1 instance stopped", "c#1: stopped"], "\(stopped)")
            #expect(daemon.workers.count == 1)
            // One name that is wrong: nothing is done.
            CommandWordsTests.expectTwoLines(
                CommandWordsTests.run(daemon, ["remove", "a", "d"]), 4, "remove a d")
            CommandWordsTests.expectTwoLines(
                CommandWordsTests.run(daemon, ["remove", "a", "b#1"]), 2, "remove a b#1")
            let removed = CommandWordsTests.run(daemon, ["remove", "a", "c"])
            #expect(
                Set(removed.output.split(separator: "\n")) == ["a: removed", "c: removed"],
                "\(removed)")
            #expect(CommandWordsTests.run(daemon, ["list"]).output.contains("b "))
            daemon.end()
        }

        @Test func whatOthersCallItIsToldInOurWords() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.run("v", probe: "sleep")
            let hints = [
                "stop all": "apm stopall stops all workers",
                "restart all": "one after the other: apm restart w v",
                "remove all": "one after the other: apm remove w v",
                "rename w v": "choose a name that apm list does not show: apm rename w NEW",
                "copy w v": "choose a name that apm list does not show: apm copy w NEW",
                "delete w": "apm calls it: apm remove",
            ]
            for (line, hint) in hints {
                let finished = CommandWordsTests.run(
                    daemon, line.split(separator: " ").map(String.init))
                #expect(finished.status != 0 && finished.errors.contains(hint), "\(finished)")
            }
            daemon.end()
        }

        /// The answer cannot be written; what was to be done is done, and told so.
        @Test func aLostAnswerIsNoLostDeed() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            func run(_ line: String) -> Finished {
                Program.run(
                    "/bin/bash",
                    ["-c", "exec '\(TestDaemon.executables)/apm' \(line) >/dev/full"],
                    environment: daemon.environment)
            }
            let told = "the command itself was carried out"
            for line in ["restart w", "SIGCONT w", "rename w v", "update v --kill-timeout 3s"] {
                let finished = run(line)
                CommandWordsTests.expectTwoLines(finished, 1, line)
                #expect(finished.errors.contains(told), "\(finished.errors)")
            }
            #expect(CommandWordsTests.run(daemon, ["list"]).output.contains("v "))
            for line in ["list", "info v", "stop -h"] {
                let finished = run(line)
                CommandWordsTests.expectTwoLines(finished, 1, line)
                #expect(!finished.errors.contains(told), "\(finished.errors)")
            }
            daemon.end()
        }

        /// Without UTF-8 the marks of states are ASCII.
        @Test func marksFitTheLocale() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            for words in [["list"], ["info", "w"], ["monitor"]] {
                let plain = CommandWordsTests.run(daemon, words, ["LC_ALL=C"]).output
                #expect(!plain.contains("●") && plain.contains("* running"))
                #expect(
                    CommandWordsTests.run(daemon, words).output.contains("* running"), "\(words)")
                let marked = CommandWordsTests.run(daemon, words, ["LANG=C.UTF-8"]).output
                #expect(marked.contains("● running"), "\(words)")
            }
            daemon.end()
        }

        /// What is opened first must not take the place of what is closed.
        @Test func closedDescriptorsGetNoAnswer() throws {
            let daemon = try TestDaemon()
            func run(_ line: String) -> Finished {
                Program.run(
                    "/bin/bash", ["-c", "exec '\(TestDaemon.executables)/apm' \(line)"],
                    environment: daemon.environment)
            }
            daemon.run("w", probe: "sleep")
            let unheard = run("list >&-")
            CommandWordsTests.expectTwoLines(unheard, 1, "no standard output")
            #expect(unheard.errors.contains("Bad file descriptor"), "\(unheard.errors)")
            #expect(run("list <&-").output.contains("w "))
            let blind = run("info nobody 2>&-")
            #expect(blind.status == 4 && blind.output.isEmpty, "\(blind)")
            #expect(run("stop w <&- >&- 2>&-").status == 1)
            #expect(daemon.workers.isEmpty)
            let again = run("start w <&- 2>&-")
            #expect(again.status == 0 && again.output == "w: 1 instance running\n", "\(again)")
            #expect(!daemon.log.contains("dropped"))
            daemon.end()
        }

        /// Nothing listens: the daemon that is started writes nowhere else, either.
        @Test func closedDescriptorsStartADaemon() throws {
            let daemon = try TestDaemon()
            daemon.apm("exit", "daemon")
            eventually("it has ended") { !ProcessTable.isAlive(daemon.pid) }
            let started = Program.run(
                "/bin/bash",
                ["-c", "exec '\(TestDaemon.executables)/apm' start <&- >&- 2>&-"],
                environment: daemon.environment)
            #expect(started.status <= 1, "\(started)")
            try daemon.startAgain()
            #expect(daemon.run("w", probe: "sleep").status == 0)
            #expect(!daemon.log.contains("dropped"))
            daemon.end()
        }

        @Test func aNameThatAShellWouldReadIsRefused() throws {
            let daemon = try TestDaemon()
            let named = CommandWordsTests.run(daemon, ["run", "--name", "x$(id)", "sleep", "9"])
            CommandWordsTests.expectTwoLines(named, 2, "a name")
            #expect(named.errors.contains("shells do not take as it is"), "\(named.errors)")
            let derived = CommandWordsTests.run(daemon, ["run", "/bin/["])
            CommandWordsTests.expectTwoLines(derived, 2, "a program's name")
            #expect(derived.errors.contains("--name"), "\(derived.errors)")
            daemon.end()
        }
    }
}
