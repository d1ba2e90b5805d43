// rolling: one instance after the other, on real processes.

import Glibc
import Testing

/// Three instances of a script that can be changed; each runs until it is told to end.
private struct Rolled {
    let daemon: TestDaemon
    let script: String

    /// `program`: instead of the script.
    init(delay: String = "20", grace: String = "60", program: [String] = []) throws {
        daemon = try TestDaemon()
        script = daemon.file("code.sh", holding: "exec sleep 1000\n")
        let run = Program.run(
            TestDaemon.executables + "/apm",
            [
                "run", "--name", "api", "--env", daemon.marker, "--rolling", "--rolling-delay",
                delay, "--startup-grace", grace, "--instances", "3", "--",
            ] + (program.isEmpty ? ["/bin/sh", script] : program), environment: daemon.environment)
        #expect(run.status == 0, "\(run.errors)")
    }

    /// `apm WORDS`, which goes on beside the test.
    func begin(_ words: String...) throws -> Terminal {
        try Terminal(
            TestDaemon.executables + "/apm", words,
            environment: daemon.environment + ["TERM=dumb"], columns: 400)
    }

    /// Waits until so many of a roll are restarted.
    func untilRestarted(_ count: Int) {
        eventually("\(count) are restarted") {
            daemon.apm("info", "api", "--json").output
                .contains("\"rolling_restart\":{\"restarted\":\(count),\"instances\":3}")
        }
    }

    var processes: [pid_t] { pids(daemon, "api") }

    var running: Int {
        let info = daemon.apm("info", "api", "--json").output
        return info.split(separator: "\"state\":\"running\"").count - 1
    }
}

extension SystemTests {
    @Suite struct RollTests {
        @Test func allButOneRunAtEachMoment() throws {
            let rolled = try Rolled(program: [TestDaemon.probe, "slow-term", "100"])
            let daemon = rolled.daemon
            let before = rolled.processes
            let events = try rolled.begin("events", "--json", "api")
            eventually("it listens", within: 10) {
                daemon.apm("update", "api", "--kill-timeout", "\(Int.random(in: 2000...9000))")
                return events.read().contains("\"updated\"")
            }
            let restart = try rolled.begin("restart", "api")
            var fewest = 3
            var after = before
            eventually("all are new", within: 20) {
                after = rolled.processes
                fewest = min(fewest, rolled.running)
                return !after.contains(0) && Set(after).isDisjoint(with: before)
            }
            #expect(fewest == 2, "\(fewest)")
            #expect(restart.end() == 0)
            let lines = after.enumerated().map { "api#\($0 + 1): running, pid \($1)" }
            #expect(
                restart.screen.split(whereSeparator: \.isNewline).map(String.init)
                    == lines + ["api: 3 instances running"], "\(restart.screen)")
            events.expect("\"pid\":\(after[2])")
            let kinds = events.screen.split(whereSeparator: \.isNewline).compactMap { line in
                ["restarted", "started"].first { line.contains("\"event\":\"\($0)\"") }
            }
            #expect(kinds == Array(repeating: ["restarted", "started"], count: 3).flatMap { $0 })
            kill(events.pid, SIGINT)
            _ = events.end()
            daemon.end()
        }

        @Test func codeThatDoesNotComeUpEndsTheRoll() throws {
            let rolled = try Rolled()
            let before = rolled.processes
            _ = rolled.daemon.file("code.sh", holding: "echo new code is wrong >&2\nexit 3\n")
            let restart = rolled.daemon.apm("restart", "api")
            #expect(restart.status == 1)
            for words in [
                "api#1 ended after", "exit code 3; the rolling restart ended at it, 0 instances",
                "| new code is wrong", "apm restart api begins again",
            ] { #expect(restart.errors.contains(words), "\(restart.errors)") }
            #expect(
                rolled.processes.dropFirst() == before.dropFirst(), "the others run as they did")
            #expect(rolled.daemon.log.contains("rolling restart ended at #1"))
            _ = rolled.daemon.file("code.sh", holding: "exec sleep 1000\n")
            #expect(rolled.daemon.apm("restart", "api").status == 0)
            #expect(Set(rolled.processes).isDisjoint(with: before) && !rolled.processes.contains(0))
            rolled.daemon.end()
        }

        /// The one that did not come up is not forgotten by the update that puts it right.
        @Test func anUpdateBringsUpWhatHasEndedTheRoll() throws {
            let rolled = try Rolled()
            let daemon = rolled.daemon
            let before = rolled.processes
            let script = "test \"$CODE\" != bad || exit 3\nexec sleep 1000\n"
            _ = daemon.file("code.sh", holding: script)
            let failed = daemon.apm("update", "api", "--env", daemon.marker, "--env", "CODE=bad")
            #expect(failed.status == 1)
            #expect(rolled.processes[0] == 0)
            let put = daemon.apm("update", "api", "--env", daemon.marker, "--env", "CODE=good")
            #expect(put.status == 0, "\(put.errors)")
            let after = rolled.processes
            #expect(!after.contains(0) && Set(after).isDisjoint(with: before), "\(after)")
            // Whom somebody has stopped stays so.
            _ = daemon.apm("update", "api", "--env", daemon.marker, "--env", "CODE=bad")
            #expect(rolled.processes[0] == 0)
            daemon.apm("start", "api#1")
            daemon.apm("stop", "api#1")
            let rest = daemon.apm("update", "api", "--env", daemon.marker, "--env", "CODE=fine")
            #expect(rest.status == 0, "\(rest.errors)")
            #expect(rolled.processes[0] == 0 && !rolled.processes.dropFirst().contains(0))
            daemon.end()
        }

        /// The pause under way has the new length, counted from its beginning.
        @Test func aShorterPauseIsInForceAtOnce() throws {
            let rolled = try Rolled(delay: "10m")
            let restart = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            #expect(rolled.daemon.apm("update", "api", "--rolling-delay", "20").status == 0)
            #expect(restart.end() == 0)
            #expect(!rolled.processes.contains(0))
            rolled.daemon.end()
        }

        @Test func rollingFalseIsForTheNextOne() throws {
            let rolled = try Rolled(delay: "300")
            let before = rolled.processes
            let restart = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            #expect(rolled.daemon.apm("update", "api", "--rolling", "false").status == 0)
            #expect(rolled.processes[2] == before[2], "its turn has not come")
            #expect(restart.end() == 0)
            #expect(Set(rolled.processes).isDisjoint(with: before))
            rolled.daemon.end()
        }

        @Test func aRollThatTakesLongerIsTold() throws {
            let rolled = try Rolled(delay: "10m")
            let late = rolled.daemon.apm("restart", "api", "--timeout", "1500")
            #expect(late.status == 124)
            #expect(late.errors.contains("api: 1 of 3 restarted after "), "\(late.errors)")
            #expect(late.errors.contains(", the roll goes on\n"), "\(late.errors)")
            rolled.daemon.end()
        }

        @Test func oneInstanceIsRestartedAlone() throws {
            let rolled = try Rolled()
            let before = rolled.processes
            #expect(rolled.daemon.apm("restart", "api#2").output == "api#2: running\n")
            let after = rolled.processes
            #expect(after[0] == before[0] && after[1] != before[1] && after[2] == before[2])
            rolled.daemon.end()
        }

        @Test func aStopCancelsAndAnotherRestartBeginsAnew() throws {
            let rolled = try Rolled(delay: "300")
            let daemon = rolled.daemon
            let first = rolled.processes
            let given = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            daemon.apm("stop", "api")
            #expect(given.end() == 1)
            #expect(given.screen.contains("another command changed it meanwhile"))
            #expect(daemon.workers.isEmpty)
            daemon.apm("start", "api")
            let second = rolled.processes
            let old = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            let middle = rolled.processes
            #expect(middle[0] != second[0] && middle.dropFirst() == second.dropFirst())
            #expect(daemon.apm("restart", "api").status == 0)
            #expect(old.end() == 1)
            let last = rolled.processes
            #expect(Set(last).isDisjoint(with: first + second + middle) && !last.contains(0))
            daemon.end()
        }

        @Test func whatIsStoppedStaysSo() throws {
            let rolled = try Rolled(delay: "300")
            let before = rolled.processes
            let restart = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            #expect(rolled.daemon.apm("stop", "api#2").status == 0)
            #expect(restart.end() == 1)
            let after = rolled.processes
            #expect(after[1] == 0 && after[0] != before[0] && after[2] != before[2], "\(after)")
            rolled.daemon.end()
        }

        @Test func anUpdateRollsAndMayTakeInstancesOut() throws {
            let rolled = try Rolled(delay: "300")
            let daemon = rolled.daemon
            let before = rolled.processes
            let update = try rolled.begin("update", "api", "--env", daemon.marker, "--env", "A=1")
            rolled.untilRestarted(1)
            #expect(rolled.processes.dropFirst() == before.dropFirst(), "one after the other")
            daemon.apm("update", "api", "--instances", "2", "--rolling-delay", "0")
            #expect(update.end() == 1, "not all that it was about: \(update.screen)")
            eventually("two of the new run") {
                let now = rolled.processes
                return now.count == 2 && Set(now).isDisjoint(with: before + [0])
            }
            #expect(daemon.apm("env", "api#2").output.contains("A=1\n"))
            daemon.end()
        }

        @Test func aRemovedWorkerIsGone() throws {
            let rolled = try Rolled(delay: "300")
            let restart = try rolled.begin("restart", "api")
            rolled.untilRestarted(1)
            #expect(rolled.daemon.apm("remove", "api").status == 0)
            #expect(restart.end() == 1)
            #expect(rolled.daemon.workers.isEmpty)
            rolled.daemon.end()
        }

        @Test(arguments: [0, 1, 2])
        func aCrashOfTheDaemonLeavesTheRightNumber(_ restarted: Int) throws {
            let rolled = try Rolled(delay: "500", grace: "200")
            let daemon = rolled.daemon
            daemon.apm("restart", "--no-wait", "api")
            rolled.untilRestarted(restarted)
            let left = daemon.workers
            try crash(daemon)
            eventually("three others run") {
                let now = daemon.workers
                return now.count == 3 && Set(now).isDisjoint(with: left)
            }
            #expect(daemon.apm("wait", "api").status == 0)
            daemon.end()
        }
    }
}
