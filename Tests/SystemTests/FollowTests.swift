// events, wait, --timeout and logs of several workers, on a real daemon.

import Control
import Glibc
import Messages
import Testing

extension SystemTests {
    @Suite struct FollowTests {
        private func follow(_ daemon: TestDaemon, _ words: String...) throws -> Terminal {
            try Terminal(
                TestDaemon.executables + "/apm", words,
                environment: daemon.environment + ["TERM=dumb"], columns: 400)
        }

        /// The subscription stands when an event of another command arrives.
        private func expectStands(_ terminal: Terminal, _ daemon: TestDaemon) {
            eventually("the subscription stands", within: 10) {
                daemon.run("first", probe: "sleep")
                daemon.apm("remove", "first")
                return terminal.read().contains("removed")
            }
            terminal.forget()
        }

        @Test func eventsTellTheLifeOfAWorker() throws {
            let daemon = try TestDaemon()
            let terminal = try follow(daemon, "events")
            expectStands(terminal, daemon)
            daemon.run(
                "api", ["--restart-err", "--err-delay", "1", "--max-err-restarts", "1"],
                probe: "stderr", "reason-of-death", "7")
            for words in [
                "api defined, 1 instance", "api started, pid ", "with exit code 7",
                "reason-of-death", "api is restarted after an error, attempt 1",
                "api stays errored: its restarts are used up",
            ] { terminal.expect(words) }
            daemon.run("web", ["--instances", "2"], probe: "sleep")
            terminal.expect("web#2 started, pid ")
            daemon.apm("restart", "web#2")
            terminal.expect("web#2 is restarted as asked")
            daemon.apm("remove", "web")
            terminal.expect("web#1 stopped after ")
            terminal.expect("web removed")
            daemon.expectedAlerts = ["apm-logd ended"]
            kill(daemon.logd, SIGKILL)
            terminal.expect("apm-logd ended and is started again")
            eventually("it is back") { daemon.logd != 0 }
            kill(terminal.pid, SIGINT)
            #expect(terminal.end() == 130)
            daemon.end()
        }

        @Test func eventsOfSomeAreNotThoseOfOthers() throws {
            let daemon = try TestDaemon()
            daemon.run("api", ["--instances", "2"], probe: "sleep")
            daemon.run("web", probe: "sleep")
            let terminal = try follow(daemon, "events", "--json", "api#2")
            eventually("it listens", within: 10) {
                daemon.apm("restart", "--no-wait", "web")
                daemon.apm("restart", "api")
                return terminal.read().contains("started")
            }
            daemon.apm("stop", "api")
            terminal.expect("\"stopped\"")
            kill(terminal.pid, SIGINT)
            #expect(terminal.end() == 130)
            for line in terminal.screen.split(whereSeparator: \.isNewline) {
                #expect(line.contains("\"worker\":\"api\",\"instance\":2,"), "\(line)")
            }
            #expect(daemon.apm("events", "apy").status == 4)
            daemon.end()
        }

        @Test func theEndOfTheDaemonEndsTheEvents() throws {
            let daemon = try TestDaemon()
            let terminal = try follow(daemon, "events")
            expectStands(terminal, daemon)
            kill(daemon.pid, SIGKILL)
            #expect(terminal.end() == 69)
            #expect(terminal.screen.split(whereSeparator: \.isNewline).count == 2)
            try daemon.startAgain()
            daemon.end()
        }

        @Test func aSubscriberThatDoesNotReadIsDroppedAlone() throws {
            let daemon = try TestDaemon()
            daemon.run("many", ["--instances", "100"], probe: "sleep")
            let deaf = try ControlPeer(daemon)
            try deaf.send(.events(EventsCommand()), id: 2)
            #expect(try deaf.receive(seconds: 5) == .happened([]))
            let reader = try ControlPeer(daemon)
            try reader.send(.events(EventsCommand()), id: 2)
            eventually("it is dropped", within: 60) {
                daemon.apm("restart", "many")
                while let reply = try? reader.receive(seconds: 0.001) {
                    guard case .happened = reply else { continue }
                }
                return daemon.log.contains("dropped: does not read")
            }
            #expect(daemon.log.split(separator: "does not read").count == 2)
            #expect(daemon.apm("list").milliseconds < 1000)
            deaf.leave()
            reader.leave()
            daemon.end()
        }

        @Test func waitReturnsWhenAllOfItRuns() throws {
            let daemon = try TestDaemon()
            daemon.run("api", ["--instances", "2"], probe: "sleep")
            let now = daemon.apm("wait", "api")
            #expect(now.status == 0 && now.output == "api: 2 instances running\n")
            daemon.apm("stop", "api#2")
            let never = daemon.apm("wait", "api")
            #expect(never.status == 1, "\(never.errors)")
            #expect(never.errors.contains("stopped, and nothing starts it"), "\(never.errors)")
            let one = daemon.apm("wait", "api#1")
            #expect(one.status == 0 && one.output == "api#1: running\n")
            let late = daemon.apm("wait", "api", "--timeout", "50ms")
            #expect(late.status == 124 && late.errors.contains("1 stopped, 1 running"))
            let waiting = try follow(daemon, "wait", "api", "--timeout", "30s")
            eventually("somebody waits") { ProcessTable.descriptorCount(daemon.pid) > 0 }
            daemon.apm("start", "api")
            #expect(waiting.end() == 0)
            daemon.end()
        }

        @Test func waitTellsWhyNothingRuns() throws {
            let daemon = try TestDaemon()
            daemon.run("bad", probe: "exit", "3")
            let bad = daemon.apm("wait", "bad")
            #expect(bad.status == 1 && bad.errors.contains("exit code 3"), "\(bad.errors)")
            daemon.run("good", probe: "exit", "0")
            let good = daemon.apm("wait", "good")
            #expect(good.status == 1 && good.errors.contains("exit 0"), "\(good.errors)")
            #expect(daemon.apm("wait", "bda").status == 4)
            daemon.end()
        }

        @Test func timeOutsSayHowItStands() throws {
            let daemon = try TestDaemon()
            daemon.run("slow", ["--kill-timeout", "3000"], probe: "ignore-term")
            let stop = daemon.apm("stop", "slow", "--timeout", "50")
            #expect(stop.status == 124, "\(stop.errors)")
            #expect(stop.errors.contains("slow has not ended after 50ms: it is stopping"))
            let start = daemon.apm("restart", "slow", "--timeout", "50")
            #expect(start.status == 124, "\(start.errors)")
            #expect(daemon.apm("wait", "slow", "--timeout", "20s").status == 0)
            daemon.apm("remove", "slow")
            daemon.end()
        }

        @Test func progressIsSeenOnATerminalAlone() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "slow", ["--instances", "2", "--kill-timeout", "2500"], probe: "ignore-term")
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["stop", "slow"],
                environment: daemon.environment + ["TERM=xterm"])
            terminal.expect("stopping slow: 0 of 2 have ended (1s)")
            #expect(terminal.end() == 0)
            // The line is gone before the answer comes.
            #expect(terminal.screen.hasSuffix("\r\u{1B}[Kslow: 2 instances stopped\r\n"))
            daemon.end()
        }

        @Test func severalLogsAreShownTogether() throws {
            let daemon = try TestDaemon()
            daemon.run("a", probe: "print", "2")
            daemon.run("b", ["--instances", "2"], probe: "print", "2")
            let lines = daemon.apm("log", "a", "b#2", "-n", "2").output.split(separator: "\n")
            #expect(lines.count == 4 && lines[0].contains(" a ") && lines[3].contains(" b#2 "))
            let unknown = daemon.apm("log", "a", "bb", "-f")
            #expect(unknown.status == 4 && unknown.output.isEmpty, "\(unknown.output)")
            let terminal = try follow(daemon, "log", "a", "b", "-f", "-n", "1")
            terminal.expect(" a ")
            terminal.expect(" b#")
            daemon.apm("remove", "a")
            terminal.expect("note: the log of a ended: it was removed")
            daemon.apm("remove", "b")
            #expect(terminal.end() == 1)
            #expect(terminal.screen.contains("the log of b ended: it was removed"))
            daemon.end()
        }
    }
}
