// The table of `list`.

import Control
import Posix

enum ListReport {
    static func show(json: Bool, in session: Session) throws(Failure) -> ExitValue {
        let found = try session.view()
        let connection = if let found { found } else { try session.reach() }
        let answer = try connection.ask(.list)
        guard case .listed(let rows) = answer.reply else { return .failed }
        let console = session.console
        if json {
            try console.print(JSON.list(rows.map { JSON($0) }).line)
        } else {
            try console.printTable(text(rows, colours: console.colours, columns: console.columns))
        }
        // Who has just got a daemon was looking at the system's before, where that was possible.
        if found != nil || session.choice == .user { session.noteOther(than: connection) }
        return .ok
    }

    /// On a screen of so many columns, what can be missed most is left out rather than wrapped.
    static func text(_ rows: [WorkerRow], colours: Bool, columns: Int? = nil) -> String {
        if rows.isEmpty { return "no workers; start one with: apm run <program>\n" }
        var table = Table([
            "NAME", "STATE", "INSTANCES", "PID", "UPTIME", "CPU", "MEMORY", "CONNS", "REQUESTS",
            "P50", "P99", "RESTARTS", "LAST EXIT", "NOTE",
        ])
        for row in rows { table.add(cells(row)) }
        if !rows.contains(where: { $0.server != nil }) { table.leaveOut(serving) }
        if let columns { table.fit(columns, leavingOut: expendable) }
        return table.rendered(colours: colours)
    }

    /// The first goes first.
    private static let expendable = [
        "LAST EXIT", "P50", "RESTARTS", "CONNS", "CPU", "MEMORY", "P99", "REQUESTS",
    ]
    /// Of those that serve.
    private static let serving = ["CONNS", "REQUESTS", "P50", "P99"]

    private static func cells(_ row: WorkerRow) -> [Table.Cell] {
        [
            Table.Cell(Visible.text(row.name), .bold), row.state.cell,
            Table.Cell("\(row.running)/\(row.instances)"),
            Table.Cell(row.instances == 1 && row.pid != 0 ? String(row.pid) : "-"),
            Table.Cell(row.running == 0 ? "-" : Durations.text(row.uptimeMilliseconds)),
            Table.Cell(Amounts.percent(row.usage.cpuTenths)),
            Table.Cell(Amounts.memory(row.usage.memoryBytes)),
            Table.Cell(row.server.map { Amounts.count(UInt64($0.connections)) } ?? "-"),
            Table.Cell(row.server.map { Amounts.count($0.traffic.requests) } ?? "-"),
            Table.Cell(Durations.latency(row.server?.traffic.median)),
            Table.Cell(Durations.latency(row.server?.traffic.slowest)),
            Table.Cell(row.restarts.short, row.restarts.error == 0 ? nil : .yellow),
            Table.Cell(row.lastExit.cause == .none ? "-" : row.lastExit.short),
            note(row),
        ]
    }

    /// What somebody should know of it, the most urgent first.
    private static func note(_ row: WorkerRow) -> Table.Cell {
        var notes: [String] = []
        if row.logError != 0 { notes.append("log: \(ErrorText.of(row.logError))") }
        if !row.waitsFor.isEmpty { notes.append(OutcomeReport.waiting(for: row.waitsFor)) }
        if row.hasUsedUpRestarts {
            notes.append("restarts used up")
        } else if row.state.isDead, !row.hasRestartPolicy {
            notes.append("no restart policy")
        }
        return Table.Cell(notes.joined(separator: "; "), row.logError == 0 ? .dim : .yellow)
    }
}
