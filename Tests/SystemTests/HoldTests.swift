// Workers that hold up a pipe or a socket which the daemon shares with them: only they suffer.

import CLinux
import Control
import Glibc
import Injection
import Testing

extension SystemTests {
    @Suite struct HoldTests {
        /// A worker whose log grows by a line every 10 ms, and how long that log is.
        private func steady(_ daemon: TestDaemon) -> () -> Int {
            let path = daemon.home + "/steady.log"
            daemon.run("steady", ["--log", path], probe: "numbers", "0", "40", "10000")
            return { ProcessTable.read(path)?.utf8.count ?? 0 }
        }

        /// Waits until lines flow that were printed after now, and times `list` all the while.
        private func flows(
            _ daemon: TestDaemon, _ size: () -> Int, until isDone: () -> Bool = { true }
        ) throws {
            let control = try ControlPeer(daemon)
            let started = Moment.now
            var longest = 0.0
            var request: UInt32 = 1
            var before: Int?
            while before.map({ size() < $0 + 4000 }) ?? true {
                request += 1
                let asked = Moment.now
                try control.send(.list, id: request)
                _ = try #require(try control.receive(seconds: 10))
                longest = max(longest, Moment.now.milliseconds(since: asked))
                if before == nil, isDone() {
                    #expect(Moment.now.milliseconds(since: started) < 2000)
                    before = size()
                }
                try #require(Moment.now.milliseconds(since: started) < 10_000, "lines stand still")
                usleep(5000)
            }
            #expect(longest < 100, "longest list \(longest) ms")
            control.leave()
        }

        @Test func aWorkerThatHoldsItsLogPipeIsEnded() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["held up its log pipe"]
            let size = steady(daemon)
            let logd = daemon.logd
            holding(daemon) {
                daemon.run("hold", ["--no-wait", "--restart-err"], probe: "hold-log")
            }
            try flows(daemon, size) { daemon.log.contains("alert") }
            let info = daemon.apm("info", "hold").output
            #expect(info.contains("errored"), "\(info)")
            #expect(info.contains("it held up the pipe to its log"), "\(info)")
            let json = daemon.apm("list", "--json").output
            #expect(json.contains("\"held_up_log\":true"), "\(json)")
            #expect(daemon.logd == logd, "nothing was wrong with apm-logd")
            #expect(daemon.workers.count == 1)
            // A start by a person is one, and its end is the same.
            holding(daemon) { daemon.apm("start", "--no-wait", "hold") }
            try flows(daemon, size) { daemon.log.split(separator: "alert").count == 3 }
            #expect(daemon.apm("stop", "hold", seconds: 5).status == 0)
            #expect(daemon.apm("remove", "hold", seconds: 5).status == 0)
            daemon.end()
        }

        /// Lets a worker hold up its pipe while something is in it that apm-logd has not read: else
        /// nothing would lead apm-logd to that pipe.
        private func holding(_ daemon: TestDaemon, _ begin: () -> Void) {
            let logd = daemon.logd
            kill(logd, SIGSTOP)
            eventually("apm-logd is stopped") { ProcessTable.state(logd) == "T" }
            begin()
            let splice = "\(injection_number("splice")) "
            eventually("the pipe is held up") {
                daemon.workers.contains {
                    (ProcessTable.read("/proc/\($0)/syscall") ?? "").hasPrefix(splice)
                }
            }
            kill(logd, SIGCONT)
        }

        /// Has a process beside all workers hold up the output pipe of a worker `held`, which has
        /// closed it and lives on, and lets apm-logd run into it.
        private func holdFromOutside(_ daemon: TestDaemon, _ flags: [String] = []) throws -> pid_t {
            let fifo = daemon.home + "/go"
            mkfifo(fifo, 0o600)
            let script = "read word < '\(fifo)'; exec >&- 2>&-; exec sleep 1000"
            _ = Program.run(
                TestDaemon.executables + "/apm",
                ["run", "--name", "held", "--env", daemon.marker, "--startup-grace", "50"] + flags
                    + ["--", "sh", "-c", script],
                environment: daemon.environment)
            let worker = try #require(
                daemon.workers.first { ProcessTable.read("/proc/\($0)/comm") == "sh\n" })
            let outsider = spawnOutsider(worker)
            eventually("it has the pipe") {
                ProcessTable.read("/proc/\(outsider)/comm") == "probe\n"
                    && ProcessTable.state(outsider) == "S"
                    && ProcessTable.entries("/proc/\(outsider)/fd").contains {
                        ProcessTable.target("/proc/\(outsider)/fd/\($0)").hasPrefix("pipe:")
                    }
            }
            let go = open(fifo, O_WRONLY | O_CLOEXEC)
            _ = write(go, "go\n", 3)
            close(go)
            eventually("the worker has closed it") {
                access("/proc/\(worker)/fd/1", F_OK) != 0
            }
            // Stopped, so that the line waits in the pipe until the pipe is held up.
            let logd = daemon.logd
            kill(logd, SIGSTOP)
            eventually("apm-logd is stopped") { ProcessTable.state(logd) == "T" }
            kill(outsider, SIGUSR1)
            let splice = "\(injection_number("splice")) "
            eventually("the pipe is held up") {
                (ProcessTable.read("/proc/\(outsider)/syscall") ?? "").hasPrefix(splice)
            }
            kill(logd, SIGCONT)
            eventually("apm-logd waits for it") { ProcessTable.state(logd) == "D" }
            return outsider
        }

        private func spawnOutsider(_ worker: pid_t) -> pid_t {
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            let report = PipeEnds()
            var pidfd: Int32 = -1
            let outsider = Program.spawn(
                TestDaemon.probe, ["hold-pipe", String(worker), "1"], [], (null, null, null, -1),
                report.writing, nil, &pidfd)
            for descriptor in [null, report.reading, report.writing, pidfd] { close(descriptor) }
            return outsider
        }

        private func logds(_ daemon: TestDaemon) -> [pid_t] {
            ProcessTable.children(of: daemon.pid).filter {
                ProcessTable.read("/proc/\($0)/comm") == "apm-logd\n" && ProcessTable.isAlive($0)
            }
        }

        private func end(_ outsider: pid_t) {
            kill(outsider, SIGKILL)
            waitpid(outsider, nil, 0)
        }

        private static let alertsOfHolding = [
            "held up its log pipe", "lines may be missing", "waits in the kernel",
        ]

        @Test func aPipeHeldFromOutsideTakesNothingFromOthers() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = Self.alertsOfHolding
            let size = steady(daemon)
            let log = daemon.home + "/held.log"
            let flags = ["--log", log, "--strip-ansi", "--log-time-format", ""]
            let old = daemon.logd
            let outsider = try holdFromOutside(daemon, flags)
            try flows(daemon, size) { logds(daemon).contains { $0 != old } }
            #expect(ProcessTable.state(old) == "D", "the old one waits where nothing reaches it")
            #expect(daemon.apm("info", "held").output.contains("errored"))
            #expect(daemon.apm("remove", "held", seconds: 5).status == 0)
            daemon.run("next", flags, probe: "print", "2")
            eventually("another worker is logged") {
                (ProcessTable.read(log) ?? "").hasSuffix("next line 1\nnext line 2\n")
            }
            end(outsider)
            eventually("the old one is gone") { logds(daemon).count == 1 }
            daemon.end()
        }

        @Test func aHeldPipeDoesNotKeepTheDaemonFromEnding() throws {
            let daemon = try TestDaemon()
            let outsider = try holdFromOutside(daemon)
            let children = ProcessTable.children(of: daemon.pid)
            let finished = daemon.apm("exit", "daemon", seconds: 15)
            #expect(finished.status == 0, "\(finished.errors)")
            eventually("the daemon has ended") { !ProcessTable.isAlive(daemon.pid) }
            end(outsider)
            eventually("what waited has ended") { !children.contains(where: ProcessTable.isAlive) }
            #expect(daemon.workers.isEmpty)
            daemon.remove()
        }

        @Test func standardInputCannotBeHeld() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/input.log"
            daemon.run(
                "input", ["--log", path, "--strip-ansi", "--log-time-format", ""],
                probe: "hold-input")
            eventually("it has tried") { (ProcessTable.read(path) ?? "").contains("held") }
            #expect(ProcessTable.read(path) == "input not held\n")
            #expect(daemon.apm("list", seconds: 5).status == 0)
            daemon.end()
        }

        @Test func aLogdThatDoesNotAnswerIsReplaced() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: it does not answer"]
            let size = steady(daemon)
            eventually("lines flow") { size() > 1000 }
            let old = daemon.logd
            kill(old, SIGSTOP)
            eventually("another takes its place", within: 20) {
                let now = daemon.logd
                return now != 0 && now != old
            }
            let before = size()
            eventually("lines flow again") { size() > before }
            let numbers = LogTests.numbers(in: daemon.home + "/steady.log")
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
            daemon.end()
        }
    }
}
