// The daemon is killed: a new one ends what the dead one left running, and starts again what ran.
// One copy of each worker, never two.

import Glibc
import Testing

/// The state file is there, and for longer than the daemon waits between two writings
/// nobody has written to it.
func untilNoted(_ daemon: TestDaemon) {
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
func crash(_ daemon: TestDaemon) throws {
    untilNoted(daemon)
    let before = daemon.pid
    kill(before, SIGKILL)
    eventually("it is dead") { !ProcessTable.isAlive(before) }
    try daemon.startAgain()
    #expect(daemon.pid != before)
}

extension SystemTests {
    @Suite struct DaemonCrashTests {
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
        func aDaemonStartedElsewhereFindsItsTree() throws {
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

        /// The unit's group belongs to whoever runs in it: what is beside the workers lives on.
        @Test(
            .enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"),
            .enabled(if: isRoot, "root's own rules need root"))
        func ofADelegatedGroupTheWorkersAloneAreEnded() throws {
            let daemon = try TestDaemon()
            daemon.apm("exit", "daemon")
            let unit = try DelegatedGroup("dead")
            try unit.start(daemon)
            daemon.run("one", probe: "sleep")
            let worker = try #require(daemon.workers.first)
            #expect(ProcessTable.group(worker).hasPrefix(unit.name + "/workers/"))
            mkdir(unit.path + "/beside", 0o755)
            let bystander = Program.start("/bin/sleep", ["1000"])
            #expect(ProcessTable.enter(unit.path + "/beside", bystander))
            try crash(daemon)
            eventually("the worker runs elsewhere") {
                daemon.workers.count == 1
                    && daemon.workers.allSatisfy {
                        !ProcessTable.group($0).hasPrefix(unit.name + "/")
                    }
            }
            #expect(ProcessTable.isAlive(bystander))
            #expect(!ProcessTable.isAlive(worker))
            #expect(access(unit.path + "/workers", F_OK) != 0)
            Program.end(bystander)
            daemon.end()
            eventually("nothing else is left in it") {
                rmdir(unit.path + "/beside")
                return rmdir(unit.path) == 0
            }
        }

        /// A worker whose daemon has died starts another one: it is not in its own way.
        @Test(.enabled(if: hasGroups, "ending whole trees needs cgroup v2 that may be written to"))
        func aWorkerCanStartTheNextDaemon() throws {
            let daemon = try TestDaemon()
            let script =
                "while kill -0 \(daemon.pid) 2>/dev/null; do sleep 0.01; done; "
                + "'\(TestDaemon.executables)/apm' list; exec sleep 1000"
            daemon.apm(
                "run", "--name", "caller", "--env", daemon.marker, "--env",
                "APM_HOME=\(daemon.home)", "--startup-grace", "50", "--", "/bin/sh", "-c", script)
            let left = Set(daemon.workers)
            untilNoted(daemon)
            let before = daemon.pid
            kill(before, SIGKILL)
            eventually("another daemon runs") {
                let text = ProcessTable.read(daemon.home + "/apm.pid") ?? ""
                guard let pid = pid_t(text.prefix { $0.isNumber }) else { return false }
                return pid != before && ProcessTable.isAlive(pid)
            }
            try daemon.startAgain()
            eventually("one copy of its caller runs") {
                let now = Set(daemon.workers)
                return !now.isEmpty && now.isDisjoint(with: left)
                    && daemon.apm("list", "--json").output.contains("\"running\":1")
            }
            #expect(ProcessTable.group(daemon.pid).hasSuffix("/supervisor"))
            daemon.end()
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

        @Test func whatRanBeforeTheMachineWasStartedAnewStaysDown() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            untilNoted(daemon)
            kill(daemon.pid, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(daemon.pid) }
            // The boot's id follows magic, version and its length.
            let file = open(daemon.home + "/state", O_WRONLY)
            #expect(pwrite(file, "ffffffff", 8, 8) == 8)
            close(file)
            let left = daemon.workers
            try daemon.startAgain()
            eventually("it is told") { daemon.log.contains("is not started again") }
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            // What looks like another boot's is nobody's to end by its pid; its group is.
            for pid in left { kill(pid, SIGKILL) }
            daemon.end()
        }

        /// As when the disk of its log is mounted late.
        @Test func aWorkerWhoseLogIsAwayWaitsForIt() throws {
            let daemon = try TestDaemon()
            let (folder, away) = (daemon.home + "/logs", daemon.home + "/away")
            mkdir(folder, 0o700)
            daemon.run("w", ["--log", folder + "/w.log"], probe: "sleep")
            daemon.run("other", ["--log", folder + "/other.log"], probe: "sleep")
            untilNoted(daemon)
            kill(daemon.pid, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(daemon.pid) }
            rename(folder, away)
            try daemon.startAgain()
            eventually("it is told") { daemon.log.contains("w waits to be started again") }
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            // It can be given up, and it outlives another crash.
            #expect(daemon.apm("remove", "other").status == 0)
            try crash(daemon)
            rename(away, folder)
            eventually("it runs again", within: 10) { daemon.workers.count == 1 }
            #expect(!daemon.apm("list", "--json").output.contains("\"other\""))
            daemon.end()
        }

        @Test func whatTheDiskRefusedIsNotedLater() throws {
            let daemon = try TestDaemon()
            // A folder of that name, with something in it, cannot be replaced by a file.
            mkdir(daemon.home + "/state.new", 0o700)
            let stone = daemon.file("state.new/stone")
            daemon.run("late", probe: "sleep")
            eventually("it is told") { daemon.log.contains("what runs cannot be noted") }
            #expect(access(daemon.home + "/state", F_OK) != 0)
            unlink(stone)
            rmdir(daemon.home + "/state.new")
            eventually("it is noted") {
                ProcessTable.read(daemon.home + "/state")?.contains("late") == true
            }
            eventually("that is told too") { daemon.log.contains("what runs is noted again") }
            daemon.end()
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
