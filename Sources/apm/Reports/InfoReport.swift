// What `info` shows: state, instances, the settings that somebody made, and the others.

import Control
import Messages
import Posix
import Settings

enum InfoReport {
    static func text(_ info: WorkerInfo, colours: Bool) -> String {
        let settings = info.settings
        let running = info.instances.filter { $0.state == .running }.count
        let name = Visible.text(settings.name)
        var text = colours ? Paint.bold.on(name) : name
        text += "  \(running) of \(Count.of(info.instances.count, "instance")) running\n"
        for note in notes(info) { text += "note: \(note)\n" }
        if !info.source.file.isEmpty { text += place(info.source) }
        text += "\n" + instances(info, colours: colours)
        if let server = info.server {
            text += "\n" + ServerReport.text(server, info, colours: colours)
        }
        text += "\n" + section("SETTINGS", rows(settings) { !$0.isStandard }, colours)
        text += "\n" + section("DEFAULTS", rows(settings) { $0.isStandard }, colours)
        if settings.isShownToAnybody || hidesValues(settings) { return text }
        let environment = settings.baseEnvironment.map { Visible.text($0) }
        text += "\n" + section("ENVIRONMENT, UNDER env", environment.map { ($0, "") }, colours)
        return text
    }

    /// `from /etc/apm/a.conf:12`, and the file that includes it.
    private static func place(_ source: WorkerSource) -> String {
        let line = source.line == 0 ? "" : ":\(source.line)"
        let included =
            source.blockFile == source.file ? "" : ", loaded with \(Visible.text(source.file))"
        return "from \(Visible.text(source.blockFile))\(line)\(included)\n"
    }

    /// Somebody else's, shown to a member of the group.
    private static func hidesValues(_ settings: WorkerSettings) -> Bool {
        !settings.exec.isEmpty && settings.env.contains { !$0.contains("=") }
    }

    private static func notes(_ info: WorkerInfo) -> [String] {
        var notes: [String] = []
        if hidesValues(info.settings) {
            notes.append("it is somebody else's: of env the names alone are shown")
        }
        if info.settings.isShownToAnybody {
            notes.append(
                "seen from outside: program, paths, environment, log and watch are not shown"
            )
        }
        if !info.endsWholeTree {
            notes.append("stop ends the process group only: no cgroup v2 here")
        }
        if let note = Kept.note(on: info.settings) { notes.append(note) }
        notes += limitNotes(info)
        notes += orderNotes(info)
        notes += watchNotes(info)
        notes += ServerReport.notes(info)
        if !info.waitsFor.isEmpty {
            let names = info.waitsFor.map { Visible.text($0) }.joined(separator: ", ")
            notes.append("waiting for \(names)")
        }
        if info.roll.instances > 0 {
            notes.append(
                "rolling restart: \(info.roll.restarted) of \(info.roll.instances) restarted")
        }
        if info.logError != 0 {
            notes.append("its log cannot be written: \(ErrorText.of(info.logError))")
        }
        if info.instances.contains(where: { $0.state.isDead }), !info.settings.hasRestartPolicy {
            notes.append("no restart policy: --restart-err restarts it after errors")
        }
        return notes
    }

    /// A limit that is set although nothing enforces it, and what to do.
    static func limitNotes(_ info: WorkerInfo) -> [String] {
        info.settings.limits(unmetBy: info.controllers).map { limit in
            "\(limit.key) has no effect: this system gives no \(limit.controller) controller; "
                + "with cgroup v2, run the daemon as a systemd unit with Delegate=yes"
        }
    }

    /// A cycle of dependencies, and which edge of it has no effect.
    static func orderNotes(_ info: WorkerInfo) -> [String] {
        guard let first = info.cycle.first, let last = info.cycle.last else { return [] }
        let path = (info.cycle + [first]).map { Visible.text($0) }.joined(separator: " -> ")
        return [
            "cycle of dependencies: \(Visible.text(last)) does not wait for "
                + "\(Visible.text(first)): \(path)"
        ]
    }

    /// What is watched, or why nothing is, and what to do.
    static func watchNotes(_ info: WorkerInfo) -> [String] {
        switch info.watch {
        case .off: return []
        case .starting: return ["its files: the watch begins"]
        case .failed(let failure):
            let kernel = failure.needsErrno ? ": " + ErrorText.of(failure.errno) : ""
            let words = failure.words
            return [
                "its files are not watched: \(Visible.text(words.problem))\(kernel); "
                    + Visible.text(words.now)
            ]
        case .watching(let folders):
            let path = Visible.text(info.settings.path)
            var notes = ["watching \(Count.of(Int(folders.count), "folder")), from \(path) on"]
            if folders.skipped > 0 {
                notes.append(
                    "\(Count.of(Int(folders.skipped), "folder")) cannot be watched, like "
                        + "\(Visible.text(folders.firstSkipped.text)): "
                        + ErrorText.of(folders.errno))
            }
            return notes
        }
    }

    private static func instances(_ info: WorkerInfo, colours: Bool) -> String {
        var table = Table([
            "INSTANCE", "STATE", "PID", "UPTIME", "CPU", "CPU TIME", "MEMORY", "RESTARTS",
            "LAST EXIT",
        ])
        for row in info.instances {
            table.add([
                Table.Cell("#\(row.number)"), row.state.cell,
                Table.Cell(row.pid == 0 ? "-" : String(row.pid)),
                Table.Cell(row.pid == 0 ? "-" : Durations.text(row.uptimeMilliseconds)),
                Table.Cell(Amounts.percent(row.usage.cpuTenths)),
                Table.Cell(row.usage.cpuMilliseconds.map(Durations.text) ?? "-"),
                Table.Cell(Amounts.memory(row.usage.memoryBytes)),
                Table.Cell(row.restarts.short),
                Table.Cell(lastExit(row.lastExit, info.settings)),
            ])
        }
        return table.rendered(colours: colours)
    }

    private static func lastExit(_ report: ExitReport, _ settings: WorkerSettings) -> String {
        report.cause == .none ? "-" : report.sentence(settings)
    }

    private struct Row {
        let option: ConfigOption
        let value: [String]
        let isStandard: Bool
    }

    /// Those of blocks, and those that nothing acts on, where they are set alone.
    private static func rows(
        _ settings: WorkerSettings, where isWanted: (Row) -> Bool
    ) -> [(String, String)] {
        OptionTable.ofWorkers.compactMap { option in
            guard settings.tells(option.fullKey) else { return nil }
            let isStandard = settings.texts(option).isEmpty
            if isStandard, option.since == .later || !option.block.isEmpty { return nil }
            let row = Row(
                option: option, value: settings.values(option), isStandard: isStandard)
            guard isWanted(row) else { return nil }
            let shown = row.value.isEmpty ? option.standard : text(row)
            return (option.fullKey, shown.isEmpty ? "-" : Visible.text(shown))
        }
    }

    /// Entries of lists that may hold blanks are quoted, so that each can be told from the next.
    private static func text(_ row: Row) -> String {
        let unit =
            switch row.option.kind {
            case .milliseconds: " ms"
            case .seconds: " s"
            default: ""
            }
        return switch row.option.kind {
        case .texts, .patterns:
            row.value.map(quoted).joined(separator: row.option.listing == .words ? " " : ", ")
        case .block: row.value.map { "{ \($0) }" }.joined(separator: " ")
        default: row.value.joined(separator: ", ") + unit
        }
    }

    /// As a shell would take it; plain where that is clear enough.
    static func quoted(_ entry: String) -> String {
        let isPlain = !entry.isEmpty && !entry.contains { $0.isWhitespace || "'\",".contains($0) }
        if isPlain { return entry }
        let inner = entry.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + inner.joined(separator: "'\\''") + "'"
    }

    private static func section(
        _ heading: String, _ rows: [(String, String)], _ colours: Bool
    ) -> String {
        var table = Table([heading, ""])
        for (key, value) in rows { table.add([Table.Cell(key), Table.Cell(value)]) }
        return table.rendered(colours: colours)
    }
}

extension WorkerSettings {
    /// Whether something is known of this option: from outside it may be hidden.
    func tells(_ key: String) -> Bool {
        !isShownToAnybody || Self.keysShownToAnybody.contains(key)
    }

    /// Whether any rule restarts it.
    var hasRestartPolicy: Bool { restart || restartErr || !restartOnExitCodes.isEmpty }
}
