// The monitor in a terminal: it shows, obeys, and gives the terminal back whatever ends it.

import Glibc
import Testing

extension SystemTests {
    @Suite struct MonitorTests {
        private static let entered = "\u{1B}[?1049h"
        private static let left = "\u{1B}[?1049l"

        private func monitor(
            _ daemon: TestDaemon, columns: Int = 80, rows: Int = 24
        ) throws -> Terminal {
            try Terminal(
                TestDaemon.executables + "/apm", ["monitor"],
                environment: daemon.environment + ["TERM=xterm", "NO_COLOR=1"], columns: columns,
                rows: rows)
        }

        @Test func itShowsObeysAndQuits() throws {
            let daemon = try TestDaemon()
            daemon.run("web", ["--instances", "2"], probe: "sleep")
            daemon.run("job", probe: "print", "3")
            let terminal = try monitor(daemon)
            terminal.expect("web")
            terminal.expect("2/2")
            #expect(!terminal.isUsual)
            terminal.type("/we\rj\r")
            terminal.expect("#2")
            terminal.type("s")
            terminal.expect("stop web? y/n")
            terminal.type("n")
            #expect(daemon.workers.count == 2)
            terminal.type("sy")
            eventually("they are stopped") { daemon.workers.isEmpty }
            terminal.expect("stopped")
            terminal.type("S")
            eventually("they run again") { daemon.workers.count == 2 }
            terminal.type("\u{1B}")
            terminal.forget()
            terminal.type("g")
            terminal.type("l")
            terminal.expect("log of job")
            terminal.type("q")
            #expect(terminal.end() == 0)
            #expect(terminal.isUsual && terminal.screen.hasSuffix(Self.left))
            daemon.end()
        }

        @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT])
        func theTerminalIsGivenBackWhateverEndsIt(_ signal: Int32) throws {
            let daemon = try TestDaemon()
            let terminal = try monitor(daemon)
            terminal.expect("no workers")
            #expect(!terminal.isUsual)
            kill(terminal.pid, signal)
            // Ctrl-C is a usual way out; the others are seen by who sent them.
            #expect(terminal.end() == (signal == SIGINT ? 0 : 128 + signal))
            #expect(terminal.isUsual && terminal.screen.hasSuffix(Self.left))
            daemon.end()
        }

        @Test func theTerminalIsGivenBackWhileItIsStopped() throws {
            let daemon = try TestDaemon()
            let terminal = try monitor(daemon)
            terminal.expect("no workers")
            kill(terminal.pid, SIGTSTP)
            eventually("it is stopped") { ProcessTable.state(terminal.pid) == "T" }
            #expect(terminal.isUsual && terminal.read().hasSuffix(Self.left))
            terminal.forget()
            kill(terminal.pid, SIGCONT)
            terminal.expect(Self.entered)
            terminal.expect("no workers")
            terminal.type("q")
            #expect(terminal.end() == 0)
            #expect(terminal.isUsual)
            daemon.end()
        }

        @Test func theTerminalIsGivenBackWhenTheDaemonEnds() throws {
            let daemon = try TestDaemon()
            let terminal = try monitor(daemon)
            terminal.expect("no workers")
            kill(daemon.pid, SIGKILL)
            #expect(terminal.end() == 69)
            #expect(terminal.isUsual && terminal.screen.contains(Self.left))
            let words = terminal.screen.split(separator: Self.left).last ?? ""
            #expect(words.contains("apm: ") && words.contains("its log may say why"))
            try daemon.startAgain()
            daemon.end()
        }

        @Test func itFollowsTheSizeOfTheTerminal() throws {
            let daemon = try TestDaemon()
            daemon.run("web", probe: "sleep")
            let terminal = try monitor(daemon)
            terminal.expect("RESTARTS")
            for (columns, rows) in [(20, 5), (1, 1), (3, 40), (200, 2), (500, 200)] {
                terminal.forget()
                terminal.resize(columns: columns, rows: rows)
                terminal.expect("\u{1B}[2J")
            }
            terminal.expect("RESTARTS")
            terminal.type("q")
            #expect(terminal.end() == 0)
            daemon.end()
        }

        @Test(arguments: [(1, 1), (20, 5), (10, 3)])
        func smallTerminalsAreEnough(_ columns: Int, _ rows: Int) throws {
            let daemon = try TestDaemon()
            daemon.run("web", probe: "sleep")
            let terminal = try monitor(daemon, columns: columns, rows: rows)
            terminal.expect(Self.entered)
            terminal.type("j\rl?xsn/w\rq")
            #expect(terminal.end() == 0)
            daemon.end()
        }

        @Test func withoutATerminalItIsOneLook() throws {
            let daemon = try TestDaemon()
            daemon.run("web", probe: "sleep")
            let look = daemon.apm("monitor", seconds: 5)
            #expect(look.status == 0, "\(look.errors)")
            #expect(look.output.contains("web") && look.output.contains("memory "))
            #expect(!look.output.contains("\u{1B}"))
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["monitor"],
                environment: daemon.environment + ["TERM=dumb"])
            #expect(terminal.end() == 0)
            #expect(terminal.screen.contains("web") && !terminal.screen.contains("\u{1B}"))
            daemon.end()
        }

        @Test func asJSONItGoesOnUntilItIsInterrupted() throws {
            let daemon = try TestDaemon()
            daemon.run("web", probe: "sleep")
            let terminal = try Terminal(
                TestDaemon.executables + "/apm", ["monitor", "--json"],
                environment: daemon.environment)
            eventually("there are two objects") {
                terminal.read().split(whereSeparator: \.isNewline).count >= 2
            }
            kill(terminal.pid, SIGINT)
            #expect(terminal.end() == 130)
            for line in terminal.screen.split(whereSeparator: \.isNewline) {
                #expect(line.hasPrefix("{\"time_ms\":") && line.hasSuffix("}"), "\(line)")
                #expect(line.contains("\"each_instance\":[{\"number\":1,"), "\(line)")
            }
            daemon.end()
        }
    }
}
