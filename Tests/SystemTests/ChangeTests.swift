// Signals by hand, stopall, rename, copy, env: on real processes.

import Glibc
import Testing

/// Says "up", and one line for each SIGHUP that it gets.
func runTalker(_ daemon: TestDaemon, _ name: String, _ flags: [String] = []) -> Finished {
    let script = "trap 'echo got hup' HUP; sleep 1000 & echo up; while :; do wait; done"
    let path = daemon.home + "/\(name).log"
    return Program.run(
        TestDaemon.executables + "/apm",
        [
            "run", "--name", name, "--env", daemon.marker, "--startup-grace", "50", "--log", path,
            "--strip-ansi", "--log-time-format", "",
        ] + flags + ["--", "/bin/sh", "-c", script], environment: daemon.environment)
}

/// Lines of a talker's log that hold `text`.
func lines(_ daemon: TestDaemon, _ name: String, with text: String) -> [String] {
    (ProcessTable.read(daemon.home + "/\(name).log") ?? "").split(separator: "\n")
        .map(String.init).filter { $0.contains(text) }
}

/// Pids of the main processes, in the order of their numbers; 0 where none runs.
func pids(_ daemon: TestDaemon, _ name: String) -> [pid_t] {
    let info = daemon.apm("info", name, "--json").output
    return info.split(separator: "\"pid\":").dropFirst().map { part in
        pid_t(part.prefix { $0.isNumber }) ?? 0
    }
}

extension SystemTests {
    @Suite struct ChangeTests {
        @Test func signalsReachAllInstancesOrOne() throws {
            let daemon = try TestDaemon()
            let run = runTalker(daemon, "s", ["--instances", "2"])
            #expect(run.status == 0, "\(run.errors)")
            eventually("both listen") { lines(daemon, "s", with: "up").count == 2 }
            let all = daemon.apm("SIGHUP", "s")
            #expect(all.status == 0 && all.output == "s: SIGHUP sent to 2 instances\n")
            eventually("both got it") { lines(daemon, "s", with: "got hup").count == 2 }
            #expect(daemon.apm("SIGHUP", "s#2").output == "s#2: SIGHUP sent\n")
            eventually("the second got it") {
                lines(daemon, "s", with: "s#2 got hup").count == 2
            }
            #expect(lines(daemon, "s", with: "s#1 got hup").count == 1)
            daemon.end()
        }

        @Test func aSignalByHandIsNoStop() throws {
            let daemon = try TestDaemon()
            daemon.run("k", ["--restart-err", "--err-delay", "0"], probe: "sleep")
            for signal in ["SIGKILL", "SIGTERM", "SIGRTMIN+3"] {
                let before = pids(daemon, "k")
                #expect(daemon.apm(signal, "k").status == 0, "\(signal)")
                eventually("another one runs after \(signal)") {
                    let now = pids(daemon, "k")
                    return now != before && now.allSatisfy { $0 > 0 }
                }
            }
            #expect(daemon.apm("list", "--json").output.contains("\"error\":3"))
            daemon.end()
        }

        @Test func whoCannotGetASignalIsTold() throws {
            let daemon = try TestDaemon()
            daemon.run("r", probe: "sleep")
            daemon.apm("stop", "r")
            for (words, status) in [
                (["SIGHUP", "r"], 3), (["SIGHUP", "r#1"], 3), (["SIGHUP", "nobody"], 4),
                (["SIGHUP", "r#2"], 4), (["SIGHUP"], 2), (["SIGFOO", "r"], 2),
                (["SIGhup", "r"], 2), (["sighup", "r"], 2), (["SIGHUP", "r", "--now"], 2),
                (["SIGHUP", "r", "s"], 2), (["SIGRTMIN+31", "r"], 2), (["SIGHUP", "r#0"], 2),
            ] {
                let finished = Program.run(
                    TestDaemon.executables + "/apm", words, environment: daemon.environment)
                #expect(finished.status == Int32(status), "\(words): \(finished.errors)")
                #expect(finished.errors.split(separator: "\n").count == 2, "\(words)")
            }
            daemon.end()
        }

        @Test func stopallStopsAllAndTheDaemonStays() throws {
            let daemon = try TestDaemon()
            daemon.run("a", ["--instances", "2", "--restart-err"], probe: "sleep")
            daemon.run("b", ["--kill-timeout", "50"], probe: "ignore-term")
            daemon.run("c", probe: "sleep")
            daemon.apm("stop", "c")
            let stopped = daemon.apm("stopall")
            #expect(stopped.status == 0)
            #expect(stopped.output == "all workers: 3 instances stopped\n")
            #expect(daemon.workers.isEmpty)
            #expect(daemon.apm("status").status == 0)
            #expect(daemon.apm("stopall").output == "all workers: already stopped\n")
            #expect(daemon.apm("start", "a").status == 0)
            #expect(daemon.workers.count == 2)
            #expect(daemon.apm("stopall", "a").status == 2)
            daemon.end()
        }

        @Test func renameKeepsProcessesAndLog() throws {
            let daemon = try TestDaemon()
            #expect(runTalker(daemon, "old", ["--instances", "2"]).status == 0)
            daemon.run("other", probe: "sleep")
            eventually("both listen") { lines(daemon, "old", with: "old#").count == 2 }
            let before = pids(daemon, "old")
            #expect(daemon.apm("rename", "old", "younger").status == 0)
            #expect(pids(daemon, "younger") == before)
            #expect(daemon.apm("info", "old").status == 4)
            daemon.apm("SIGHUP", "younger")
            eventually("new lines have the new name") {
                lines(daemon, "old", with: "younger#1 got hup").count == 1
                    && lines(daemon, "old", with: "younger#2 got hup").count == 1
            }
            #expect(daemon.apm("log", "younger").output.contains("old#1 up"))
            eventually("the new name is noted") {
                (ProcessTable.read(daemon.home + "/state") ?? "").contains("younger")
            }
            #expect(daemon.apm("rename", "younger", "other").status == 1)
            #expect(daemon.apm("rename", "younger", "a/b").status == 2)
            #expect(daemon.apm("rename", "younger").status == 2)
            #expect(daemon.apm("rename", "nobody", "x").status == 4)
            #expect(daemon.apm("rename", "younger", "younger").status == 0)
            #expect(daemon.run("old", probe: "sleep").status == 0, "the old name is free")
            daemon.end()
        }

        @Test func aCopyRunsIfTheOtherDoes() throws {
            let daemon = try TestDaemon()
            #expect(runTalker(daemon, "one", ["--instances", "2"]).status == 0)
            let copied = daemon.apm("copy", "one", "two")
            #expect(copied.status == 0 && copied.output == "two: 2 instances running\n")
            eventually("both write to one file") {
                lines(daemon, "one", with: "two#").count == 2
                    && lines(daemon, "one", with: "one#").count == 2
            }
            daemon.apm("stop", "one")
            let resting = daemon.apm("copy", "one", "three")
            #expect(resting.output == "three: defined, stopped like the other\n")
            #expect(pids(daemon, "three") == [0, 0])
            #expect(pids(daemon, "two").allSatisfy { $0 > 0 })
            #expect(daemon.apm("start", "three").status == 0)
            #expect(daemon.apm("copy", "one", "two").status == 1)
            #expect(daemon.apm("copy", "one", "SIGX").status == 2)
            #expect(daemon.apm("copy", "nobody", "x").status == 4)
            daemon.end()
        }

        @Test func environmentIsToldAsItIs() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "e",
                ["--instances", "2", "--env", "X=1", "--env", "Y=a\nb", "--env-index", "N"],
                probe: "sleep")
            let first = daemon.apm("env", "e").output
            #expect(first.contains("X=1\nY=a\\x0ab\n"), "\(first)")
            #expect(first.contains("\nN=0\n") && first.contains("\nAPM=1\n"), "\(first)")
            #expect(daemon.apm("env", "e#2").output.contains("\nN=1\n"))
            let pid = try #require(pids(daemon, "e").first)
            let real = (ProcessTable.read("/proc/\(pid)/environ") ?? "").split(separator: "\0")
            #expect(real.count == first.split(separator: "\n").count)
            let json = daemon.apm("env", "e", "--json").output
            #expect(json.contains("\"Y\":\"a\\nb\"") && json.hasPrefix("{"), "\(json)")
            daemon.apm("update", "e", "--env", daemon.marker, "--env", "X=2", "--no-restart")
            #expect(daemon.apm("env", "e").output.contains("\nX=1\n"))
            daemon.apm("stop", "e")
            #expect(daemon.apm("env", "e").output.contains("\nX=2\n"))
            #expect(daemon.apm("env", "nobody").status == 4)
            daemon.end()
        }
    }
}
