// What the monitor shows and how keys change it. Pure: a key gives the state after it and what is
// to be done outside.

import Control

struct MonitorState: Equatable {
    /// Columns to sort by, from left to right.
    enum Column: Int, CaseIterable {
        case name, state, pid, uptime, cpu, memory, restarts
    }

    /// What the keys are for at the moment.
    enum Mode: Equatable {
        case rows
        case filter
        case help
        /// A yes is needed first.
        case confirm(Deed, Selection)
    }

    enum Deed: Equatable {
        case start, stop, restart
    }

    /// What a key asks of the world.
    enum Request: Equatable {
        case quit
        case perform(Deed, Selection)
        case openLog(Selection)
        case closeLog
    }

    /// One line of the table.
    struct Line: Equatable {
        let worker: WorkerRow
        /// nil = the worker's own line.
        let instance: InstanceRow?
        let isExpanded: Bool

        var selection: Selection {
            Selection(name: worker.name, instance: instance?.number ?? 0)
        }
    }

    var system = SystemFigures()
    private(set) var workers: [WorkerFigures] = []
    var mode = Mode.rows
    var sort = Column.name
    var filter = ""
    private(set) var expanded: Set<String> = []
    /// Whose line the cursor is on.
    private(set) var cursor: Selection?
    /// Where the cursor's line was, for when it disappears.
    private var cursorPlace = 0
    /// Said in the last line until the next key.
    var message = ""
    /// The log that is shown below, and its last lines.
    var log: Selection?
    var logLines: [String] = []
    /// Lines by which a page key moves; set by who knows the screen.
    var page = 10

    static let logLinesKept = 200

    // MARK: figures

    mutating func take(_ figures: [WorkerFigures]) {
        workers = figures
        keepCursor()
    }

    var lines: [Line] {
        let shown = workers.filter { Self.matches($0.worker.name, filter) }
        return sorted(shown).flatMap { figures in
            let isExpanded = expanded.contains(figures.worker.name)
            let own = Line(worker: figures.worker, instance: nil, isExpanded: isExpanded)
            guard isExpanded else { return [own] }
            return [own]
                + figures.instances.map {
                    Line(worker: figures.worker, instance: $0, isExpanded: false)
                }
        }
    }

    private static func matches(_ name: String, _ filter: String) -> Bool {
        filter.isEmpty || name.lowercased().contains(filter.lowercased())
    }

    /// Figures begin with the largest; what is equal stays in the order of definition.
    private func sorted(_ workers: [WorkerFigures]) -> [WorkerFigures] {
        let order: (WorkerRow, WorkerRow) -> Bool =
            switch sort {
            case .name: { $0.name < $1.name }
            case .state: { Self.urgency($0.state) > Self.urgency($1.state) }
            case .pid: { $0.pid < $1.pid }
            case .uptime: { $0.uptimeMilliseconds > $1.uptimeMilliseconds }
            case .cpu: { $0.usage.cpuTenths ?? 0 > $1.usage.cpuTenths ?? 0 }
            case .memory: { $0.usage.memoryBytes ?? 0 > $1.usage.memoryBytes ?? 0 }
            case .restarts: { $0.restarts.total > $1.restarts.total }
            }
        return workers.enumerated().sorted { left, right in
            if order(left.element.worker, right.element.worker) { return true }
            if order(right.element.worker, left.element.worker) { return false }
            return left.offset < right.offset
        }.map(\.element)
    }

    private static func urgency(_ state: RunState) -> Int {
        switch state {
        case .errored: 6
        case .waiting: 5
        case .stopping: 4
        case .starting: 3
        case .running: 2
        case .exited: 1
        case .stopped: 0
        }
    }

    // MARK: cursor

    /// Place of the cursor among the lines; 0 when there are none.
    var place: Int { place(in: lines) }

    private func place(in lines: [Line]) -> Int {
        lines.firstIndex { $0.selection.isSame(as: cursor) }
            ?? min(cursorPlace, max(0, lines.count - 1))
    }

    private mutating func keepCursor() {
        let lines = lines
        let place = place(in: lines)
        cursorPlace = place
        cursor = lines.indices.contains(place) ? lines[place].selection : nil
    }

    private mutating func move(by count: Int) {
        let lines = lines
        guard !lines.isEmpty else { return }
        let (target, _) = place(in: lines).addingReportingOverflow(count)
        cursorPlace = min(max(0, target), lines.count - 1)
        cursor = lines[cursorPlace].selection
    }

    // MARK: keys

    /// Gives what is to be done outside.
    @discardableResult
    mutating func press(_ key: Key) -> Request? {
        message = ""
        switch mode {
        case .help:
            mode = .rows
            return key == .character("q") ? .quit : nil
        case .filter:
            type(key)
            return nil
        case .confirm(let deed, let selection):
            mode = .rows
            let isYes = key == .character("y") || key == .character("Y")
            return isYes ? .perform(deed, selection) : nil
        case .rows: return pressInRows(key)
        }
    }

    private mutating func pressInRows(_ key: Key) -> Request? {
        switch key {
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp: move(by: -page)
        case .pageDown, .character(" "): move(by: page)
        case .home, .character("g"): move(by: -(1 << 20))
        case .end, .character("G"): move(by: 1 << 20)
        case .enter: toggle()
        case .escape: return leave()
        case .character("/"): mode = .filter
        case .character("?"), .character("h"): mode = .help
        case .character("<"), .character(","): turn(by: -1)
        case .character(">"), .character("."): turn(by: 1)
        case .character("l"): return toggleLog()
        case .character("r"): ask(.restart)
        case .character("s"): ask(.stop)
        case .character("S"): return cursor.map { .perform(.start, $0) }
        case .character("q"): return .quit
        case .backspace, .character: break
        }
        return nil
    }

    /// Escape closes what was opened last.
    private mutating func leave() -> Request? {
        if log != nil { return toggleLog(closing: true) }
        filter = ""
        keepCursor()
        return nil
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .enter: mode = .rows
        case .escape:
            filter = ""
            mode = .rows
        case .backspace: if filter.isEmpty { mode = .rows } else { filter.removeLast() }
        case .character(let scalar):
            if filter.utf8.count < 64 { filter.unicodeScalars.append(scalar) }
        case .up: move(by: -1)
        case .down: move(by: 1)
        case .pageUp, .pageDown, .home, .end: break
        }
        keepCursor()
    }

    private mutating func toggle() {
        guard let cursor else { return }
        if expanded.remove(cursor.name) == nil { expanded.insert(cursor.name) }
        // On an instance's line, closing leads back to its worker.
        self.cursor = Selection(name: cursor.name, instance: 0)
        keepCursor()
    }

    private mutating func turn(by step: Int) {
        let count = Column.allCases.count
        sort = Column.allCases[(sort.rawValue + step + count) % count]
        keepCursor()
    }

    private mutating func ask(_ deed: Deed) {
        if let cursor { mode = .confirm(deed, cursor) }
    }

    private mutating func toggleLog(closing: Bool = false) -> Request? {
        let wasShown = log
        log = nil
        logLines = []
        guard !closing, let cursor, !cursor.isSame(as: wasShown) else { return .closeLog }
        log = cursor
        return .openLog(cursor)
    }

    // MARK: log

    mutating func add(logLines more: [String]) {
        logLines += more
        if logLines.count > Self.logLinesKept {
            logLines.removeFirst(logLines.count - Self.logLinesKept)
        }
    }
}

extension Selection {
    /// The same worker or instance.
    func isSame(as other: Selection?) -> Bool {
        name == other?.name && instance == other?.instance
    }
}

extension RestartCounts {
    var total: UInt64 { UInt64(normal) + UInt64(error) + UInt64(watch) }
}
