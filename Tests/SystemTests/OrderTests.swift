// depends_on: the order of starts and stops, time-outs, cycles, and what a crash of the daemon
// leaves of them.

import Glibc
import Testing

/// The lines of the daemon's log that say one of these, in their order.
private func told(_ daemon: TestDaemon, _ parts: [String]) -> [String] {
    daemon.log.split(separator: "\n").compactMap { line in
        parts.first { line.hasSuffix($0) || line.contains($0 + " (pid") }
    }
}

/// Runs on until it is told to end; starts at once without what it depends on.
private func define(_ daemon: TestDaemon, _ name: String, on others: String) {
    let flags = ["--depends-on", others, "--depends-timeout", "0"]
    let run = daemon.run(name, flags, probe: "sleep")
    #expect(run.status == 0, "\(run.errors)")
    daemon.apm("update", name, "--depends-timeout", "1m")
}

private func place(of words: String, in log: String) throws -> String.Index {
    try #require(log.firstRange(of: words), "\(words) in \(log)").lowerBound
}

private func json(_ daemon: TestDaemon, _ name: String) -> String {
    daemon.apm("info", name, "--json").output
}

extension SystemTests {
    @Suite struct OrderTests {
        @Test func severalStartInTheirOrder() throws {
            let daemon = try TestDaemon()
            define(daemon, "web", on: "api,cache")
            define(daemon, "api", on: "db")
            daemon.run("db", probe: "sleep")
            daemon.run("cache", probe: "sleep")
            daemon.apm("stopall")
            let before = daemon.log.utf8.count
            let started = daemon.apm("start", "web", "api", "db", "cache")
            #expect(started.status == 0 && started.errors.isEmpty, "\(started.errors)")
            #expect(started.output.split(separator: "\n").count == 4, "\(started.output)")
            let after = String(decoding: daemon.log.utf8.dropFirst(before), as: UTF8.self)
            let moments = try [
                "db starting -> running", "api held -> starting", "api starting -> running",
                "web held -> starting",
            ].map { try place(of: $0, in: after) }
            #expect(moments == moments.sorted(), "\(after)")
            #expect(try place(of: "cache starting", in: after) < moments[3])
            #expect(daemon.workers.count == 4)
            daemon.end()
        }

        @Test func aStartWaitsAndNothingStoppedIsStarted() throws {
            let daemon = try TestDaemon()
            daemon.run("db", probe: "sleep")
            define(daemon, "api", on: "db")
            daemon.apm("stopall")
            let begun = daemon.apm("start", "--no-wait", "api")
            #expect(begun.output == "api: 1 instance starting, waiting for db\n")
            #expect(json(daemon, "api").contains("\"waits_for\":[\"db\"]"))
            #expect(daemon.apm("list").output.contains("waiting for db"))
            let late = daemon.apm("start", "api", "--timeout", "50")
            #expect(late.status == 124)
            #expect(late.errors.contains("it is waiting for db"), "\(late.errors)")
            #expect(daemon.workers.isEmpty, "db is not started for it")
            let stopped = daemon.apm("stop", "api")
            #expect(stopped.status == 0 && stopped.output == "api: 1 instance stopped\n")
            #expect(json(daemon, "api").contains("\"state\":\"stopped\""))
            daemon.apm("start", "--no-wait", "api")
            #expect(daemon.apm("start", "db").status == 0)
            #expect(daemon.apm("wait", "api").status == 0)
            daemon.apm("stop", "db")
            #expect(daemon.apm("restart", "api").status == 0, "what has started waits no more")
            daemon.end()
        }

        @Test func whatWaitsIsShownWhileItWaits() throws {
            let daemon = try TestDaemon()
            daemon.run("db", probe: "sleep")
            define(daemon, "api", on: "db")
            daemon.apm("stopall")
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["start", "api"],
                environment: daemon.environment + ["TERM=xterm"])
            terminal.expect("starting api: waiting for db (")
            daemon.apm("start", "db")
            #expect(terminal.end() == 0)
            daemon.end()
        }

        @Test func afterItsTimeItStartsWithout() throws {
            let daemon = try TestDaemon()
            let flags = ["--depends-on", "dbb, cache", "--depends-timeout", "300"]
            daemon.run("db", probe: "sleep")
            let run = daemon.run("api", flags, probe: "sleep")
            #expect(run.status == 0 && run.milliseconds >= 300, "\(run)")
            let expected = [
                "note: depends_on: no worker is called dbb; did you mean db?",
                "note: depends_on: no worker is called cache",
                "note: api was started without dbb, cache: not running within its depends_timeout",
            ]
            #expect(run.errors.split(separator: "\n").map(String.init) == expected)
            for line in [
                "api depends on dbb, which no worker is called",
                "api is started without dbb, cache: not running within depends_timeout 300",
            ] { #expect(daemon.log.contains(line), "\(line)") }
            daemon.end()
        }

        @Test func aCycleIsNamedAndOneOfItsEdgesIgnored() throws {
            let daemon = try TestDaemon()
            define(daemon, "a", on: "b")
            let flags = ["--depends-on", "a", "--depends-timeout", "1m"]
            let second = daemon.run("b", flags, probe: "sleep")
            let note = "note: cycle of dependencies: b does not wait for a: a -> b -> a\n"
            #expect(second.status == 0 && second.errors == note, "\(second.errors)")
            daemon.apm("stopall")
            #expect(daemon.apm("start", "a", "b", "--timeout", "10s").status == 0)
            #expect(json(daemon, "a").contains("\"cycle\":[\"a\",\"b\"]"))
            #expect(daemon.log.contains("cycle of dependencies: b does not wait for a"))
            let itself = daemon.apm("update", "a", "--depends-on", "a")
            #expect(itself.errors.contains("a does not wait for a: a -> a"), "\(itself.errors)")
            daemon.end()
        }

        @Test(arguments: ["stopall", "exit"])
        func stopsComeInReverseAndTogether(_ word: String) throws {
            let daemon = try TestDaemon()
            daemon.run("db", probe: "slow-term", "50")
            define(daemon, "web", on: "api")
            let flags = ["--depends-on", "db"]
            daemon.run("api", flags, probe: "slow-term", "150")
            daemon.run("job", flags, probe: "slow-term", "150")
            let order = [
                "web running -> stopping(stay)", "job running -> stopping(stay)",
                "web sweeping(stop) -> stopped", "api running -> stopping(stay)",
                "job sweeping(stop) -> stopped", "api sweeping(stop) -> stopped",
                "db running -> stopping(stay)", "db sweeping(stop) -> stopped",
            ]
            let stopped = word == "exit" ? daemon.apm("exit", "daemon") : daemon.apm("stopall")
            #expect(stopped.status == 0, "\(stopped.errors)")
            // The answer does not wait for apm-logd.
            eventually("all of it is told") { told(daemon, order).count == order.count }
            let seen = told(daemon, order)
            #expect(Set(seen.prefix(2)) == Set(order.prefix(2)), "\(seen)")
            let places = try order.map { try #require(seen.firstIndex(of: $0), "\($0)") }
            #expect(places[2] < places[3], "api after web: \(seen)")
            #expect(max(places[4], places[5]) < places[6], "db after both: \(seen)")
            if word == "stopall" { return daemon.end() }
            eventually("the daemon ends") { !ProcessTable.isAlive(daemon.pid) }
            #expect(daemon.workers.isEmpty)
            daemon.remove()
        }

        @Test func aCrashOfTheDaemonKeepsTheOrder() throws {
            let daemon = try TestDaemon()
            define(daemon, "web", on: "db")
            daemon.run("db", probe: "sleep")
            daemon.run("other", probe: "sleep")
            define(daemon, "late", on: "other")
            daemon.apm("stop", "other")
            daemon.apm("stop", "late")
            daemon.apm("start", "--no-wait", "late")
            let before = daemon.log.utf8.count
            try crash(daemon)
            eventually("what ran runs") { daemon.workers.count == 2 }
            #expect(json(daemon, "late").contains("\"waits_for\":[\"other\"]"))
            let after = String(decoding: daemon.log.utf8.dropFirst(before), as: UTF8.self)
            let running = try place(of: "db starting -> running", in: after)
            #expect(running < (try place(of: "web held -> starting", in: after)))
            daemon.apm("start", "other")
            #expect(daemon.apm("wait", "late").status == 0)
            daemon.end()
        }

        @Test func aRenameIsFollowedAndTold() throws {
            let daemon = try TestDaemon()
            daemon.run("db", probe: "sleep")
            define(daemon, "api", on: "cache,db")
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["events", "--json"],
                environment: daemon.environment + ["TERM=dumb"], columns: 400)
            eventually("it listens", within: 10) {
                daemon.apm("update", "db", "--kill-timeout", "\(Int.random(in: 2000...9000))")
                return terminal.read().contains("\"updated\"")
            }
            terminal.expect("\"worker\":\"db\",\"settings\":[\"kill_timeout\"]")
            daemon.apm("rename", "db", "base")
            terminal.expect("\"event\":\"renamed\",\"worker\":\"db\",\"new_name\":\"base\"")
            #expect(json(daemon, "api").contains("\"depends_on\":[\"cache\",\"base\"]"))
            daemon.apm("stop", "api")
            daemon.apm("start", "--no-wait", "api")
            terminal.expect("\"event\":\"held\",\"worker\":\"api\",\"depends_on\":[\"cache\"]")
            terminal.forget()
            daemon.apm("rename", "base", "cache")
            terminal.expect("\"started\"")
            kill(terminal.pid, SIGINT)
            #expect(terminal.end() == 130)
            daemon.end()
        }

        @Test func badNamesAreRefusedInWords() throws {
            let daemon = try TestDaemon()
            for words in ["a/b", "-x", ",", "SIGX", String(repeating: "n", count: 65)] {
                let run = daemon.run("api", ["--depends-on=\(words)"], probe: "sleep")
                #expect(run.status == 2, "\(words): \(run.errors)")
                #expect(run.errors.split(separator: "\n").count == 2, "\(run.errors)")
            }
            #expect(daemon.apm("start", "a", "b").status == 4)
            daemon.end()
        }
    }
}
