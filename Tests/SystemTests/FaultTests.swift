// Workers with whose connector apm-proxyd cannot go on: who is told what, and what becomes of them.

import Glibc
import Testing

/// A worker in Python without the connector, that does one thing after the proxy's hello has come.
private struct Speaker {
    let daemon: TestDaemon
    let port = Loopback.freePort()
    let run: Finished

    /// `deed`: lines of Python, with `key`, `write(bytes)` and `index`.
    init(
        _ daemon: TestDaemon, _ flags: [String] = [], deed: String
    ) throws {
        self.daemon = daemon
        let program = daemon.file(
            "speaker.py",
            holding: """
                import os, time
                index = int(os.environ['INDEX'])
                key = os.read(0, 65536)[:4]
                def write(*parts):
                    os.write(1, key + b''.join(parts))
                nothing = bytes(4)
                hello = b'\\0\\0\\1\\0' + nothing + b'\\x0d\\0\\0\\0connector: x\\n'
                \(deed)
                while True:
                    time.sleep(1)

                """)
        run = Program.run(
            TestDaemon.executables + "/apm",
            [
                "run", "--name", "web", "--env", daemon.marker, "--env-index", "INDEX",
                "--server", "http://127.0.0.1:\(port)",
            ] + flags + ["--", "/usr/bin/env", "python3", program],
            environment: daemon.environment)
    }

    var info: String { daemon.apm("info", "web", "--json").output }
}

extension SystemTests {
    @Suite struct FaultTests {
        @Test func aHelloThatIsNoneIsToldAtOnce() throws {
            let speaker = try Speaker(
                try TestDaemon(), deed: "write(bytes([0, 0, 1, 0]) + bytes(8))")
            #expect(speaker.run.status == 1)
            let errors = speaker.run.errors
            #expect(errors.contains("it greeted with no hello"), "\(errors)")
            #expect(errors.contains("use a connector of APM"), "\(errors)")
            let log = speaker.daemon.log
            #expect(log.contains("its hello must name its connector"), "\(log)")
            #expect(speaker.info.contains("\"faulted\":\"bad_hello\""), "\(speaker.info)")
            let list = speaker.daemon.apm("list").output
            #expect(list.contains("errored") && list.contains("bad hello"), "\(list)")
            speaker.daemon.end()
        }

        @Test func whoClosesItsOutputIsToldSo() throws {
            let speaker = try Speaker(try TestDaemon(), deed: "os.close(1)")
            #expect(speaker.run.status == 1)
            let errors = speaker.run.errors
            #expect(errors.contains("it closed its standard input or output"), "\(errors)")
            #expect(errors.contains("load the connector of APM in it"), "\(errors)")
            speaker.daemon.end()
        }

        /// Also where nothing is written to it.
        @Test func whoClosesItsInputIsToldSo() throws {
            let speaker = try Speaker(try TestDaemon(), deed: "os.close(0)")
            #expect(speaker.run.status == 1)
            let errors = speaker.run.errors
            #expect(errors.contains("it closed its standard input or output"), "\(errors)")
            speaker.daemon.end()
        }

        /// Its end takes long, and nobody waits for that: no instance will come.
        @Test func requestsDoNotWaitForOneThatHasFaulted() throws {
            let speaker = try Speaker(
                try TestDaemon(), ["--kill-timeout", "4000"],
                deed: """
                    import signal
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    write(hello)
                    time.sleep(0.2)
                    os.close(1)
                    """)
            try #require(speaker.run.status == 0, "\(speaker.run.errors)")
            eventually("it is being ended", within: 10) {
                speaker.daemon.apm("list").output.contains("stopping")
            }
            let asked = Moment.now
            #expect(Loopback.get("/", port: speaker.port)?.status == 503)
            #expect(Moment.now.milliseconds(since: asked) < 1000)
            eventually("it is ended", within: 10) {
                speaker.daemon.apm("list").output.contains("closed a pipe")
            }
            // How long its end took is not how long it ran.
            let uptime = speaker.info.split(separator: "\"uptime_ms\":").last
                .flatMap { Int($0.prefix { $0.isNumber }) }
            #expect((uptime ?? .max) < 1000, "\(speaker.info)")
            speaker.daemon.end()
        }

        /// What the first one does is what the others would do.
        @Test func aRollEndsAtOneThatGreetsAndClosesItsOutput() throws {
            let daemon = try TestDaemon()
            let speaker = try Speaker(
                daemon, ["--instances", "3", "--rolling", "--rolling-delay", "10"],
                deed: """
                    write(hello)
                    if os.path.exists('\(daemon.home)/new'): os.close(1)
                    """)
            try #require(speaker.run.status == 0, "\(speaker.run.errors)")
            let before = pids(daemon, "web")
            _ = daemon.file("new")
            let restart = daemon.apm("restart", "web")
            #expect(restart.status == 1)
            let errors = restart.errors
            #expect(errors.contains("it closed its standard input or output"), "\(errors)")
            #expect(errors.contains("the rolling restart ended at it"), "\(errors)")
            #expect(pids(daemon, "web").dropFirst() == before.dropFirst())
            #expect(daemon.apm("list").output.contains("2/3"))
            daemon.end()
        }

        @Test func faultsCountAgainstTheLimit() throws {
            let flags = ["--restart-err", "--err-delay", "10", "--max-err-restarts", "2"]
            let speaker = try Speaker(
                try TestDaemon(), flags, deed: "write(bytes([0, 0, 1, 0]) + bytes(8))")
            #expect(speaker.run.status == 1)
            eventually("the limit is used up", within: 10) {
                speaker.daemon.apm("list").output.contains("errored")
            }
            #expect(speaker.info.contains("\"error\":2"), "\(speaker.info)")
            speaker.daemon.end()
        }

        /// The first instance has written a part of a frame when apm-proxyd dies: nobody can know
        /// where its next one begins. It is started again though no rule says so; its neighbour
        /// goes on.
        @Test func anInstanceWhoseFrameWasCutIsStartedAgainAlone() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-proxyd ended: signal 9"]
            let speaker = try Speaker(
                daemon, ["--instances", "2"],
                deed: """
                    write(hello)
                    if index == 0: write(bytes([3, 0, 0, 0]), nothing, bytes([0, 0, 6, 0]), b'rea')
                    """)
            try #require(speaker.run.status == 0, "\(speaker.run.errors)")
            let before = pids(daemon, "web")
            kill(daemon.proxyd, SIGKILL)
            eventually("the one is started again", within: 10) {
                let now = pids(daemon, "web")
                return now.count == 2 && ![0, before[0]].contains(now[0])
            }
            #expect(pids(daemon, "web")[1] == before[1])
            let reason = "is restarted: apm-proxyd died in the middle of a frame of it"
            eventually("the reason is told") { daemon.log.contains("web#1 \(reason)") }
            #expect(!daemon.log.contains("web#2 \(reason)"))
            eventually("both are connected again") {
                speaker.info.split(separator: "\"connector\":{\"ready\":true").count == 3
            }
            daemon.end()
        }
    }
}
