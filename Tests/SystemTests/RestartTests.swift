// The restart rules on real processes.

import Glibc
import Testing

extension SystemTests {
    @Suite struct RestartTests {
        private func counts(_ daemon: TestDaemon) -> String {
            daemon.apm("list", "--json").output
        }

        @Test func limitOfErrorRestarts() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "e", ["--restart-err", "--err-delay", "1", "--max-err-restarts", "3"],
                probe: "exit", "5")
            eventually("the limit is used up") { counts(daemon).contains("\"errored\"") }
            #expect(counts(daemon).contains("\"error\":3"), "\(counts(daemon))")
            #expect(daemon.log.contains("max_err_restarts 3 is used up"))
            daemon.end()
        }

        @Test func limitOfNormalRestarts() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "n", ["--restart", "--restart-delay", "1", "--max-restarts", "2"], probe: "exit",
                "0")
            eventually("the limit is used up") { counts(daemon).contains("\"errored\"") }
            #expect(counts(daemon).contains("\"normal\":2"), "\(counts(daemon))")
            daemon.end()
        }

        @Test func aPersonsStartBeginsAnew() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "e", ["--restart-err", "--err-delay", "1", "--max-err-restarts", "1"],
                probe: "exit", "5")
            eventually("the limit is used up") { counts(daemon).contains("\"errored\"") }
            daemon.apm("start", "e")
            eventually("it is used up again") { counts(daemon).contains("\"error\":2") }
            daemon.end()
        }

        @Test func onlyListedExitCodesRestart() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "c",
                [
                    "--restart-on-exit-codes", "9,5", "--err-delay", "1",
                    "--max-err-restarts", "2",
                ], probe: "exit", "5")
            eventually("it has restarted twice") { counts(daemon).contains("\"error\":2") }
            daemon.run(
                "d", ["--restart-on-exit-codes", "9", "--restart-err", "--err-delay", "1"],
                probe: "exit", "5")
            eventually("it stays") { counts(daemon).contains("\"errored\"") }
            daemon.end()
        }

        @Test func stoppingIsNeverARestart() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "s", ["--restart", "--restart-err", "--err-delay", "0", "--restart-delay", "0"],
                probe: "term-exit", "3")
            #expect(daemon.apm("stop", "s").status == 0)
            #expect(daemon.workers.isEmpty)
            #expect(counts(daemon).contains("\"error\":0"))
            #expect(counts(daemon).contains("\"stopped\""))
            daemon.end()
        }

        @Test func backoffGrows() throws {
            let daemon = try TestDaemon()
            daemon.run(
                "b",
                [
                    "--restart-err", "--err-delay", "10", "--restart-backoff", "1000",
                    "--max-err-restarts", "4",
                ], probe: "exit", "1")
            eventually("the limit is used up") { counts(daemon).contains("\"errored\"") }
            let delays = daemon.log.split(separator: "restart in ").dropFirst()
                .compactMap { Int($0.prefix { $0.isNumber }) }
            #expect(delays.count == 4, "\(delays)")
            #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 < $1 }, "\(delays)")
            daemon.end()
        }

        @Test func stopSignalIsTheOneAskedFor() throws {
            let daemon = try TestDaemon()
            daemon.run("q", ["--stop-signal", "SIGQUIT"], probe: "ignore-term")
            let stop = daemon.apm("stop", "q")
            #expect(stop.milliseconds < 1000)
            #expect(daemon.apm("info", "q", "--json").output.contains("SIGQUIT"))
            daemon.end()
        }

        @Test func twoHundredConcurrentRestartsLeaveTheRightNumber() throws {
            let daemon = try TestDaemon()
            daemon.run("many", ["--instances", "4"], probe: "sleep")
            let control = try ControlPeer(daemon)
            for request in 0..<200 {
                try control.send(.restart(.init(name: "many")), id: UInt32(request + 10))
            }
            var answers = 0
            while answers < 200, try control.receive(seconds: 20) != nil { answers += 1 }
            #expect(answers == 200)
            eventually("four run") { daemon.workers.count == 4 }
            #expect(daemon.apm("list", "--json").output.contains("\"running\":4"))
            usleep(200_000)
            #expect(daemon.workers.count == 4)
            control.leave()
            daemon.end()
        }
    }
}
