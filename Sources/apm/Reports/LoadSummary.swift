// What became of a file: messages about its text as compilers write them, a line for each worker
// with which something was done, and how much that was.

import Control
import Settings

struct LoadSummary {
    /// The file, or the worker.
    let subject: String
    var isDry = false
    let session: Session

    func show(_ reply: Reply) throws(Failure) -> ExitValue {
        guard case .loaded(_, let report) = reply else { return .failed }
        let console = session.console
        console.write(Self.messages(report))
        try console.print(isDry ? Self.plan(report) : Self.lines(report))
        if !isDry { for failure in Self.failures(report) { console.report(failure) } }
        try console.print("\(Visible.text(subject)): \(Self.summary(report, isDry: isDry))\n")
        return Self.hasFailed(report) ? .failed : .ok
    }

    static func hasFailed(_ report: LoadReport) -> Bool {
        report.refusedFiles > 0 || report.messages.contains { $0.level == .error }
            || report.rows.contains(where: isFailure)
    }

    private static func isFailure(_ row: LoadRow) -> Bool {
        if row.deed == .refuse { return true }
        switch row.outcome?.result {
        case .diedEarly, .rollStopped, .overtaken: return true
        case .begun, .done, .already, .finished, nil: return false
        }
    }

    /// `file:line:column: error: text`, and what to do.
    static func messages(_ report: LoadReport) -> String {
        var text = ""
        for message in report.messages {
            var place = Visible.text(message.file)
            if message.line > 0 { place += ":\(message.line)" }
            if message.line > 0, message.column > 0 { place += ":\(message.column)" }
            let level = message.level == .error ? "error" : "warning"
            text += "\(place): \(level): \(Visible.text(message.text))\n"
            if !message.advice.isEmpty { text += "  \(Visible.text(message.advice))\n" }
        }
        if report.messagesLeft > 0 {
            text += "\(Count.of(report.messagesLeft, "message")) more\n"
        }
        return text
    }

    /// What would be done; `showsUnchanged`: also with which workers nothing.
    static func plan(_ report: LoadReport, showsUnchanged: Bool = false) -> String {
        report.rows.map { row in
            let name = Visible.text(row.name)
            switch row.deed {
            case .start: return "+ \(name)\n"
            case .update: return "~ \(name): \(keys(row))\(restartNote(row))\n"
            case .restart: return "~ \(name): restart\n"
            case .remove: return "- \(name)\n"
            case .refuse: return "! \(name): \(reason(row))\n"
            case .keep, .skip: return showsUnchanged ? "= \(name)\n" : ""
            }
        }.joined()
    }

    private static func restartNote(_ row: LoadRow) -> String {
        row.changed.isDisjoint(with: .needingRestart) ? " (live)" : " (restart)"
    }

    static func reason(_ row: LoadRow) -> String {
        row.refusal.map { Refusals.failure($0).what } ?? "the file defines it wrongly"
    }

    private static func keys(_ row: LoadRow) -> String {
        row.changed.names.map { Visible.text($0) }.joined(separator: ", ")
    }

    /// A line for each worker with which something was done.
    static func lines(_ report: LoadReport) -> String {
        report.rows.map { row in
            let line = isFailure(row) ? nil : line(row)
            return line.map { "\(Visible.text(row.name)): \($0)\n" } ?? ""
        }.joined()
    }

    private static func line(_ row: LoadRow) -> String? {
        let isBegun = row.outcome?.result == .begun
        let count = row.outcome.map { Count.of($0.instances, "instance") } ?? ""
        var text: String
        switch row.deed {
        case .keep, .refuse: return nil
        case .skip where row.changed.isEmpty: text = "already running"
        case .skip:
            text = "already running, but not with the file's \(keys(row)): apm reload "
            text += Visible.text(row.name)
        case .start: text = isBegun ? "\(count) starting" : "\(count) running"
        case .restart: text = isBegun ? "\(count) restarting" : "\(count) restarted"
        case .remove: text = isBegun ? "being removed" : "removed"
        case .update:
            text = "updated: \(keys(row))"
            if let instances = row.outcome?.instances, instances > 0 {
                text += isBegun ? "; \(count) starting" : "; \(count) running"
            }
        }
        if row.outcome?.result == .finished { text = "finished already, without an error" }
        if let missing = row.outcome?.missing, !missing.isEmpty {
            let names = missing.map { Visible.text($0) }.joined(separator: ", ")
            text += isBegun ? ", waiting for \(names)" : ", started without \(names)"
        }
        return text
    }

    /// Two lines for each worker that was refused, or did not come up.
    static func failures(_ report: LoadReport) -> [Failure] {
        report.rows.filter(isFailure).compactMap { row in
            let name = Visible.text(row.name)
            if row.deed == .refuse {
                // Where there is no refusal, the messages about the file have said it.
                guard let refusal = row.refusal else { return nil }
                var failure = Refusals.failure(refusal)
                failure.what = "\(name): \(failure.what)"
                return failure
            }
            guard let outcome = row.outcome else { return nil }
            if outcome.result == .overtaken {
                return Failure(
                    "\(name): another command changed it meanwhile",
                    now: "apm list shows how it stands now")
            }
            let verb = OutcomeReport.verb(outcome.report)
            return Failure(
                "\(name) \(verb)\(outcome.report.sentence(nil))",
                now: "apm log \(name) tells why; put it right, then: apm start \(name), "
                    + "or after a change of the file: apm reload \(name)")
        }
    }

    /// `2 started, 1 already running`.
    static func summary(_ report: LoadReport, isDry: Bool) -> String {
        counts(report, isDry: isDry) + (isDry ? "; nothing was changed" : "")
    }

    static func counts(_ report: LoadReport, isDry: Bool) -> String {
        let words: [(LoadRow.Deed, String)] = [
            (.start, "started"), (.update, "updated"), (.restart, "restarted"),
            (.remove, "removed"), (.skip, "already running"), (.keep, "unchanged"),
            (.refuse, "refused"),
        ]
        var parts = words.compactMap { deed, word in
            let count = report.rows.count { $0.deed == deed }
            return count == 0 ? nil : "\(count) \(isDry ? dryWord(deed, word) : word)"
        }
        if report.rowsLeft > 0 { parts.append("\(report.rowsLeft) more, not told") }
        if report.refusedFiles > 0 {
            parts.append(
                report.refusedFiles == 1
                    ? "a file was refused" : "\(report.refusedFiles) files were refused")
        }
        if parts.isEmpty { parts = ["nothing to do"] }
        return parts.joined(separator: ", ")
    }

    private static func dryWord(_ deed: LoadRow.Deed, _ word: String) -> String {
        switch deed {
        case .start: "to start"
        case .update: "to update"
        case .restart: "to restart"
        case .remove: "to remove"
        case .keep, .skip, .refuse: word
        }
    }
}
