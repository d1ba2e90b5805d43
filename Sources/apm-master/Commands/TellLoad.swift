// What the daemon's own log has of a configuration that was carried out.

import Control
import Messages
import Settings

extension Supervisor {
    /// What nobody else is told, and what was done in one line.
    func tellLog(_ report: LoadReport, _ loading: Loading) {
        if let cause = loading.cause { return tellReload(report, loading, cause) }
        if loading.asker == .nobody { tellProblems(of: report) }
        let counts = LoadRow.Deed.allCases.compactMap { deed in
            let count = report.rows.count { $0.deed == deed }
            return count == 0 ? nil : "\(count) \(deed)"
        }
        let done = counts.isEmpty ? "nothing" : counts.joined(separator: ", ")
        notes.info("\(loading.kind) \(loading.file): \(done)")
    }

    private func tellProblems(of report: LoadReport) {
        for problem in problems(of: report).prefix(MasterLimits.configNotesTold) {
            notes.warning(problem)
        }
    }

    private func problems(of report: LoadReport) -> [String] {
        let messages = report.messages.map { message in
            let place = message.line == 0 ? message.file : "\(message.file):\(message.line)"
            return "\(place): \(message.text)"
        }
        let refusals = report.rows.compactMap { row in
            row.refusal.map { "\(row.name) is left as it is: \($0.text)" }
        }
        return messages + refusals
    }

    // MARK: files that are watched

    /// A mistake is told once, however often the file is saved with it.
    private func tellReload(_ report: LoadReport, _ loading: Loading, _ cause: ConfigCause) {
        let watch = configWatches[watchedFile(loading.file)]
        let problems = problems(of: report)
        let isNew = problems != watch?.toldProblems
        watch?.toldProblems = problems
        let isRefused = report.refusedFiles > 0
        if isRefused {
            guard isNew else { return }
            let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
            let first = problems.first ?? "it cannot be read"
            return notes.warning("\(cause.text(loading.file)), nothing is done: \(first)\(more)")
        }
        if isNew { tellProblems(of: report) }
        let words: [(LoadRow.Deed, String)] = [
            (.start, "started"), (.update, "changed"), (.restart, "restarted"),
            (.remove, "removed"), (.keep, "unchanged"), (.refuse, "refused"),
        ]
        let counts = words.compactMap { deed, word in
            let count = report.rows.count { $0.deed == deed }
            return count == 0 ? nil : "\(count) \(word)"
        }
        let isQuiet = report.rows.allSatisfy { $0.deed == .keep || $0.deed == .refuse }
        if case .unseen = cause, isQuiet { return }
        let done = counts.isEmpty ? ["no workers"] : counts
        notes.info(([cause.text(loading.file)] + done).joined(separator: ", "))
    }

    /// Nothing of it was read.
    func tellRefused(_ loading: Loading, _ refusal: Refusal, _ cause: ConfigCause) {
        let watch = configWatches[watchedFile(loading.file)]
        let problems = ["\(loading.file): \(refusal.text)"]
        guard problems != watch?.toldProblems else { return }
        watch?.toldProblems = problems
        notes.warning("\(cause.text(loading.file)), nothing is done: \(problems[0])")
    }
}
