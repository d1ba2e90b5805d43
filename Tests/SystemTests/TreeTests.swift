// Children that do not want to end: after `apm stop` no process of theirs is left, and stop
// returns.

import Glibc
import Testing

extension SystemTests {
    @Suite struct TreeTests {
        static let modes: [[String]] = [
            ["ignore-term"], ["double-fork"], ["close-stdout"], ["stop-self"],
            ["rename"], ["fork-loop", "50"], ["slow-term", "50"], ["sleep"],
        ]

        @Test(
            .enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"),
            arguments: modes)
        func nothingIsLeftAfterStop(_ mode: [String]) throws {
            let daemon = try TestDaemon()
            let run = Program.run(
                TestDaemon.executables + "/apm",
                [
                    "run", "--name", "tree", "--env", daemon.marker, "--kill-timeout", "200",
                    "--startup-grace", "50", "--restart-err", "--", TestDaemon.probe,
                ] + mode,
                environment: daemon.environment)
            #expect(run.status == 0, "\(run.errors)")
            eventually("it runs") { !daemon.workers.isEmpty }
            let stop = daemon.apm("stop", "tree")
            #expect(stop.status == 0, "\(stop.errors)")
            #expect(stop.milliseconds < 1500)
            #expect(daemon.workers.isEmpty, "left: \(daemon.workers)")
            daemon.end()
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func aDeadMainProcessTakesItsTreeAlong() throws {
            let daemon = try TestDaemon()
            daemon.run("tree", ["--restart-err", "--err-delay", "0"], probe: "double-fork")
            eventually("the grandchild runs") { daemon.workers.count >= 2 }
            let row = daemon.apm("list", "--json").output
            let pid = try #require(
                row.split(separator: "\"pid\":").last.flatMap {
                    pid_t($0.prefix { $0.isNumber })
                })
            let before = Set(daemon.workers)
            kill(pid, SIGKILL)
            eventually("all of them are gone and new ones run") {
                let now = Set(daemon.workers)
                return now.isDisjoint(with: before) && now.count >= 2
            }
            daemon.end()
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func outputHeldByAGrandchildHoldsNothingUp() throws {
            let daemon = try TestDaemon()
            let run = daemon.run("hold", probe: "hold-stdout")
            #expect(run.status == 0, "\(run.errors)")
            eventually("the grandchild is ended with its tree") { daemon.workers.isEmpty }
            #expect(daemon.apm("start", "hold").status == 0)
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func withoutGroupsTheDaemonsEndTakesOrphansAlong() throws {
            let daemon = try TestDaemon(uid: 65_534)
            daemon.run("tree", probe: "double-fork")
            eventually("the grandchild runs") { daemon.workers.count >= 2 }
            #expect(daemon.apm("info", "tree").output.contains("no cgroup v2"))
            daemon.end()
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func groupsThatAWorkerMakesAreRemovedToo() throws {
            let daemon = try TestDaemon()
            let script =
                "d=$(sed -n 's/^0:://p' /proc/self/cgroup); for m in unified .; do "
                + "mkdir -p /sys/fs/cgroup/$m$d/own/deep 2>/dev/null && break; done; exit 1"
            daemon.apm(
                "run", "--name", "nest", "--env", daemon.marker, "--restart-err", "--err-delay",
                "1", "--max-err-restarts", "5", "--", "sh", "-c", script)
            eventually("it has restarted") {
                daemon.apm("list", "--json").output.contains("\"error\":5")
            }
            daemon.end()
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func aProcessThatLeavesItsGroupIsEndedToo() throws {
            let daemon = try TestDaemon()
            let folder = try #require(GroupTreeProbe.folder)
            let script =
                "echo $$ >'\(folder)/cgroup.procs' && trap '' TERM; while :; do sleep 0.05; done"
            func flees() -> Bool {
                daemon.workers.contains {
                    ProcessTable.read("/proc/\($0)/cgroup")?.contains("/apm-") == false
                }
            }
            daemon.apm(
                "run", "--name", "flees", "--env", daemon.marker, "--kill-timeout", "100",
                "--startup-grace", "50", "--", "sh", "-c", script)
            eventually("it has left its group", flees)
            let stop = daemon.apm("stop", "flees")
            #expect(stop.milliseconds < 3000)
            eventually("it is gone") { daemon.workers.isEmpty }
            // A new daemon finds it by its pid.
            #expect(daemon.apm("start", "flees").status == 0)
            eventually("it has left its group again", flees)
            let left = daemon.workers
            eventually("its pid is noted") {
                guard let pid = left.first, let state = ProcessTable.bytes(daemon.home + "/state")
                else { return false }
                let number = withUnsafeBytes(of: pid.littleEndian) { Array($0) }
                return state.indices.dropLast(3).contains { Array(state[$0..<$0 + 4]) == number }
            }
            kill(daemon.pid, SIGKILL)
            eventually("the daemon is dead") { !ProcessTable.isAlive(daemon.pid) }
            try daemon.startAgain()
            eventually("the old one is ended") { left.allSatisfy { !ProcessTable.isAlive($0) } }
            daemon.end()
        }

        @Test func aStoppedProcessIsStoppedForGood() throws {
            let daemon = try TestDaemon()
            daemon.run("s", probe: "sleep")
            let pid = try #require(daemon.workers.first)
            kill(pid, SIGSTOP)
            eventually("it is stopped") { ProcessTable.state(pid) == "T" }
            let stop = daemon.apm("stop", "s")
            #expect(stop.milliseconds < 1500)
            #expect(daemon.workers.isEmpty)
            daemon.end()
        }

        @Test func exitsBeforeReadingItsInput() throws {
            let daemon = try TestDaemon()
            let run = daemon.run("x", ["--startup-grace", "300"], probe: "exit", "0")
            #expect(run.status == 0, "\(run.errors)")
            #expect(daemon.apm("list", "--json").output.contains("\"exited\""))
            daemon.end()
        }

        @Test func inputIsAPipeWithoutEndOrNothing() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/in.log"
            daemon.run("pipe", ["--log", path], probe: "echo-stdin")
            #expect(daemon.workers.count == 1)
            daemon.run("null", ["--log", path, "--stdin", "null"], probe: "echo-stdin")
            eventually("the one with /dev/null has ended") { daemon.workers.count == 1 }
            daemon.end()
        }
    }
}

/// Ending whole trees can be seen here.
let hasGroups = (try? GroupTreeProbe.isAvailable()) ?? false
/// Other uids, ptrace and mounts can be used here.
let isRoot = geteuid() == 0
