// What the main configuration says of the daemon itself: who else may operate it, in force at once.

import Control
import Glibc
import Messages
import Testing

extension SystemTests {
    @Suite struct DaemonBlockTests {
        private static let everyone = "daemon { operate everyone; }\n"

        private func stranger(_ daemon: TestDaemon, _ words: [String]) -> Finished {
            Program.run(
                TestDaemon.publicExecutables + "/apm", words, environment: daemon.environment,
                uid: 65_533)
        }

        private func expectRefused(
            _ finished: Finished, sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(finished.status == 77, "\(finished.errors)", sourceLocation: sourceLocation)
        }

        /// Switched on and off again, under a running worker.
        private func strangersOperate(_ daemon: TestDaemon) throws {
            daemon.run("w", ["--env", "KEY=SECRETVALUE"], probe: "sleep")
            let deeds = [["stop", "w"], ["start", "w"], ["restart", "w"]]
            for deed in deeds { expectRefused(stranger(daemon, deed)) }
            #expect(!daemon.apm("status").output.contains("operate"))
            let path = daemon.configuration("config.conf", Self.everyone)
            let load = daemon.apm("load", path)
            #expect(load.status == 0, "\(load.errors)")
            let said = load.errors + load.output
            #expect(said.contains("warning: everybody on this machine may"), "\(said)")
            let status = daemon.apm("status", "--json").output
            #expect(status.contains("\"operate\":\"everyone\""), "\(status)")
            let before = daemon.pid(of: "w")
            for deed in deeds {
                let done = stranger(daemon, deed)
                #expect(done.status == 0, "\(deed) \(done.errors)")
            }
            #expect(daemon.pid(of: "w") != before && daemon.pid(of: "w") != 0)
            try nothingElse(daemon)
            daemon.configuration("config.conf", "daemon { operate members; }\n")
            #expect(daemon.apm("reload", path).status == 0)
            for deed in deeds { expectRefused(stranger(daemon, deed)) }
            let warnings = daemon.log.split(separator: "\n").filter {
                $0.contains("everybody on this machine may")
            }
            #expect(warnings.count == 1, "\(warnings)")
        }

        private func nothingElse(_ daemon: TestDaemon) throws {
            let deeds = [
                "remove w", "log w", "exit daemon", "stopall", "SIGTERM w", "rename w v",
                "copy w v", "env w", "events", "update w --prefix x", "run /bin/true", "boot",
                "load \(daemon.home)/config.conf", "unload \(daemon.home)/config.conf",
            ]
            for deed in deeds {
                let finished = stranger(daemon, deed.split(separator: " ").map(String.init))
                expectRefused(finished)
                #expect(!(finished.output + finished.errors).contains("SECRET"), "\(deed)")
            }
            // Nothing is told of why a start fails: no path, no word of the program.
            let bad = daemon.run(
                "bad", ["--env", "KEY=SECRETVALUE", "--path", daemon.home], probe: "sleep")
            #expect(bad.status == 0)
            daemon.apm("stop", "bad")
            daemon.apm("update", "bad", "--exec", daemon.home + "/SECRETPROGRAM")
            let start = stranger(daemon, ["start", "bad"])
            let said = start.output + start.errors
            #expect(start.status != 0 && !said.contains("SECRET"), "\(said)")
            #expect(!said.contains(daemon.home), "\(said)")
            daemon.apm("remove", "bad")
        }

        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func everybodyOperatesWhereTheFileSaysSo() throws {
            let daemon = try TestDaemon()
            try strangersOperate(daemon)
            daemon.end()
        }

        /// Whose socket apm does not trust, so that its look socket is asked as anybody could.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func soDoTheyOfAUsersOwnDaemon() throws {
            let daemon = try TestDaemon(uid: 65_534)
            daemon.run("w", probe: "sleep")
            let looker = try ControlPeer(at: daemon.look)
            func answer(_ command: Command, id: UInt32) throws -> Reply {
                try looker.send(command, id: id)
                return try #require(try looker.receive(seconds: 5))
            }
            let restart = Command.restart(Selection(name: "w"))
            #expect(try answer(restart, id: 2) == .refused(Refusal(.notPermitted)))
            let path = daemon.configuration("config.conf", Self.everyone)
            #expect(daemon.apm("load", path).status == 0)
            let before = daemon.pid(of: "w")
            guard case .outcome(.restarted, let outcome) = try answer(restart, id: 3) else {
                Issue.record("not restarted")
                return
            }
            #expect(outcome.result == .done && daemon.pid(of: "w") != before)
            let remove = Command.remove(Selection(name: "w"))
            #expect(try answer(remove, id: 4) == .refused(Refusal(.notPermitted)))
            daemon.configuration("config.conf", "")
            #expect(daemon.apm("reload", path).status == 0)
            #expect(try answer(restart, id: 5) == .refused(Refusal(.notPermitted)))
            looker.leave()
            daemon.end()
        }

        /// From its start on, with nobody asking.
        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func theStartReadsItToo() throws {
            let daemon = try TestDaemon()
            daemon.configuration("config.conf", Self.everyone, daemon.block("w"))
            let before = daemon.pid
            #expect(daemon.apm("exit", "daemon").status == 0)
            eventually("it ends") { !ProcessTable.isAlive(before) }
            try daemon.startAgain()
            eventually("it runs", within: 15) { daemon.pid(of: "w") != 0 }
            #expect(stranger(daemon, ["restart", "w"]).status == 0)
            // A file that is not there any more says nothing.
            unlink(daemon.home + "/config.conf")
            #expect(daemon.apm("boot").status == 0)
            expectRefused(stranger(daemon, ["restart", "w"]))
            daemon.end()
        }

        @Test func itCountsInTheMainConfigurationAlone() throws {
            let daemon = try TestDaemon()
            let path = daemon.configuration("other.conf", Self.everyone, "telemetry false;\n")
            let load = daemon.apm("load", path)
            let said = load.errors + load.output
            #expect(load.status == 0 && said.contains("its daemon { } does not count"), "\(said)")
            #expect(!daemon.apm("status").output.contains("operate"))
            let main = daemon.configuration("config.conf", Self.everyone)
            #expect(daemon.apm("reload", main, "--dry-run").status == 0)
            #expect(!daemon.apm("status").output.contains("operate"))
            // A mistake changes nothing of what holds.
            #expect(daemon.apm("boot").status == 0)
            #expect(daemon.apm("status").output.contains("operate: everyone"))
            daemon.configuration("config.conf", "daemon {\n")
            #expect(daemon.apm("boot").status == 1)
            #expect(daemon.apm("status").output.contains("operate: everyone"))
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "root's own rules need root"))
        func aFileInOtherHandsSaysNothing() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o755)
            let path = daemon.configuration("config.conf", Self.everyone)
            chown(path, 65_534, 65_534)
            let boot = daemon.apm("boot")
            let said = boot.errors + boot.output
            #expect(said.contains("it was read as uid 65534"), "\(said)")
            #expect(!daemon.apm("status").output.contains("operate"))
            daemon.end()
        }

        @Test func aGroupIsTheSystemsDaemonsToLetIn() throws {
            let daemon = try TestDaemon()
            daemon.configuration("config.conf", "daemon { allow_group users; }\n")
            let boot = daemon.apm("boot")
            let said = boot.errors + boot.output
            #expect(boot.status == 0 && said.contains("allow_group is left out"), "\(said)")
            #expect(!daemon.apm("status").output.contains("allow_group"))
            daemon.end()
        }
    }
}
