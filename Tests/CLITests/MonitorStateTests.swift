// Keys of the monitor: what they do to its state, and what they ask for.

import Control
import Testing

@testable import apm

enum MonitorStage {
    static func figures(
        _ name: String, _ state: RunState = .running, instances: Int = 1, cpu: UInt32 = 0,
        memory: UInt64 = 0
    ) -> WorkerFigures {
        let isRunning = state == .running
        let usage = isRunning ? Usage(cpuTenths: cpu, memoryBytes: memory) : Usage()
        let rows = (1...instances).map {
            InstanceRow(
                number: UInt16($0), state: state, pid: isRunning ? UInt32(100 + $0) : 0,
                uptimeMilliseconds: isRunning ? 192_000 : 0, usage: usage,
                restarts: RestartCounts(), lastExit: ExitReport())
        }
        let row = WorkerRow(
            name: name, state: state, instances: UInt16(instances),
            running: isRunning ? UInt16(instances) : 0, pid: isRunning ? 101 : 0,
            uptimeMilliseconds: isRunning ? 192_000 : 0, usage: usage,
            restarts: RestartCounts(normal: 1), hasRestartPolicy: true, lastExit: ExitReport())
        return WorkerFigures(worker: row, instances: rows)
    }

    static func state(_ figures: [WorkerFigures]) -> MonitorState {
        var state = MonitorState()
        state.system = SystemFigures(
            cpuTenths: 123, processors: 2, memoryUsed: 1 << 30, memoryTotal: 4 << 30,
            load: [12, 134, 1005], uptimeMilliseconds: 273_600_000)
        state.take(figures)
        return state
    }
}

extension MonitorState {
    /// Presses the keys of a text, one after the other; gives the last request.
    @discardableResult
    mutating func type(_ text: String) -> Request? {
        var request: Request?
        for scalar in text.unicodeScalars { request = press(.character(scalar)) }
        return request
    }

    fileprivate var shown: [String] { lines.map(\.selection.written) }
}

struct MonitorStateTests {
    private func three() -> MonitorState {
        MonitorStage.state([
            MonitorStage.figures("web", instances: 2, cpu: 5, memory: 10),
            MonitorStage.figures("api", .errored),
            MonitorStage.figures("job", cpu: 50, memory: 5),
        ])
    }

    @Test func theCursorMovesAndStaysWithinTheLines() {
        var state = three()
        #expect(state.shown == ["api", "job", "web"])
        #expect(state.cursor == Selection(name: "api"))
        state.press(.up)
        #expect(state.place == 0)
        state.type("jj")
        #expect(state.place == 2)
        state.press(.down)
        #expect(state.place == 2)
        state.press(.home)
        #expect(state.place == 0)
        state.press(.pageDown)
        #expect(state.place == 2)
    }

    @Test func enterShowsAndHidesInstances() {
        var state = three()
        state.press(.end)
        state.press(.enter)
        #expect(state.shown == ["api", "job", "web", "web#1", "web#2"])
        state.type("j")
        #expect(state.cursor == Selection(name: "web", instance: 1))
        state.press(.enter)
        #expect(state.shown == ["api", "job", "web"])
        #expect(state.cursor == Selection(name: "web"))
    }

    @Test func theCursorStaysOnItsWorker() {
        var state = three()
        state.type("j")
        state.take([MonitorStage.figures("zoo"), MonitorStage.figures("job")])
        #expect(state.cursor == Selection(name: "job") && state.place == 0)
        state.take([MonitorStage.figures("a"), MonitorStage.figures("b")])
        #expect(state.cursor == Selection(name: "a"))
        state.take([])
        #expect(state.cursor == nil && state.place == 0)
        #expect(state.type("rjS") == nil)
        state.take([MonitorStage.figures("c")])
        #expect(state.cursor == Selection(name: "c"))
    }

    @Test func stoppingAndRestartingNeedAYes() {
        var state = three()
        #expect(state.type("s") == nil)
        #expect(state.mode == .confirm(.stop, Selection(name: "api")))
        #expect(state.type("n") == nil)
        #expect(state.mode == .rows)
        #expect(state.type("sy") == .perform(.stop, Selection(name: "api")))
        #expect(state.type("jry") == .perform(.restart, Selection(name: "job")))
        #expect(state.type("S") == .perform(.start, Selection(name: "job")))
        state.type("r")
        #expect(state.press(.enter) == nil)
        #expect(state.mode == .rows)
    }

    @Test func theFilterIsTypedKeptAndDropped() {
        var state = three()
        state.type("/Bq")
        #expect(state.shown.isEmpty)
        state.press(.backspace)
        #expect(state.shown == ["job", "web"])
        state.press(.enter)
        #expect(state.mode == .rows && state.filter == "B")
        state.press(.escape)
        #expect(state.shown == ["api", "job", "web"])
        state.type("/w")
        state.press(.escape)
        #expect(state.mode == .rows && state.filter.isEmpty)
        state.type("/")
        state.press(.backspace)
        #expect(state.mode == .rows)
    }

    @Test func columnsSort() {
        var state = three()
        var orders: [[String]] = []
        for _ in MonitorState.Column.allCases {
            orders.append(state.shown)
            state.type(">")
        }
        #expect(state.sort == .name)
        #expect(orders[MonitorState.Column.state.rawValue].first == "api")
        #expect(orders[MonitorState.Column.cpu.rawValue] == ["job", "web", "api"])
        #expect(orders[MonitorState.Column.memory.rawValue] == ["web", "job", "api"])
        // What is equal stays in the order of definition.
        #expect(orders[MonitorState.Column.restarts.rawValue] == ["web", "api", "job"])
        state.type("<")
        #expect(state.sort == .restarts)
    }

    @Test func theLogOpensAndCloses() {
        var state = three()
        #expect(state.type("l") == .openLog(Selection(name: "api")))
        state.add(logLines: (0..<300).map { "line \($0)" })
        #expect(state.logLines.count == 200 && state.logLines.last == "line 299")
        #expect(state.type("jl") == .openLog(Selection(name: "job")))
        #expect(state.logLines.isEmpty)
        #expect(state.type("l") == .closeLog)
        #expect(state.log == nil)
        state.type("l")
        #expect(state.press(.escape) == .closeLog)
    }

    @Test func helpGoesAwayWithAnyKeyAndQuitsQuit() {
        var state = three()
        state.type("?")
        #expect(state.mode == .help)
        #expect(state.type("j") == nil)
        #expect(state.mode == .rows && state.place == 0)
        #expect(state.type("q") == .quit)
        #expect(state.type("?q") == .quit)
    }

    struct KeyRow {
        let bytes: String
        let keys: [Key]
    }

    static let typed = [
        KeyRow(bytes: "jk", keys: [.character("j"), .character("k")]),
        KeyRow(bytes: "\u{1B}[A\u{1B}[B\u{1B}OA\u{1B}OB", keys: [.up, .down, .up, .down]),
        KeyRow(bytes: "\u{1B}[5~\u{1B}[6~", keys: [.pageUp, .pageDown]),
        KeyRow(bytes: "\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~", keys: [.home, .end, .home, .end]),
        KeyRow(bytes: "\r\n\u{7F}\u{8}", keys: [.enter, .enter, .backspace, .backspace]),
        KeyRow(bytes: "\u{1B}", keys: [.escape]),
        KeyRow(bytes: "\u{1B}q", keys: [.escape, .character("q")]),
        KeyRow(bytes: "\u{1B}[1;5A\u{1B}[Z\u{1B}[3~x", keys: [.up, .character("x")]),
        KeyRow(bytes: "ç日\u{1}", keys: [.character("ç"), .character("日")]),
    ]

    @Test(arguments: typed)
    func bytesAreKeys(_ row: KeyRow) {
        var reader = KeyReader()
        #expect(reader.keys(in: row.bytes.utf8) == row.keys)
    }

    @Test func sequencesMayBeCutAndNonsenseEnds() {
        var reader = KeyReader()
        #expect(reader.keys(in: "\u{1B}[".utf8).isEmpty)
        #expect(reader.keys(in: "A".utf8) == [.up])
        #expect(reader.keys(in: [0xE6, 0x97]).isEmpty)
        #expect(reader.keys(in: [0xA5]) == [.character("日")])
        #expect(reader.keys(in: [0xFF, 0xC2, 0x41]).isEmpty == false)
        var flooded = KeyReader()
        _ = flooded.keys(in: Array("\u{1B}[".utf8) + Array(repeating: 0x30, count: 1000))
        #expect(flooded.keys(in: "j".utf8) == [.character("j")])
    }
}
