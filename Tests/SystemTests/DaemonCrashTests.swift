// The daemon is killed: a new one ends what the dead one left running, and starts again what ran.
// One copy of each worker, never two.

import Glibc
import Testing

extension SystemTests {
    @Suite struct DaemonCrashTests {
        /// The state file is there, and for longer than the daemon waits between two writings
        /// nobody has written to it.
        private func untilNoted(_ daemon: TestDaemon) {
            eventually("what runs is noted") {
                for _ in 0..<80 {
                    let writes = ProcessTable.children(of: daemon.pid).contains {
                        ProcessTable.read("/proc/\($0)/comm") == "apm-master\n"
                    }
                    if writes || access(daemon.home + "/state", F_OK) != 0 { return false }
                    usleep(1000)
                }
                return true
            }
        }

        /// Kills the daemon; the next command starts another.
        private func crash(_ daemon: TestDaemon) throws {
            untilNoted(daemon)
            let before = daemon.pid
            kill(before, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(before) }
            try daemon.startAgain()
            #expect(daemon.pid != before)
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func whatADeadDaemonLeftIsReplaced() throws {
            let daemon = try TestDaemon()
            daemon.run("one", ["--instances", "2"], probe: "sleep")
            daemon.run("tree", probe: "double-fork")
            eventually("the grandchild runs") { daemon.workers.count == 4 }
            let left = Set(daemon.workers)
            try crash(daemon)
            eventually("all run again, and nothing of the old") {
                let now = Set(daemon.workers)
                return now.count == 4 && now.isDisjoint(with: left)
            }
            #expect(daemon.log.contains("a daemon died here"))
            daemon.end()
        }

        @Test func whatWasPrintedIsWrittenThoughTheDaemonIsKilled() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/lines.log"
            daemon.run("first", ["--log", path], probe: "print", "1", "3600000")
            eventually("it is logged") { (ProcessTable.read(path) ?? "").contains("line 1\n") }
            let logd = daemon.logd
            kill(logd, SIGSTOP)
            daemon.run(
                "more", ["--log", path, "--startup-grace", "0"], probe: "print", "3000", "3600000")
            eventually("all of it is in the pipe") {
                daemon.workers.count == 2
                    && daemon.workers.allSatisfy { ProcessTable.state($0) == "S" }
            }
            untilNoted(daemon)
            kill(daemon.pid, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(daemon.pid) }
            kill(logd, SIGCONT)
            eventually("apm-logd writes it and ends") { !ProcessTable.isAlive(logd) }
            #expect((ProcessTable.read(path) ?? "").contains("line 3000\n"))
            try daemon.startAgain()
            daemon.end()
        }

        @Test func onlyWhatRanIsStarted() throws {
            let daemon = try TestDaemon()
            daemon.run("runs", probe: "sleep")
            daemon.run("stopped", probe: "sleep")
            daemon.run("gone", probe: "sleep")
            daemon.run("ended", probe: "exit", "0")
            daemon.apm("stop", "stopped")
            daemon.apm("remove", "gone")
            try crash(daemon)
            eventually("one runs") { daemon.workers.count == 1 }
            let list = daemon.apm("list", "--json").output
            #expect(list.contains("\"runs\""))
            #expect(list.contains("\"stopped\""))
            #expect(list.contains("\"ended\""))
            #expect(!list.contains("\"gone\""))
            #expect(daemon.apm("start", "stopped").status == 0)
            daemon.end()
        }

        @Test func twiceInARowAndDuringARestart() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "w", ["--instances", "3", "--restart-err", "--err-delay", "0"], probe: "slow-term",
                "200")
            let control = try ControlPeer(daemon)
            try control.send(.restart(.init(name: "w")), id: 2)
            usleep(20_000)
            try crash(daemon)
            try crash(daemon)
            control.leave()
            eventually("three run") { daemon.workers.count == 3 }
            usleep(300_000)
            #expect(daemon.workers.count == 3)
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func withoutGroupsProcessesAreFoundByPidAndStart() throws {
            let daemon = try TestDaemon(uid: 65_534)
            daemon.run("one", ["--instances", "2"], probe: "sleep")
            let left = Set(daemon.workers)
            #expect(left.count == 2)
            try crash(daemon)
            eventually("both run again, and nothing of the old") {
                let now = Set(daemon.workers)
                return now.count == 2 && now.isDisjoint(with: left)
            }
            daemon.end()
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func aTreeElsewhereIsEndedToo() throws {
            let daemon = try TestDaemon()
            daemon.run("one", probe: "sleep")
            let left = Set(daemon.workers)
            untilNoted(daemon)
            let before = daemon.pid
            kill(before, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(before) }
            // The next one is started from another control group, as from another session.
            let folder = try #require(GroupTreeProbe.folder) + "/elsewhere-\(getpid())"
            mkdir(folder, 0o755)
            let script =
                "echo $$ >'\(folder)/cgroup.procs' && exec '\(TestDaemon.executables)/apm' start"
            let started = Program.run("/bin/sh", ["-c", script], environment: daemon.environment)
            #expect(started.status == 0, "\(started.errors)")
            try daemon.startAgain()
            eventually("one copy runs") {
                let now = Set(daemon.workers)
                return now.count == 1 && now.isDisjoint(with: left)
            }
            daemon.end()
            eventually("the group is let go of") { rmdir(folder) == 0 }
        }

        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func aDamagedStateIsToldAndNothingIsStarted() throws {
            for text in ["", "garbage that is no state", String(repeating: "\u{1}", count: 4096)] {
                let daemon = try TestDaemon()
                daemon.run("w", probe: "sleep")
                untilNoted(daemon)
                kill(daemon.pid, SIGKILL)
                eventually("it is dead") { !ProcessTable.isAlive(daemon.pid) }
                _ = daemon.file("state", holding: text)
                daemon.expectedAlerts = ["state is damaged"]
                try daemon.startAgain()
                eventually("the old one is ended") { daemon.workers.isEmpty }
                eventually("it is told") { daemon.log.contains("state is damaged") }
                daemon.end()
            }
        }

        @Test func aCleanEndLeavesNothingToStart() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.apm("exit", "daemon")
            try daemon.startAgain()
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            daemon.end()
        }
    }
}
