// Workers that serve: from `apm run --server` to an answer, and what happens to requests when
// something ends.

import Glibc
import Testing

/// A worker of the echo program that the connectors' own tests use too.
private struct Served {
    let daemon: TestDaemon
    let port: UInt16

    static func program(_ file: String) -> [String] {
        let path = TestDaemon.root + "/connectors/echo/" + file
        return ["/usr/bin/env", file.hasSuffix(".py") ? "python3" : "node", path]
    }

    init(_ flags: [String] = [], program: String = "echo.node.js") throws {
        daemon = try TestDaemon()
        port = Loopback.freePort()
        let run = self.run("web", port: port, flags, program: program)
        try #require(run.status == 0, "\(run.errors)")
    }

    func run(
        _ name: String, port: UInt16, _ flags: [String] = [], program: String = "echo.node.js"
    ) -> Finished {
        run(name, at: "http://127.0.0.1:\(port)", flags, program: program)
    }

    func run(
        _ name: String, at address: String, _ flags: [String] = [],
        program: String = "echo.node.js"
    ) -> Finished {
        Program.run(
            TestDaemon.executables + "/apm",
            ["run", "--name", name, "--env", daemon.marker, "--server", address] + flags
                + ["--"] + Self.program(program), environment: daemon.environment)
    }

    var answers: Bool { Loopback.get("/hello", port: port)?.status == 200 }

    /// Load begins, and has been answered.
    func load(clients: Int = 16) -> LoadGenerator {
        let load = LoadGenerator(port: port, clients: clients)
        load.begin()
        eventually("load is answered") { load.progress > 100 }
        return load
    }

    /// So much more of it is answered.
    func more(_ count: Int, of load: LoadGenerator) {
        let before = load.progress
        eventually("load goes on", within: 20) { load.progress >= before + count }
    }

    var info: String { daemon.apm("info", "web", "--json").output }
}

extension SystemTests {
    @Suite struct ServingTests {
        @Test(arguments: ["echo.node.js", "echo.node.mjs", "echo.py"])
        func requestsReachTheProgram(_ program: String) throws {
            let served = try Served(program: program)
            // It has greeted when the start is answered.
            #expect(served.info.contains("\"connector\":{\"ready\":true"), "\(served.info)")
            let answer = try #require(Loopback.get("/what/ever?a=1", port: served.port))
            #expect(answer.status == 200)
            #expect(answer.body.contains("/what/ever?a=1"), "\(answer.body)")
            #expect(served.info.contains("\"requests\":1"), "\(served.info)")
            let list = served.daemon.apm("list").output
            #expect(list.contains("REQUESTS"), "\(list)")
            served.daemon.end()
        }

        @Test func whatOverlapsIsRefused() throws {
            let served = try Served()
            for address in [
                "http://127.0.0.1:\(served.port)", "http://0.0.0.0:\(served.port)",
                ":\(served.port)", "http://[::]:\(served.port)",
                "http://[::ffff:127.0.0.1]:\(served.port)",
            ] {
                let second = served.run("other", at: address)
                #expect(second.status != 0, "\(address)")
                #expect(second.errors.contains("is taken by web"), "\(second.errors)")
                #expect(second.errors.split(separator: "\n").count == 2, "\(second.errors)")
            }
            #expect(served.answers)
            // What is stopped gives its address to others, and cannot be started beside them.
            served.daemon.apm("stop", "web")
            #expect(Loopback.get("/hello", port: served.port) == nil)
            let other = served.run("other", port: served.port)
            #expect(other.status == 0, "\(other.errors)")
            #expect(served.answers)
            let start = served.daemon.apm("start", "web")
            #expect(start.errors.contains("is taken by other"), "\(start.errors)")
            served.daemon.end()
        }

        @Test func aPortOfAnotherProgramIsRefused() throws {
            let daemon = try TestDaemon()
            let port = Loopback.freePort()
            let listener = Program.start(
                "/usr/bin/env", ["python3", "-m", "http.server", "--bind", "127.0.0.1", "\(port)"])
            defer { Program.end(listener) }
            eventually("it listens", within: 10) {
                let socket = Loopback.connect(port)
                if socket >= 0 { close(socket) }
                return socket >= 0
            }
            let run = Program.run(
                TestDaemon.executables + "/apm",
                ["run", "--name", "web", "--server", "http://127.0.0.1:\(port)", "--"]
                    + Served.program("echo.py"), environment: daemon.environment)
            #expect(run.status != 0)
            #expect(run.errors.contains("cannot be listened on: Address already in use"))
            #expect(!daemon.apm("list").output.contains("web"))
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "becoming another user needs root"))
        func aLowPortIsForWorkersOfRoot() throws {
            let text = ProcessTable.read("/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? ""
            let first = try #require(UInt16(text.prefix { $0.isNumber }))
            try #require(first > 900, "every port is free to all on this machine")
            let port = first - UInt16.random(in: 100...200)
            let theirs = try TestDaemon(uid: 65534)
            let flags = ["--server", "http://127.0.0.1:\(port)", "--no-wait"]
            let refused = theirs.run("low", flags, probe: "sleep")
            #expect(refused.errors.contains("for workers that root has defined"), "\(refused)")
            #expect(!theirs.apm("list").output.contains("low"))
            theirs.end()
            let daemon = try TestDaemon()
            let run = daemon.run("low", flags, probe: "sleep")
            #expect(run.status == 0, "\(run.errors)")
            let socket = Loopback.connect(port)
            #expect(socket >= 0)
            close(socket)
            daemon.end()
        }

        @Test func restartsLoseNoRequest() throws {
            let served = try Served(["--kill-timeout", "4000"])
            let load = served.load()
            for _ in 0..<3 {
                let restart = served.daemon.apm("restart", "web")
                #expect(restart.status == 0, "\(restart.errors)")
                served.more(200, of: load)
            }
            let counts = load.end()
            #expect(counts.statuses.keys.sorted() == [200], "\(counts)")
            #expect(counts.failures.isEmpty && counts.refused == 0, "\(counts)")
            served.daemon.end()
        }

        @Test func rollingRestartsLoseNoRequest() throws {
            let served = try Served([
                "--instances", "2", "--rolling", "--rolling-delay", "20", "--startup-grace", "50",
                "--kill-timeout", "4000",
            ])
            let load = served.load()
            for _ in 0..<3 {
                let before = pids(served.daemon, "web")
                let restart = served.daemon.apm("restart", "web")
                #expect(restart.status == 0, "\(restart.errors)")
                #expect(Set(pids(served.daemon, "web")).isDisjoint(with: before))
                served.more(200, of: load)
            }
            let counts = load.end()
            #expect(counts.statuses.keys.sorted() == [200], "\(counts)")
            #expect(counts.failures.isEmpty && counts.refused == 0, "\(counts)")
            served.daemon.end()
        }

        @Test func aKilledInstanceFailsItsOwnRequestsAlone() throws {
            let served = try Served([
                "--instances", "4", "--restart-err", "--err-delay", "10",
            ])
            let clients = 16
            let load = served.load(clients: clients)
            let kills = 50
            for round in 0..<kills {
                let victim = pids(served.daemon, "web")[round % 4]
                if victim != 0 { kill(victim, SIGKILL) }
                served.more(300, of: load)
            }
            let counts = load.end()
            #expect(Set(counts.statuses.keys).isSubset(of: [200, 502]), "\(counts)")
            #expect(counts.statuses[502, default: 0] <= kills * clients, "\(counts)")
            #expect(counts.failures.isEmpty && counts.refused == 0, "\(counts)")
            served.daemon.end()
        }

        @Test func aKilledProxyComesBackAndItsListenersStay() throws {
            let served = try Served(["--instances", "2"])
            served.daemon.expectedAlerts = ["apm-proxyd ended: signal 9"]
            let echo = EchoProcess()
            let load = served.load()
            var gaps: [Double] = []
            for _ in 0..<5 {
                let before = pids(served.daemon, "web")
                let proxyd = served.daemon.proxyd
                let logged = served.daemon.log.utf8.count
                kill(proxyd, SIGKILL)
                let killed = Moment.now
                #expect(served.answers)
                gaps.append(Moment.now.milliseconds(since: killed) - echo.answer())
                #expect(served.daemon.proxyd != proxyd)
                served.more(200, of: load)
                let log = String(served.daemon.log.utf8.dropFirst(logged)) ?? ""
                for (place, pid) in pids(served.daemon, "web").enumerated()
                where pid != before[place] {
                    #expect(log.contains("web#\(place + 1) is restarted: apm-proxyd died"))
                }
            }
            // The machine may be busy: most of them count.
            #expect(gaps.sorted()[2] < 100, "\(gaps)")
            let counts = load.end()
            #expect(counts.refused == 0, "\(counts)")
            #expect(counts.statuses.keys.sorted() == [200], "\(counts)")
            echo.end()
            served.daemon.end()
        }

        @Test func framesComeWhateverStandardInputShouldBe() throws {
            let served = try Served(["--stdin", "null"])
            #expect(served.answers)
            served.daemon.end()
        }

        @Test func whoeverDoesNotGreetIsTold() throws {
            let daemon = try TestDaemon()
            let port = Loopback.freePort()
            let run = daemon.run(
                "mute", ["--server", "http://127.0.0.1:\(port)", "--no-wait"], probe: "sleep")
            #expect(run.status == 0, "\(run.errors)")
            let info = daemon.apm("info", "mute").output
            #expect(info.contains("has not greeted"), "\(info)")
            eventually("it is told", within: 15) { daemon.log.contains("mute has not greeted") }
            daemon.end()
        }
    }
}
