// The monitor's table: which columns have room, how wide they are, and the cells. Pure.

import Control

struct MonitorTable {
    private typealias Column = MonitorState.Column

    private let cells: [[String]]
    private let headings: [String]
    private let widths: [Int]
    /// Columns shown, by their place among all.
    private let shown: [Int]

    /// A name takes so much where there is more to show.
    private static let longestName = 32
    private static let shortestName = 8
    /// Left out one after the other until the rest has room.
    private static let expendable: [Column] = [.restarts, .pid, .uptime, .memory, .cpu]

    /// `lines` are shown; the widths are those of `all`, so that scrolling moves no column.
    init(
        lines: [MonitorState.Line], all: [MonitorState.Line], sort: MonitorState.Column,
        columns: Int
    ) {
        headings = Column.allCases.map { $0.heading + ($0 == sort ? $0.mark : "") }
        cells = lines.map(Self.cells)
        var widths = headings.map { TextWidth.columns(of: $0) }
        for line in all {
            for (index, cell) in Self.cells(line).enumerated() {
                widths[index] = max(widths[index], TextWidth.columns(of: cell))
            }
        }
        widths[0] = min(widths[0], Self.longestName)
        var shown = Array(Column.allCases.indices)
        // One column for the cursor, two between cells.
        func width() -> Int { 1 + shown.reduce(-2) { $0 + widths[$1] + 2 } }
        for column in Self.expendable where width() > columns && column != sort {
            shown.removeAll { $0 == column.rawValue }
        }
        if width() > columns {
            widths[0] = max(Self.shortestName, widths[0] - (width() - columns))
        }
        self.widths = widths
        self.shown = shown
    }

    var heading: String { " " + text(headings) }

    func row(_ index: Int) -> String { text(cells[index]) }

    /// Text to the left, figures to the right.
    private func text(_ cells: [String]) -> String {
        var text = ""
        for column in shown {
            let cell = TextWidth.cut(cells[column], to: widths[column])
            let blanks = String(
                repeating: " ", count: max(0, widths[column] - TextWidth.columns(of: cell)))
            let isFigure = column >= Column.pid.rawValue
            if column != shown.first { text += "  " }
            text += isFigure ? blanks + cell : cell + blanks
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func cells(_ line: MonitorState.Line) -> [String] {
        if let row = line.instance { return instanceCells(row) }
        let row = line.worker
        let mark = line.isExpanded ? "▾" : "▸"
        let count = row.instances > 1 ? " \(row.running)/\(row.instances)" : ""
        return [
            "\(mark) \(Visible.text(row.name))", "\(row.state.symbol) \(row.state.word)\(count)",
            row.instances == 1 && row.pid != 0 ? String(row.pid) : "-",
            row.running == 0 ? "-" : Durations.text(row.uptimeMilliseconds),
            Amounts.percent(row.usage.cpuTenths), Amounts.memory(row.usage.memoryBytes),
            String(row.restarts.total),
        ]
    }

    private static func instanceCells(_ row: InstanceRow) -> [String] {
        [
            "    #\(row.number)", "\(row.state.symbol) \(row.state.word)",
            row.pid == 0 ? "-" : String(row.pid),
            row.pid == 0 ? "-" : Durations.text(row.uptimeMilliseconds),
            Amounts.percent(row.usage.cpuTenths), Amounts.memory(row.usage.memoryBytes),
            String(row.restarts.total),
        ]
    }
}

extension MonitorState.Column {
    var heading: String {
        switch self {
        case .name: "NAME"
        case .state: "STATE"
        case .pid: "PID"
        case .uptime: "UPTIME"
        case .cpu: "CPU"
        case .memory: "MEMORY"
        case .restarts: "RESTARTS"
        }
    }

    /// Which way it is sorted.
    var mark: String {
        switch self {
        case .name, .pid: "↑"
        case .state, .uptime, .cpu, .memory, .restarts: "↓"
        }
    }
}
