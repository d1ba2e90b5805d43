// What the monitor looks like: a state and a size give the lines of the screen, each within its
// width. Pure; nothing here knows a terminal.

import Control

struct MonitorScreen {
    let columns: Int
    let rows: Int
    let colours: Bool

    /// Lines from the top; never more than there are rows.
    func lines(of state: MonitorState) -> [String] {
        guard columns > 0, rows > 0 else { return [] }
        guard state.mode != .help else { return Array(helpLines(state).prefix(rows)) }
        let body = bodyRows
        let log = logRows(state)
        var lines = [systemLine(state.system)]
        if rows > 3 { lines.append(summaryLine(state)) }
        if rows > 2 { lines += tableLines(state, most: max(0, body - log)) }
        if log > 0 { lines += logLines(state, rows: log) }
        lines = Array(lines.prefix(rows - 1))
        while lines.count < rows - 1 { lines.append("") }
        if rows > 1 { lines.append(lastLine(state)) }
        return lines
    }

    /// Rows for the table's heading and lines, and the log.
    private var bodyRows: Int { max(0, rows - (rows > 3 ? 3 : 2)) }

    /// Lines of the table that are seen at once.
    func page(of state: MonitorState) -> Int { max(1, bodyRows - logRows(state) - 1) }

    /// The log takes the lower half, its heading included, where there is room for both.
    private func logRows(_ state: MonitorState) -> Int {
        state.log != nil && bodyRows >= 4 ? bodyRows / 2 : 0
    }

    // MARK: above

    /// What matters most stands first; what has no room is left out.
    private func systemLine(_ system: SystemFigures) -> String {
        joined(system.parts, gap: "  ", .bold)
    }

    private func summaryLine(_ state: MonitorState) -> String {
        let workers = state.workers
        let instances = workers.reduce(0) { $0 + Int($1.worker.instances) }
        let running = workers.reduce(0) { $0 + Int($1.worker.running) }
        var parts = [
            Count.of(workers.count, "worker"),
            "\(running) of \(Count.of(instances, "instance")) running",
        ]
        if !state.filter.isEmpty { parts.insert("filter: \(Visible.text(state.filter))", at: 0) }
        return joined(parts, gap: ", ", .dim)
    }

    private func joined(_ parts: [String], gap: String, _ paint: Paint) -> String {
        var text = ""
        for part in parts {
            let longer = text.isEmpty ? part : text + gap + part
            guard text.isEmpty || TextWidth.columns(of: longer) <= columns else { break }
            text = longer
        }
        return painted(TextWidth.cut(text, to: columns), paint)
    }

    // MARK: table

    private func tableLines(_ state: MonitorState, most: Int) -> [String] {
        guard most > 0 else { return [] }
        let lines = state.lines
        if lines.isEmpty { return [painted(TextWidth.cut(nothing(state), to: columns), .dim)] }
        let place = state.place
        let room = max(1, most - 1)
        // The cursor stays in the middle, but for the beginning and the end.
        let first = max(0, min(place - room / 2, lines.count - room))
        let seen = Array(lines[first..<min(lines.count, first + room)])
        let table = MonitorTable(lines: seen, all: lines, sort: state.sort, columns: columns)
        var shown = [painted(TextWidth.cut(table.heading, to: columns), .dim)]
        for (offset, line) in seen.enumerated() {
            let isChosen = first + offset == place
            shown.append(rowText(table.row(offset), line, isChosen: isChosen))
        }
        return most > 1 ? shown : Array(shown.suffix(1))
    }

    private func nothing(_ state: MonitorState) -> String {
        state.workers.isEmpty
            ? "no workers; start one with: apm run <program>" : "no worker has this in its name"
    }

    /// The chosen line has `>` before it, so that it is seen without colours too.
    private func rowText(
        _ text: String, _ line: MonitorState.Line, isChosen: Bool
    ) -> String {
        let whole = TextWidth.cut((isChosen ? ">" : " ") + text, to: columns)
        guard colours else { return whole }
        if isChosen {
            let rest = max(0, columns - TextWidth.columns(of: whole))
            return "\u{1B}[7m\(whole)\(String(repeating: " ", count: rest))\u{1B}[0m"
        }
        let state = line.instance?.state ?? line.worker.state
        return state == .running ? whole : painted(whole, state.paint)
    }

    // MARK: below

    private func logLines(_ state: MonitorState, rows: Int) -> [String] {
        let name = state.log.map { Visible.text($0.written) } ?? ""
        let heading = TextWidth.cut("log of \(name)", to: columns)
        var lines = [painted(heading, .bold)]
        let last = state.logLines.suffix(rows - 1)
        lines += last.map { TextWidth.cut($0, to: columns) }
        while lines.count < rows { lines.append("") }
        return lines
    }

    private func lastLine(_ state: MonitorState) -> String {
        switch state.mode {
        case .filter:
            return TextWidth.cut("filter: \(Visible.text(state.filter))_", to: columns)
        case .confirm(let deed, let selection):
            let name = Visible.text(selection.written)
            let question = "\(deed.word) \(name)? y/n"
            // The answer must be seen even where the name has no room.
            guard TextWidth.columns(of: question) > columns else {
                return painted(question, .yellow)
            }
            return painted(TextWidth.cut("\(deed.word)? y/n \(name)", to: columns), .yellow)
        case .rows, .help: break
        }
        if !state.message.isEmpty {
            return painted(TextWidth.cut(Visible.text(state.message), to: columns), .yellow)
        }
        let hints = [
            "? help", "q quit", "l log", "r restart", "s stop", "S start", "/ filter", "< > sort",
            "Enter instances",
        ]
        return joined(hints, gap: "  ", .dim)
    }

    private func helpLines(_ state: MonitorState) -> [String] {
        let text = [
            "q  Ctrl-C     quit",
            "j k  arrows   move; also PgUp PgDn Home End",
            "Enter         show or hide the instances of a worker",
            "l             log of what is chosen, below; again closes it",
            "r             restart, after y",
            "s             stop, after y",
            "S             start",
            "/             filter by name; Enter keeps it, Esc ends it",
            "< >           sort by another column",
            "Esc           close the log, else show all again",
            "any key       back",
        ]
        return text.map { TextWidth.cut($0, to: columns) }
    }

    private func painted(_ text: String, _ paint: Paint) -> String {
        colours && !text.isEmpty ? paint.on(text) : text
    }
}

extension MonitorState.Deed {
    var word: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        }
    }

    /// What the last line says when it has begun.
    var begun: String {
        switch self {
        case .start: "starting"
        case .stop: "stopping"
        case .restart: "restarting"
        }
    }
}
