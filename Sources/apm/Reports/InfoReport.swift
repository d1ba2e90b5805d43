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
        text += "\n" + instances(info, colours: colours)
        text += "\n" + section("SETTINGS", rows(settings) { !$0.isStandard }, colours)
        let isOutside = settings.exec.isEmpty
        text +=
            "\n"
            + section(
                "DEFAULTS",
                rows(settings) {
                    $0.isStandard && !(isOutside && hiddenOutside.contains($0.option.key))
                }, colours)
        if isOutside || hidesValues(settings) { return text }
        let environment = settings.baseEnvironment.map { Visible.text($0) }
        text += "\n" + section("ENVIRONMENT, UNDER env", environment.map { ($0, "") }, colours)
        return text
    }

    /// What the look socket does not show.
    private static let hiddenOutside: Set<String> = [
        "exec", "params", "path", "user", "env", "env_index", "env_file", "log", "err_log",
        "prefix", "log_time_format", "strip_ansi", "watch", "watch_ignore", "watch_delay",
        "watch_conf",
    ]

    /// Somebody else's, shown to a member of the group.
    private static func hidesValues(_ settings: WorkerSettings) -> Bool {
        !settings.exec.isEmpty && settings.env.contains { !$0.contains("=") }
    }

    private static func notes(_ info: WorkerInfo) -> [String] {
        var notes: [String] = []
        if hidesValues(info.settings) {
            notes.append("it is somebody else's: of env the names alone are shown")
        }
        if info.settings.exec.isEmpty {
            notes.append("seen from outside: program, paths, environment and log are not shown")
        }
        if !info.endsWholeTree {
            notes.append("stop ends the process group only: no cgroup v2 here")
        }
        notes += limitNotes(info)
        notes += orderNotes(info)
        notes += watchNotes(info)
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
        let option: WorkerOption
        let value: String
        let isStandard: Bool
    }

    private static func rows(
        _ settings: WorkerSettings, where isWanted: (Row) -> Bool
    ) -> [(String, String)] {
        let standard = WorkerSettings()
        return OptionTable.worker.compactMap { option in
            let value = option.show(settings)
            let row = Row(
                option: option, value: value, isStandard: value == option.show(standard))
            guard isWanted(row) else { return nil }
            let shown = value.isEmpty ? option.standard : whole(option, settings) ?? value
            return (option.key, shown.isEmpty ? "-" : Visible.text(shown) + unit(option, shown))
        }
    }

    /// Lists whose entries may hold blanks, so that each can be told from the next.
    private static func whole(_ option: WorkerOption, _ settings: WorkerSettings) -> String? {
        switch option.key {
        case "params": settings.params.map(quoted).joined(separator: " ")
        case "env": settings.env.map(quoted).joined(separator: ", ")
        default: nil
        }
    }

    /// As a shell would take it; plain where that is clear enough.
    static func quoted(_ entry: String) -> String {
        let isPlain = !entry.isEmpty && !entry.contains { $0.isWhitespace || "'\",".contains($0) }
        if isPlain { return entry }
        let inner = entry.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + inner.joined(separator: "'\\''") + "'"
    }

    private static func unit(_ option: WorkerOption, _ shown: String) -> String {
        option.kind == .milliseconds && !shown.isEmpty ? " ms" : ""
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
    /// Whether any rule restarts it.
    var hasRestartPolicy: Bool { restart || restartErr || !restartOnExitCodes.isEmpty }
}
