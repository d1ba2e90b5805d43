// The door that is open to everybody: what can be seen through it, what cannot, and that nothing
// that happens at it is felt at the other one.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Settings
import Testing

extension SystemTests {
    @Suite struct LookTests {
        private func ask(_ peer: ControlPeer, _ command: Command, id: UInt32 = 9) throws -> Reply {
            try peer.send(command, id: id)
            return try #require(try peer.receive(seconds: 5))
        }

        @Test func whatIsSecretIsNotSeen() throws {
            let daemon = try TestDaemon()
            let secrets = ["SECRETARGUMENT", "SECRETVALUE", "SECRETPREFIX", daemon.home, "/bin/sh"]
            let words = ["-c", "exec sleep 1000", "SECRETARGUMENT"]
            let finished = Program.run(
                TestDaemon.executables + "/apm",
                [
                    "run", "--name", "w", "--env", daemon.marker, "--env", "KEY=SECRETVALUE",
                    "--prefix", "SECRETPREFIX", "--memory-limit", "64M", "--startup-grace", "50",
                    "--path", "/", "--", "/bin/sh",
                ] + words, environment: daemon.environment)
            #expect(finished.status == 0, "\(finished.errors)")
            let looker = try ControlPeer(at: daemon.look)
            let replies = [
                try ask(looker, .list), try ask(looker, .status),
                try ask(looker, .info(Selection(name: "w"))),
            ]
            guard case .listed(let rows) = replies[0], case .statusTold(let status) = replies[1],
                case .informed(let info) = replies[2]
            else {
                Issue.record("\(replies)")
                return
            }
            #expect(rows.map(\.name) == ["w"] && rows.first?.state == .running)
            #expect(status.version == Version.text && status.workers == 1)
            #expect(status.helpers.isEmpty)
            #expect(info.settings.memoryLimit == 64 << 20 && info.instances.count == 1)
            for reply in replies {
                let text = String(decoding: reply.body, as: UTF8.self)
                for secret in secrets { #expect(!text.contains(secret), "\(secret)") }
            }
            let none = try ask(looker, .info(Selection(name: "none")))
            #expect(none == .refused(Refusal(.noSuchWorker, subject: "none")))
            looker.leave()
            daemon.end()
        }

        /// Also for root: that door is not for acting.
        @Test func nothingButLookingIsPossible() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            let before = daemon.workers
            let all = Selection(name: "w")
            let evil = ControlSettings.of("/bin/true", name: "e", marker: "A=1")
            let deeds: [Command] = [
                .run(RunCommand(settings: evil)),
                .start(all), .stop(all), .restart(all), .remove(all), .exit,
                .log(LogCommand(selection: all, lines: 9, follows: false)),
                .events(EventsCommand(selections: [])), .wait(all), .environment(all),
                .signal(SignalCommand(selection: all, signal: 9)), .stopAll(waits: false),
                .rename(RenameCommand(name: "w", newName: "v")),
                .copy(CopyCommand(name: "w", newName: "v", waits: false)),
                .update(UpdateCommand(name: "w", changed: [], settings: evil)),
                .load(LoadCommand(file: "/e.conf")), .reload(ReloadCommand(name: "w")),
                .unload(UnloadCommand(file: "/e.conf")), .boot(BootCommand()),
                .setSource(SourceCommand(name: "w", source: WorkerSource(file: "/e.conf"))),
            ]
            let looks: [Command] = [
                .hello(.cli, version: Version.text), .list, .look, .status, .info(all),
            ]
            #expect(
                Set((deeds + looks).map(\.kind)) == Set(ControlKind.allCases.filter(\.isRequest)))
            let looker = try ControlPeer(at: daemon.look)
            for deed in deeds {
                #expect(try ask(looker, deed) == .refused(Refusal(.notPermitted)), "\(deed.kind)")
            }
            #expect(daemon.workers == before)
            looker.leave()
            daemon.end()
        }

        /// With the CLI, as nobody.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func aStrangerLooksAndDoesNotAct() throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--env", "KEY=SECRETVALUE"], probe: "sleep")
            func stranger(_ words: String...) -> Finished {
                Program.run(
                    TestDaemon.publicExecutables + "/apm", words, environment: daemon.environment,
                    uid: 65_534)
            }
            let list = stranger("list")
            #expect(list.status == 0 && list.output.contains("w "), "\(list)")
            for key in ["depends_on", "rolling", "rolling_delay"] {
                #expect(stranger("info", "w").output.contains("\(key) "), "\(key)")
            }
            let told = stranger("info", "w", "--json").output
            for key in [
                "watch_delay", "watch_conf", "exec", "health_check", "source", "kept", "cycle",
            ] {
                #expect(!told.contains("\"\(key)\":"), "\(key)")
            }
            #expect(told.contains("\"rolling\":false"))
            let info = stranger("info", "w")
            for key in ["watch", "log", "exec", "strip_ansi"] {
                #expect(!info.output.contains("\n\(key) "), "\(key)")
            }
            #expect(info.status == 0 && info.output.contains("seen from outside"), "\(info)")
            #expect(!info.output.contains("SECRET") && !info.output.contains(daemon.home))
            #expect(stranger("status").output.contains("pid \(daemon.pid)"))
            #expect(stranger("info", "none").status == 4)
            #expect(stranger("wait", "w").output == "w: 1 instance running\n")
            let monitor = stranger("monitor", "--color", "never")
            #expect(monitor.status == 0 && monitor.output.contains("w "), "\(monitor)")
            #expect(stranger("__complete", "bash", "stop", "").output == "w\n")
            #expect(stranger("-v").output.contains("daemon: \(Version.text)"))
            let deeds = [
                "stop w", "start w", "restart w", "remove w", "log w", "exit daemon", "stopall",
                "SIGTERM w", "rename w v", "copy w v", "env w", "events", "update w --prefix x",
                "run /bin/true",
            ]
            for deed in deeds {
                let finished = Program.run(
                    TestDaemon.publicExecutables + "/apm",
                    deed.split(separator: " ").map(String.init), environment: daemon.environment,
                    uid: 65_534)
                #expect(finished.status == 77, "\(deed) \(finished.errors)")
                #expect(!(finished.output + finished.errors).contains("SECRET"), "\(deed)")
            }
            #expect(daemon.workers.count == 1)
            daemon.end()
        }

        /// wait asks again and again; an apm-guid that dies meanwhile has a successor.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func aStrangerWaits() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-guid ended: signal 9"]
            daemon.run("w", probe: "sleep")
            daemon.apm("stop", "w")
            func stranger(_ words: String...) -> Finished {
                Program.run(
                    TestDaemon.publicExecutables + "/apm", words, environment: daemon.environment,
                    uid: 65_534)
            }
            #expect(stranger("wait", "w").status == 1)
            #expect(stranger("wait", "--timeout", "300", "w").status == 124)
            let waiter = Program.start(
                TestDaemon.publicExecutables + "/apm", ["wait", "--timeout", "20000", "w"],
                environment: daemon.environment, uid: 65_534)
            eventually("it is looked after") { daemon.guid != 0 }
            let killed = daemon.guid
            kill(killed, SIGKILL)
            eventually("another apm-guid is asked") { ![0, killed].contains(daemon.guid) }
            daemon.apm("start", "w")
            var status: Int32 = -1
            waitpid(waiter, &status, 0)
            #expect(status == 0)
            daemon.end()
        }

        /// The monitor looks again and again; an apm-guid that dies meanwhile has a successor.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func aStrangersMonitorGoesOn() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-guid ended: signal 9"]
            daemon.run("w", probe: "sleep")
            var template = Array("/tmp/apm-monitor.XXXXXX".utf8CString)
            let file = mkstemp(&template)
            try #require(file >= 0)
            let path = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            defer {
                close(file)
                unlink(path)
            }
            fchmod(file, 0o666)
            let monitor = Program.start(
                "/bin/sh",
                ["-c", "exec '\(TestDaemon.publicExecutables)/apm' monitor --json >>\(path)"],
                environment: daemon.environment, uid: 65_534)
            var objects: Int { (ProcessTable.read(path) ?? "").count { $0 == "\n" } }
            for _ in 0..<2 {
                let before = objects
                eventually("it shows something", within: 10) { objects > before }
                kill(daemon.guid, SIGKILL)
                let lost = objects
                eventually("it goes on", within: 10) { objects > lost + 1 }
            }
            kill(monitor, SIGINT)
            var status: Int32 = -1
            waitpid(monitor, &status, 0)
            #expect(status >> 8 & 0xff == 130, "\(status)")
            daemon.end()
        }

        @Test func anIdleDaemonHasNoGuid() throws {
            let daemon = try TestDaemon()
            #expect(daemon.guid == 0)
            let looker = try ControlPeer(at: daemon.look)
            let guid = daemon.guid
            #expect(guid != 0)
            looker.leave()
            eventually("nobody looks, so it ends", within: 40) { !ProcessTable.isAlive(guid) }
            #expect(!daemon.log.contains("apm-guid ended"))
            let again = try ControlPeer(at: daemon.look)
            #expect(daemon.guid != 0)
            again.leave()
            daemon.end()
        }

        @Test func aKilledGuidIsBackAtOnce() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-guid ended: signal 9"]
            let lookers = try (0..<50).map { _ in try ControlPeer(at: daemon.look) }
            let killed = daemon.guid
            let started = Moment.now
            kill(killed, SIGKILL)
            let next = try ControlPeer(at: daemon.look)
            guard case .listed = try ask(next, .list) else {
                Issue.record("no list")
                return
            }
            let time = Moment.now.milliseconds(since: started)
            #expect(time < 100, "\(time) ms")
            print("apm-guid killed under 50 lookers: the next one is answered in \(time) ms")
            #expect(ProcessTable.isAlive(daemon.pid) && daemon.guid != killed)
            for looker in lookers { looker.leave() }
            next.leave()
            daemon.end()
        }

        @Test func aThousandLookersAreNotFelt() throws {
            var before: UInt64 = 0
            #expect(apm_raise_open_files(&before) == 0)
            let daemon = try TestDaemon()
            daemon.run("w", ["--instances", "3"], probe: "sleep")
            let hostile = HostileClients()
            let look = daemon.look
            let lookers = try (0..<1000).map { _ in try ControlPeer(at: look) }
            let sockets = lookers.map(\.socket)
            hostile.start(1, at: look) { _ in
                while hostile.goesOn { Self.askAll(sockets) }
            }
            let control = try ControlPeer(daemon)
            let good = try ControlPeer(at: look)
            var times: [Double] = []
            var looked: [Double] = []
            for round in 0..<300 {
                let started = Moment.now
                _ = try ask(control, .list, id: UInt32(round + 2))
                times.append(Moment.now.milliseconds(since: started))
                guard round % 3 == 0 else { continue }
                let asked = Moment.now
                _ = try ask(good, .list, id: UInt32(round + 2))
                looked.append(Moment.now.milliseconds(since: asked))
            }
            hostile.stop()
            times.sort()
            looked.sort()
            let p99 = times[times.count * 99 / 100]
            #expect(p99 < 50, "p99 \(p99) ms")
            #expect(looked[98] < 1000, "p99 of a look \(looked[98]) ms")
            print("1000 lookers: p99 of list over the control socket \(p99) ms")
            print("1000 lookers: list of one more, median \(looked[50]), p99 \(looked[98]) ms")
            for looker in lookers + [good] { looker.leave() }
            control.leave()
            daemon.end()
        }

        /// Each asks for the list, each takes what it is told.
        private static func askAll(_ sockets: [Int32]) {
            let list = Command.list.encoded(id: 5)[0]
            for socket in sockets { _ = PacketSocket.send(list, over: socket) }
            for socket in sockets {
                var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
                if poll(&polled, 1, 1000) == 1 { HostileClientTests.drain(socket) }
            }
        }

        @Test(arguments: HostileClientTests.Misdeed.allCases)
        func aGoodLookerDoesNotNotice(_ misdeed: HostileClientTests.Misdeed) throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            let hostile = HostileClients()
            hostile.start(32, at: daemon.look) { socket in
                HostileClientTests.commit(misdeed, socket) { !hostile.goesOn }
            }
            let control = try ControlPeer(daemon)
            let looker = try ControlPeer(at: daemon.look)
            var times: [Double] = []
            for round in 0..<100 {
                let started = Moment.now
                _ = try ask(control, .list, id: UInt32(round + 2))
                times.append(Moment.now.milliseconds(since: started))
                if round % 10 == 0 { _ = try ask(looker, .list, id: UInt32(round + 2)) }
                usleep(2000)
            }
            hostile.stop()
            times.sort()
            #expect(times[98] < 50, "p99 \(times[98]) ms")
            looker.leave()
            control.leave()
            daemon.end()
        }

        @Test func aTakenNameIsToldAndDoneWithout() throws {
            let daemon = try TestDaemon()
            daemon.apm("exit", "daemon")
            eventually("it has ended") { !ProcessTable.isAlive(daemon.pid) }
            let squatter = Glibc.socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
            var address = sockaddr_un()
            let length = apm_abstract_address(String(daemon.look.dropFirst()), &address)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(squatter, $0, length) }
            }
            try #require(bound == 0 && listen(squatter, 8) == 0)
            try daemon.startAgain()
            eventually("the log names the squatter") {
                daemon.log.contains("is taken by pid \(getpid()) of uid \(geteuid())")
            }
            #expect(daemon.run("w", probe: "sleep").status == 0)
            close(squatter)
            daemon.end()
        }
    }
}
