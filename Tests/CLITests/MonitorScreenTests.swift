// What the monitor looks like, at sizes from usual to absurd.

import Control
import Testing

@testable import apm

struct MonitorScreenTests {
    private func state() -> MonitorState {
        var state = MonitorStage.state([
            MonitorStage.figures("web", instances: 2, cpu: 5, memory: 41 << 20),
            MonitorStage.figures("api", .errored),
            MonitorStage.figures("job-of-the-night", cpu: 1984, memory: 5 << 30),
        ])
        state.press(.end)
        state.press(.enter)
        return state
    }

    private func screen(
        _ state: MonitorState, _ columns: Int, _ rows: Int, colours: Bool = false
    ) -> String {
        MonitorScreen(columns: columns, rows: rows, colours: colours).lines(of: state)
            .joined(separator: "\n")
    }

    @Test func aUsualScreen() {
        #expect(
            screen(state(), 80, 11) == """
                cpu 12.3% of 2  memory 1.0G of 4.0G  load 0.12 1.34 10.05  up 3d4h
                3 workers, 3 of 4 instances running
                 NAME↑               STATE          PID  UPTIME   CPU  MEMORY  RESTARTS
                 ▸ api               ✖ errored        -       -     -       -         1
                 ▸ job-of-the-night  ● running      101   3m12s  198%    5.0G         1
                >▾ web               ● running 2/2    -   3m12s  0.5%   41.0M         1
                     #1              ● running      101   3m12s  0.5%   41.0M         0
                     #2              ● running      102   3m12s  0.5%   41.0M         0


                ? help  q quit  l log  r restart  s stop  S start  / filter  < > sort
                """)
    }

    @Test func aSmallScreen() {
        #expect(
            screen(state(), 40, 6) == """
                cpu 12.3% of 2  memory 1.0G of 4.0G
                3 workers, 3 of 4 instances running
                 NAME↑               STATE           CPU
                 ▸ job-of-the-night  ● running      198%
                >▾ web               ● running 2/2  0.5%
                ? help  q quit  l log  r restart  s stop
                """)
    }

    @Test func aTinyScreen() {
        #expect(
            screen(state(), 20, 5) == """
                cpu 12.3% of 2
                3 workers
                 NAME↑     STATE
                >▾ web     ● runnin…
                ? help  q quit
                """)
    }

    @Test(arguments: 0...100)
    func nothingIsEverWiderOrHigherThanTheScreen(_ columns: Int) {
        var states = [state(), MonitorStage.state([]), MonitorState()]
        var logging = state()
        logging.type("l")
        logging.add(logLines: [String(repeating: "日本語", count: 50), ""])
        states.append(logging)
        for keys in ["?", "r", "/xyz", "/web"] {
            var state = state()
            state.type(keys)
            states.append(state)
        }
        var told = state()
        told.message = String(repeating: "message\u{1B} ", count: 30)
        states.append(told)
        for state in states {
            for rows in 0...14 {
                let screen = MonitorScreen(columns: columns, rows: rows, colours: false)
                let lines = screen.lines(of: state)
                #expect(lines.count <= rows)
                #expect(lines.allSatisfy { TextWidth.columns(of: $0) <= columns })
                #expect(screen.page(of: state) >= 1)
            }
        }
    }

    @Test func coloursAddNothingButColours() {
        for keys in ["", "r", "l", "?"] {
            var state = state()
            state.type(keys)
            var filter = EscapeFilter(keepsColours: false, keepsControls: false)
            let coloured = screen(state, 80, 12, colours: true)
            let bare = String(decoding: filter.pass(coloured.utf8), as: UTF8.self)
            let lines = bare.split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.reversed().drop { $0 == " " }.reversed().map { String($0) }.joined()
            }
            #expect(lines.joined(separator: "\n") == screen(state, 80, 12))
        }
    }

    @Test func theLogHasTheLowerHalf() {
        var state = state()
        state.type("l")
        state.add(logLines: (1...20).map { "line \($0)" })
        let lines = MonitorScreen(columns: 60, rows: 12, colours: false).lines(of: state)
        #expect(lines[7] == "log of web")
        #expect(lines[8...10] == ["line 18", "line 19", "line 20"])
        #expect(lines[3...6].contains { $0.hasPrefix(">") })
    }

    @Test func theCursorIsAlwaysSeen() {
        var state = MonitorStage.state(
            (10...99).map { MonitorStage.figures("worker-\($0)") })
        for step in 0..<90 {
            let lines = MonitorScreen(columns: 80, rows: 10, colours: false).lines(of: state)
            #expect(lines.contains { $0.hasPrefix(">▸ worker-\(10 + step)") }, "\(step)")
            state.press(.down)
        }
    }

    @Test func questionsAreReadableWhereTheNameIsLong() {
        var state = MonitorStage.state([
            MonitorStage.figures(String(repeating: "n", count: 64))
        ])
        state.type("s")
        let last = MonitorScreen(columns: 20, rows: 5, colours: false).lines(of: state).last
        #expect(last == "stop? y/n nnnnnnnnn…")
    }

    @Test func systemFiguresAreRead() {
        let stat = "cpu  100 20 30 400 50 1 2 3 9 9\ncpu0 1 2\ncpu1 1 2\nintr 5\n"
        #expect(SystemFigures.ticks(in: stat) == .init(busy: 156, total: 606))
        #expect(SystemFigures.processors(in: stat) == 2)
        #expect(
            SystemFigures.share(from: .init(busy: 1, total: 10), to: .init(busy: 2, total: 14))
                == 250)
        #expect(
            SystemFigures.share(from: .init(busy: 1, total: 10), to: .init(busy: 1, total: 10))
                == nil)
        #expect(SystemFigures.load(in: "0.12 1.34 10.05 2/300 777\n") == [12, 134, 1005])
        #expect(SystemFigures.uptime(in: "12345.67 999.00\n") == 12_345_670)
        #expect(SystemFigures.kilobytes("MemTotal:", in: "MemTotal:   8 kB\n") == 8)
        for nonsense in ["", "x", "cpu ", "cpu a b c", "cpu  1 2 3\n"] {
            #expect(SystemFigures.ticks(in: nonsense) == nil)
            #expect(SystemFigures.load(in: nonsense).isEmpty)
            #expect(SystemFigures.uptime(in: nonsense) == 0)
        }
    }
}
