// What a person does first: run, look, lose an instance, read the log, stop, leave.

import Glibc
import Testing

extension SystemTests {
    @Suite struct FirstMinuteTests {
        @Test func runListKillLogStop() throws {
            let daemon = try TestDaemon()
            let sleepers = daemon.run(
                "web", ["--instances", "3", "--restart-err", "--err-delay", "0"], probe: "sleep")
            #expect(sleepers.status == 0, "\(sleepers.errors)")
            let before = Set(daemon.workers)
            #expect(before.count == 3)
            let victim = try #require(before.first)
            kill(victim, SIGKILL)
            eventually("a replacement runs") {
                let now = Set(daemon.workers)
                return now.count == 3 && !now.contains(victim)
            }
            #expect(Set(daemon.workers).subtracting(before).count == 1)
            let list = daemon.apm("list", "--json").output
            #expect(list.contains("\"running\":3"), "\(list)")
            #expect(list.contains("\"error\":1"), "\(list)")
            #expect(daemon.apm("stop", "web").status == 0)
            #expect(daemon.workers.isEmpty)
            daemon.end()
        }

        @Test func linesArriveStampedAndPrefixed() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/out.log"
            daemon.run(
                "p",
                [
                    "--log", path, "--instances", "2", "--log-time-format", "%Y-%m-%d %T.%F",
                    "--strip-ansi",
                ], probe: "print", "3")
            eventually("all lines are written") {
                (ProcessTable.read(path) ?? "").split(separator: "\n").count == 6
            }
            for line in (ProcessTable.read(path) ?? "").split(separator: "\n") {
                let words = line.split(separator: " ")
                #expect(words.count >= 4, "\(line)")
                #expect(words[0].count == 10 && words[1].count == 15, "\(line)")
                #expect(words[2] == "p#1" || words[2] == "p#2", "\(line)")
            }
            let shown = daemon.apm("log", "p", "-n", "3").output.split(separator: "\n")
            #expect(shown.count == 3)
            daemon.end()
        }

        @Test func environmentIsRebuilt() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/show.log"
            daemon.run(
                "e", ["--log", path, "--instances", "2", "--env-index", "NUMBER", "--strip-ansi"],
                probe: "show")
            eventually("both have shown") {
                let text = ProcessTable.read(path) ?? ""
                return text.contains("NUMBER=0") && text.contains("NUMBER=1")
            }
            let text = ProcessTable.read(path) ?? ""
            #expect(text.contains("APM=1"))
            #expect(text.contains("APM_INDEX=0"))
            #expect(text.contains(daemon.marker))
            #expect(!text.contains("APM_HOME="))
            daemon.end()
        }

        @Test func aWorkerFindsNothingOfTheDaemon() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/show.log"
            daemon.run(
                "e", ["--log", path, "--strip-ansi", "--log-time-format", ""], probe: "show")
            eventually("it has shown") { (ProcessTable.read(path) ?? "").contains("nofile") }
            let lines = (ProcessTable.read(path) ?? "").split(separator: "\n").map(String.init)
            let facts = lines.map { line in
                line.drop { $0 != " " }.dropFirst().drop { $0 == " " }
            }
            let descriptors = facts.filter { $0.hasPrefix("fd ") }
            #expect(descriptors.count == 3, "\(descriptors)")
            let kinds = descriptors.sorted().map { $0.split(separator: " ").last?.prefix(5) }
            #expect(kinds == ["socke", "pipe:", "pipe:"], "\(descriptors)")
            for fact in ["umask 0022", "blocked 0000000000000000", "ignored 0000000000000000"] {
                #expect(facts.contains { $0 == fact }, "\(fact) is not in \(lines)")
            }
            daemon.end()
        }

        @Test func secondDaemonIsRefusedNamingThePid() throws {
            let daemon = try TestDaemon()
            let second = Program.run(
                TestDaemon.executables + "/apm-master", [], environment: daemon.environment)
            #expect(second.status == 1)
            #expect(second.errors.contains(String(daemon.pid)), "\(second.errors)")
            #expect(second.errors.split(separator: "\n").count == 2)
            #expect(daemon.apm("status").status == 0)
            daemon.end()
        }

        @Test func theDaemonEndsOnTermAsOnExit() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            kill(daemon.pid, SIGTERM)
            eventually("it ends") { !ProcessTable.isAlive(daemon.pid) }
            #expect(daemon.workers.isEmpty)
            #expect(daemon.apm("status").status == 3)
            daemon.remove()
        }
    }
}

/// Whether this machine lets this user make control groups.
enum GroupTreeProbe {
    static func isAvailable() throws -> Bool { folder != nil }

    /// The own group, where groups can be made; nil where they cannot.
    static var folder: String? {
        for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
            guard
                let own = ProcessTable.read("/proc/self/cgroup")?.split(separator: "\n")
                    .first(where: { $0.hasPrefix("0::/") })?.dropFirst(3)
            else { continue }
            let folder = mount + own
            if access(folder + "/cgroup.procs", W_OK) == 0 { return folder }
        }
        return nil
    }
}
