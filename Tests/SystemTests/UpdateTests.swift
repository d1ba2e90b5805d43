// update: what runs gets at once, what needs a restart, and that a refusal changes nothing.

import Glibc
import Testing

extension SystemTests {
    @Suite struct UpdateTests {
        @Test func instancesAreScaledInPlace() throws {
            let daemon = try TestDaemon()
            #expect(runTalker(daemon, "w").status == 0)
            eventually("it listens") { lines(daemon, "w", with: "w up").count == 1 }
            let one = pids(daemon, "w")
            let grown = daemon.apm("update", "w", "--instances", "4", "--no-restart")
            #expect(grown.status == 0, "\(grown.errors)")
            #expect(grown.output == "w: updated, 3 instances running\n")
            let four = pids(daemon, "w")
            #expect(four.count == 4 && four[0] == one[0])
            #expect(four.allSatisfy { $0 > 0 })
            eventually("the new ones listen") { lines(daemon, "w", with: "up").count == 4 }
            daemon.apm("SIGHUP", "w#1")
            eventually("the first has its number") {
                lines(daemon, "w", with: "w#1 got hup").count == 1
            }
            let shrunk = daemon.apm("update", "w", "--instances", "2")
            #expect(shrunk.status == 0 && shrunk.output == "w: updated\n", "\(shrunk.errors)")
            #expect(pids(daemon, "w") == Array(four[0..<2]))
            #expect(!ProcessTable.isAlive(four[2]) && !ProcessTable.isAlive(four[3]))
            daemon.apm("update", "w", "--instances", "1")
            daemon.apm("SIGHUP", "w")
            eventually("alone it has no number") {
                lines(daemon, "w", with: "w got hup").count == 1
            }
            daemon.end()
        }

        @Test func whatRestsStaysSo() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.apm("stop", "w")
            #expect(daemon.apm("update", "w", "--instances", "3", "--env", "A=1").status == 0)
            #expect(pids(daemon, "w") == [0, 0, 0])
            #expect(daemon.workers.isEmpty)
            daemon.end()
        }

        @Test func liveFieldsNeedNoRestart() throws {
            let daemon = try TestDaemon()
            #expect(runTalker(daemon, "w", ["--kill-timeout", "1m"]).status == 0)
            eventually("it listens") { lines(daemon, "w", with: "up").count == 1 }
            let before = pids(daemon, "w")
            let updated = daemon.apm(
                "update", "w", "--prefix", "front", "--restart-err", "--err-delay", "0",
                "--kill-timeout", "50", "--stop-signal", "SIGHUP")
            #expect(updated.status == 0 && updated.output == "w: updated\n", "\(updated.errors)")
            #expect(pids(daemon, "w") == before)
            daemon.apm("SIGHUP", "w")
            eventually("lines look otherwise") {
                lines(daemon, "w", with: "front got hup").count == 1
            }
            // It survives its new stop_signal, so the new kill_timeout ends it.
            #expect(daemon.apm("stop", "w", seconds: 20).status == 0)
            #expect(lines(daemon, "w", with: "front got hup").count == 2)
            daemon.apm("start", "w")
            daemon.apm("SIGKILL", "w")
            eventually("the new rule restarts it") {
                daemon.apm("list", "--json").output.contains("\"error\":1")
            }
            let reset = daemon.apm("update", "w", "--prefix", "", "--err-delay", "")
            #expect(reset.status == 0, "\(reset.errors)")
            let info = daemon.apm("info", "w", "--json").output
            #expect(info.contains("\"prefix\":null") && info.contains("\"err_delay\":500"))
            let again = daemon.apm("update", "w", "--prefix", "")
            #expect(again.output.contains("nothing to change"))
            daemon.end()
        }

        @Test func otherFieldsRestartUnlessToldNotTo() throws {
            let daemon = try TestDaemon()
            let newer = daemon.home + "/newer.log"
            #expect(runTalker(daemon, "w", ["--instances", "2"]).status == 0)
            eventually("both listen") { lines(daemon, "w", with: "up").count == 2 }
            let before = pids(daemon, "w")
            let later = daemon.apm(
                "update", "w", "--env", daemon.marker, "--env", "A=1", "--log", newer,
                "--no-restart")
            #expect(later.status == 0 && later.errors.contains("next start"), "\(later.errors)")
            #expect(pids(daemon, "w") == before)
            daemon.apm("SIGHUP", "w")
            eventually("they write where they did") {
                lines(daemon, "w", with: "got hup").count == 2
            }
            daemon.apm("restart", "w#1")
            #expect(daemon.apm("env", "w#1").output.contains("\nA=1\n"))
            #expect(!daemon.apm("env", "w#2").output.contains("\nA=1\n"))
            eventually("the first writes to the new log") {
                lines(daemon, "newer", with: "w#1 up").count == 1
            }
            let now = daemon.apm("update", "w", "--env", daemon.marker, "--env", "A=2")
            #expect(now.status == 0, "\(now.errors)")
            #expect(now.output == "w: updated, 2 instances running\n")
            #expect(Set(pids(daemon, "w")).isDisjoint(with: before))
            #expect(daemon.apm("env", "w#2").output.contains("\nA=2\n"))
            daemon.end()
        }

        @Test func aRefusedUpdateChangesNothing() throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--instances", "2", "--prefix", "p"], probe: "sleep")
            let before = daemon.apm("info", "w", "--json").output
            let settings = { (info: String) in
                info.split(separator: "\"instances\":[").first.map(String.init)
            }
            let pidsBefore = pids(daemon, "w")
            for (flags, status) in [
                (["--log", "/no/such/folder/x.log", "--instances", "4"], 1),
                (["--user", "no-such-account", "--prefix", "x"], 1),
                (["--env-file", "/no/such/file", "--kill-timeout", "5"], 1),
                (["--env", "nothing", "--prefix", "x"], 2), (["--instances", "300"], 2),
                (["--instances", "0"], 2), (["--name", "other"], 2), ([], 2),
                (["--no-restart"], 2), (["--kill-timeout", "soon"], 2), (["--exec", ""], 2),
                (["--path", ""], 2), (["--nothing", "x"], 2), (["--no-restart=x"], 2),
                (["another"], 2), (["--", "sleep"], 2),
            ] {
                let finished = Program.run(
                    TestDaemon.executables + "/apm", ["update", "w"] + flags,
                    environment: daemon.environment)
                #expect(finished.status == Int32(status), "\(flags): \(finished.errors)")
                #expect(finished.errors.split(separator: "\n").count == 2, "\(finished.errors)")
                #expect(pids(daemon, "w") == pidsBefore, "\(flags)")
            }
            #expect(settings(daemon.apm("info", "w", "--json").output) == settings(before))
            #expect(daemon.apm("update", "nobody", "--prefix", "x").status == 4)
            #expect(daemon.apm("update", "w#1", "--prefix", "x").status == 2)
            daemon.end()
        }

        /// What was stopped, renamed or removed while its files were looked at is judged as it is
        /// then.
        @Test func aProgramThatCannotRunIsToldAndCanBePutRight() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            let broken = daemon.apm("update", "w", "--exec", "/no/such/program")
            #expect(broken.status == 1)
            #expect(broken.errors.contains("No such file"), "\(broken.errors)")
            let right = daemon.apm("update", "w", "--exec", TestDaemon.probe)
            #expect(right.status == 0, "\(right.errors)")
            #expect(daemon.apm("start", "w").status == 0)
            #expect(daemon.workers.count == 1)
            daemon.end()
        }
    }
}
