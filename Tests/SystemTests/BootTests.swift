// The main configuration: by the daemon's start, and again by hand.

import Glibc
import Testing

extension SystemTests {
    @Suite struct BootTests {
        /// The daemon is ended and started again, so that it finds its configuration.
        private func startedAgain(_ daemon: TestDaemon) throws {
            let before = daemon.pid
            #expect(daemon.apm("exit", "daemon").status == 0)
            eventually("it ends") { !ProcessTable.isAlive(before) }
            try daemon.startAgain()
        }

        @Test func theDaemonLoadsItsConfigurationAndBootRepeatsIt() throws {
            let daemon = try TestDaemon()
            #expect(daemon.apm("boot").output.contains("nothing to do"))
            mkdir(daemon.home + "/config.conf.d", 0o755)
            daemon.configuration("config.conf", daemon.block("main"))
            _ = daemon.file("config.conf.d/b.conf", holding: daemon.block("b"))
            _ = daemon.file("config.conf.d/a.conf", holding: daemon.block("a"))
            _ = daemon.file("config.conf.d/not", holding: daemon.block("not"))
            _ = daemon.file("config.conf.d/wrong.conf", holding: "worker w {\n")
            try startedAgain(daemon)
            eventually("all of it runs") { daemon.workers.count == 3 }
            #expect(daemon.listed == ["main", "a", "b"])
            #expect(
                daemon.apm("info", "b").output.contains("from \(daemon.home)/config.conf.d/b.conf"))
            eventually("what is wrong is noted") {
                daemon.log.contains("config.conf.d/wrong.conf:1")
            }
            let before = daemon.workers.sorted()
            let boot = daemon.apm("boot")
            #expect(boot.status == 1 && boot.output.contains("3 already running"))
            #expect(boot.errors.contains("wrong.conf:1"), "\(boot.errors)")
            #expect(daemon.workers.sorted() == before)
            daemon.end()
        }

        @Test func aFileThatTheMainOneIncludesIsNotReadTwice() throws {
            let daemon = try TestDaemon()
            mkdir(daemon.home + "/config.conf.d", 0o755)
            daemon.configuration("config.conf", "include config.conf.d/*.conf;\n")
            _ = daemon.file("config.conf.d/a.conf", holding: daemon.block("a"))
            let boot = daemon.apm("boot")
            #expect(boot.status == 0 && boot.output.contains("1 started"), "\(boot.errors)")
            let info = daemon.apm("info", "a").output
            #expect(info.contains("loaded with \(daemon.home)/config.conf\n"), "\(info)")
            daemon.end()
        }

        @Test func whatAPersonStoppedStaysSoAfterACrash() throws {
            let daemon = try TestDaemon()
            daemon.configuration("config.conf", daemon.block("a"), daemon.block("b"))
            #expect(daemon.apm("boot").status == 0)
            daemon.awaitState("config.conf")
            let before = ProcessTable.read(daemon.home + "/state")
            daemon.apm("stop", "b")
            eventually("that is noted") { ProcessTable.read(daemon.home + "/state") != before }
            let dead = daemon.pid
            kill(dead, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(dead) }
            try daemon.startAgain()
            eventually("one runs") { daemon.pid(of: "a") != 0 }
            eventually("the configuration is looked at") {
                daemon.log.contains("booted \(daemon.home)/config.conf")
            }
            #expect(daemon.pid(of: "b") == 0)
            #expect(daemon.apm("boot").output.contains("1 started, 1 already running"))
            daemon.end()
        }
    }
}
