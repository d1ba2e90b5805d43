// The answer of `check`: messages as compilers write them, then what a reload would do, then how it
// stands in one line.

import Control
import Settings

struct CheckReport {
    let path: String
    /// All messages, and the rows of what would be done.
    let report: LoadReport
    let running: RunningView
    /// Why the daemon would not load it, where the text is fine.
    let refusal: Failure?

    init(
        _ path: String, _ plan: ConfigPlan, _ hints: [ConfigMessage], _ running: RunningView
    ) {
        self.path = path
        self.running = running
        var report = LoadReport()
        report.messages = plan.messages + hints
        let isBroken = report.messages.contains { $0.level == .error }
        switch running.answer {
        case .told(let told):
            report.rows = told.rows
            report.rowsLeft = told.rowsLeft
            report.refusedFiles = told.refusedFiles
            // What only the daemon's own reader sees: whose a file is, for example.
            let known = Set(plan.messages.map(Self.place))
            report.messages += told.messages.filter { !known.contains(Self.place($0)) }
            refusal = nil
        case .refused(let failure):
            refusal = isBroken ? nil : failure
            report.rows = Self.rows(of: plan)
        case .none, .unknown:
            refusal = nil
            report.rows = Self.rows(of: plan)
        }
        self.report = report
    }

    private static func place(_ message: ConfigMessage) -> String {
        "\(message.file):\(message.line):\(message.column)"
    }

    /// Where nothing is known that runs.
    private static func rows(of plan: ConfigPlan) -> [LoadRow] {
        plan.workers.map { LoadRow(name: $0.settings.name, .start) }
            + plan.refused.map { LoadRow(name: $0, .refuse) }
    }

    var hasFailed: Bool { refusal != nil || LoadSummary.hasFailed(report) }

    private var errors: Int { report.messages.count { $0.level == .error } }
    private var warnings: Int { report.messages.count { $0.level == .warning } }

    func show(json: Bool, in session: Session) throws(Failure) {
        if json { return try session.console.print(JSON(self).line) }
        let console = session.console
        console.write(LoadSummary.messages(report))
        if let refusal { console.report(refusal) }
        if case .unknown(let failure) = running.answer { console.note(failure.what) }
        try console.print(LoadSummary.plan(report, showsUnchanged: true) + lastLine)
    }

    private var lastLine: String {
        var verdict: [String] = []
        if errors > 0 { verdict.append(Count.of(UInt32(errors), "error")) }
        if warnings > 0 { verdict.append(Count.of(UInt32(warnings), "warning")) }
        if verdict.isEmpty { verdict = [refusal == nil ? "fine" : "refused"] }
        let rest =
            switch running.answer {
            case .none: "; no daemon runs"
            case .unknown: "; what runs is not known"
            case .refused, .told: ""
            }
        let summary = LoadSummary.counts(report, isDry: true)
        return "\(Visible.text(path)): \(verdict.joined(separator: ", ")); \(summary)\(rest)\n"
    }
}

extension JSON {
    init(_ check: CheckReport) {
        let report = check.report
        let hasDaemon = if case .none = check.running.answer { false } else { true }
        self = .object([
            "file": .text(check.path), "ok": .truth(!check.hasFailed),
            "daemon": .truth(hasDaemon),
            "messages": .list(report.messages.map { JSON($0) }),
            "messages_left": .number(report.messagesLeft),
            "workers": .list(report.rows.map { JSON($0) }),
            "workers_left": .number(report.rowsLeft),
            "refused": check.refusal.map { .text($0.what) } ?? .null,
        ])
    }

    private init(_ message: ConfigMessage) {
        self = .object([
            "level": .text(message.level == .error ? "error" : "warning"),
            "file": .text(message.file),
            "line": message.line == 0 ? .null : .number(message.line),
            "column": message.column == 0 ? .null : .number(message.column),
            "text": .text(message.text), "advice": .text(message.advice),
        ])
    }

    private init(_ row: LoadRow) {
        let word =
            switch row.deed {
            case .start: "start"
            case .update, .restart: "change"
            case .remove: "stop"
            case .keep, .skip: "unchanged"
            case .refuse: "refused"
            }
        self = .object([
            "name": .text(row.name), "deed": .text(word), "settings": .texts(row.changed.names),
            "restarts": .truth(!row.changed.isDisjoint(with: .needingRestart)),
            "reason": row.deed == .refuse ? .text(LoadSummary.reason(row)) : .null,
        ])
    }
}
