// Files and processes that do not answer: the master answers `list` in under 100 ms all the while.

import CLinux
import Control
import Glibc
import Testing

extension SystemTests {
    @Suite struct StallTests {
        /// Times a few calls of `list` over one connection, in milliseconds; the longest.
        private func longestList(_ daemon: TestDaemon, rounds: Int = 40) throws -> Double {
            let control = try ControlPeer(daemon)
            var longest = 0.0
            for round in 0..<rounds {
                let started = Moment.now
                try control.send(.list, id: UInt32(round + 2))
                _ = try #require(try control.receive(seconds: 10))
                longest = max(longest, Moment.now.milliseconds(since: started))
                usleep(20_000)
            }
            return longest
        }

        @Test func aLeaseOnTheProgramStallsItsStartAlone() throws {
            let daemon = try TestDaemon()
            let program = daemon.file(
                "leased", holding: "#!/bin/sh\nexec sleep 1000\n", mode: 0o755)
            let holder = open(program, O_RDWR | O_CLOEXEC)
            // F_SETLEASE = 1024; the signal that asks for it back is ignored.
            signal(SIGIO, SIG_IGN)
            #expect(fcntl(holder, 1024, Int32(F_WRLCK)) == 0)
            let control = try ControlPeer(daemon)
            var settings = ControlSettings.of(program, name: "leased", marker: daemon.marker)
            settings.startupGrace = 100
            try control.send(.run(.init(settings: settings)), id: 2)
            #expect(try longestList(daemon) < 100)
            let reply = try control.receive(seconds: 5)
            guard case .outcome(.ran, let outcome) = reply else {
                Issue.record("\(String(describing: reply))")
                return
            }
            #expect(outcome.result == .diedEarly)
            #expect(outcome.report.step == .deadline)
            close(holder)
            eventually("nothing sticks") { daemon.workers.isEmpty }
            control.leave()
            daemon.end()
        }

        /// A restart that a stalled disk holds up is an error like others: it is tried again.
        @Test func aStalledRestartIsTriedAgain() throws {
            let daemon = try TestDaemon()
            // Its interpreter does not open it again: nobody holds it once it runs.
            let program = daemon.file(
                "stalls", holding: "#!/usr/bin/env -S sh -c 'exec sleep 1000'\n", mode: 0o755)
            let run = daemon.apm(
                "run", "--name", "w", "--env", daemon.marker, "--startup-grace", "50",
                "--restart-err", "--err-delay", "0", program)
            #expect(run.status == 0, "\(run.errors)")
            let holder = open(program, O_RDWR | O_CLOEXEC)
            signal(SIGIO, SIG_IGN)
            #expect(fcntl(holder, 1024, Int32(F_WRLCK)) == 0)
            for pid in daemon.workers { kill(pid, SIGKILL) }
            eventually("its start has taken too long") {
                daemon.log.contains("was not started (deadline: Connection timed out); restart in")
            }
            close(holder)
            eventually("it runs again") {
                daemon.apm("list", "--json").output.contains("\"running\":1,")
            }
            daemon.end()
        }

        @Test func aFifoAsLogIsRefused() throws {
            let daemon = try TestDaemon()
            let fifo = daemon.home + "/fifo"
            mkfifo(fifo, 0o600)
            let run = daemon.run("f", ["--log", fifo], probe: "sleep")
            #expect(run.status != 0)
            #expect(run.errors.contains("fifo"), "\(run.errors)")
            let reader = open(fifo, O_RDONLY | O_NONBLOCK)
            let again = daemon.run("f", ["--log", fifo], probe: "sleep")
            #expect(again.status != 0)
            close(reader)
            #expect(daemon.workers.isEmpty)
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "mounting a small disk needs root"))
        func aLogOnAStallingFileSystemIsRefused() throws {
            let daemon = try TestDaemon(uid: 65_534)
            let folder = daemon.home + "/stalls"
            mkdir(folder, 0o755)
            var pidfd: Int32 = -1
            let report = PipeEnds()
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            let server = Program.spawn(
                TestDaemon.probe, ["fuse", folder, "65534"], daemon.environment,
                (null, null, null, -1),
                report.writing, nil, &pidfd)
            defer {
                for descriptor in [null, pidfd, report.reading, report.writing] {
                    close(descriptor)
                }
            }
            eventually("it is mounted") { access(folder + "/log", F_OK) == 0 }
            daemon.run("other", ["--restart-err", "--err-delay", "0"], probe: "sleep")
            let before = daemon.workers
            let run = daemon.run("f", ["--log", folder + "/log"], probe: "sleep")
            #expect(run.status == 1)
            #expect(run.errors.contains("is refused: its file system"), "\(run.errors)")
            #expect(run.milliseconds < 3000)
            // The opener hangs in the close of what it opened; nobody else does.
            #expect(try longestList(daemon) < 100)
            for pid in before { kill(pid, SIGKILL) }
            eventually("the other worker is started again") {
                daemon.workers.count == 1 && daemon.workers != before
            }
            kill(server, SIGKILL)
            waitpid(server, nil, 0)
            umount2(folder, Int32(MNT_DETACH))
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "mounting a small disk needs root"))
        func aConfigurationOnAStallingFileSystemStallsItsLoadAlone() throws {
            let daemon = try TestDaemon(uid: 65_534)
            let folder = daemon.home + "/stalls"
            mkdir(folder, 0o755)
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            let said = PipeEnds()
            var pidfds: (Int32, Int32) = (-1, -1)
            let reports = (PipeEnds(), PipeEnds())
            let server = Program.spawn(
                TestDaemon.probe, ["fuse", folder, "65534"], daemon.environment,
                (null, null, null, -1), reports.0.writing, nil, &pidfds.0)
            eventually("it is mounted") { access(folder + "/log", F_OK) == 0 }
            let loader = Program.spawn(
                TestDaemon.executables + "/apm", ["load", folder + "/log"], daemon.environment,
                (null, said.writing, said.writing, -1), reports.1.writing, 65_534, &pidfds.1)
            close(said.writing)
            eventually("an agent reads") {
                ProcessTable.children(of: daemon.pid).contains {
                    ProcessTable.read("/proc/\($0)/cmdline")?.contains("config") == true
                }
            }
            #expect(try longestList(daemon) < 100)
            // It is given up by its deadline.
            var words: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(said.reading, &piece, piece.count)
                if count <= 0 { break }
                words += piece[..<count]
            }
            var status: Int32 = 0
            waitpid(loader, &status, 0)
            let text = String(decoding: words, as: UTF8.self)
            #expect(status >> 8 == 1 && text.contains("was not read in time"), "\(text)")
            #expect(try longestList(daemon) < 100)
            kill(server, SIGKILL)
            waitpid(server, nil, 0)
            umount2(folder, Int32(MNT_DETACH))
            for descriptor in [
                null, said.reading, pidfds.0, pidfds.1, reports.0.reading, reports.0.writing,
                reports.1.reading, reports.1.writing,
            ] {
                close(descriptor)
            }
            daemon.end()
        }

        @Test func aLeaseOnTheLogIsRefused() throws {
            let daemon = try TestDaemon()
            let path = daemon.file("leased.log")
            let holder = open(path, O_RDWR | O_CLOEXEC)
            signal(SIGIO, SIG_IGN)
            #expect(fcntl(holder, 1024, Int32(F_WRLCK)) == 0)
            let run = daemon.run("f", ["--log", path], probe: "sleep")
            #expect(run.status != 0)
            #expect(run.milliseconds < 3000)
            close(holder)
            daemon.end()
        }

        @Test func aFifoOrALeaseAsEnvironmentFileIsRefused() throws {
            let daemon = try TestDaemon()
            let fifo = daemon.home + "/fifo"
            mkfifo(fifo, 0o600)
            let writer = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC)
            let leased = daemon.file("leased.env", holding: "A=1")
            let holder = open(leased, O_RDWR | O_CLOEXEC)
            signal(SIGIO, SIG_IGN)
            #expect(fcntl(holder, 1024, Int32(F_WRLCK)) == 0)
            for path in [fifo, leased, "/dev/zero", daemon.home] {
                let run = daemon.run("f", ["--env-file", path], probe: "sleep")
                BadInputTests.expectTwoLines(run, holding: path)
                #expect(run.milliseconds < 3000)
            }
            close(holder)
            close(writer)
            #expect(daemon.workers.isEmpty)
            daemon.end()
        }

        /// The first agent of a start that is under way; nil: none was met.
        private func stopAgent(of daemon: TestDaemon) -> pid_t? {
            let begun = Moment.now
            let list = "/proc/\(daemon.pid)/task/\(daemon.pid)/children"
            while Moment.now.milliseconds(since: begun) < 50 {
                for pid in (ProcessTable.read(list) ?? "").split(separator: " ").compactMap({
                    pid_t($0)
                }) where ProcessTable.read("/proc/\(pid)/comm") == "apm-agent\n" {
                    kill(pid, SIGSTOP)
                    return pid
                }
            }
            return nil
        }

        /// The agents of one start are stopped as they come; the start ends at its deadline.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func aStoppedAgentStallsItsStartAlone() throws {
            let daemon = try TestDaemon()
            let control = try ControlPeer(daemon)
            var settings = ControlSettings.of(
                TestDaemon.probe, ["sleep"], name: "u", marker: daemon.marker)
            settings.user = "nobody"
            settings.startupGrace = 0
            var held: (refusal: Refusal, list: Double)?
            // An agent lives for some milliseconds: more than one start may be needed to meet one.
            for round in 0..<100 where held == nil {
                settings.name = "u\(round)"
                try control.send(.run(.init(settings: settings)), id: UInt32(2 * round + 2))
                let stopped = stopAgent(of: daemon)
                // One that had answered already does not hold its start up.
                var reply = try control.receive(seconds: stopped == nil ? 10 : 0.3)
                if let stopped, reply == nil {
                    let list = try longestList(daemon)
                    reply = try control.receive(seconds: 10)
                    if case .refused(let refusal)? = reply { held = (refusal, list) }
                    eventually("the agent is gone") { !ProcessTable.isAlive(stopped) }
                }
                guard held == nil else { break }
                try control.send(.remove(.init(name: settings.name)), id: UInt32(2 * round + 3))
                _ = try control.receive(seconds: 10)
            }
            let result = try #require(held)
            #expect(result.list < 100, "\(result.list) ms")
            #expect(result.refusal.reason == .accountNotRead)
            #expect(result.refusal.value == ETIMEDOUT)
            control.leave()
            daemon.end()
        }

        @Test func aFifoAsProgramOrFolderIsRefused() throws {
            let daemon = try TestDaemon()
            let fifo = daemon.home + "/program"
            mkfifo(fifo, 0o755)
            #expect(daemon.apm("run", "--name", "f", fifo).status == 1)
            #expect(daemon.apm("run", "--name", "f", "--path", fifo, "sleep", "1").status == 1)
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            daemon.end()
        }

        @Test func aStormOfStopSignalsStopsNobodyElse() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "storm", ["--restart-err", "--err-delay", "0", "--instances", "2"], probe: "sleep")
            let control = try ControlPeer(daemon)
            let ends = Moment.now.nanoseconds + 1_500_000_000
            var longest = 0.0
            var request: UInt32 = 1
            while Moment.now.nanoseconds < ends {
                for pid in ProcessTable.children(of: daemon.pid) where pid != daemon.logd {
                    kill(pid, SIGSTOP)
                }
                request += 1
                if request % 8 == 0 { for pid in daemon.workers { kill(pid, SIGKILL) } }
                let started = Moment.now
                try control.send(.list, id: request)
                _ = try #require(try control.receive(seconds: 10))
                longest = max(longest, Moment.now.milliseconds(since: started))
            }
            #expect(longest < 100, "longest \(longest) ms")
            let stop = daemon.apm("stop", "storm")
            #expect(stop.status == 0)
            #expect(daemon.workers.isEmpty)
            control.leave()
            daemon.end()
        }
    }
}
