// How a run, start, stop, restart, remove, copy or update ended, told to the person who asked
// for it. An early death shows what the program said, how it ended, and what to do now.

import Control
import Glibc
import Posix
import Settings

struct OutcomeReport {
    enum Done {
        case running
        case stopped
        case removed
        case copied
        case updated
    }

    let selection: Selection
    /// What "done" means for this command.
    let done: Done
    let session: Session
    /// Of a new worker: what was sent.
    var defined: WorkerSettings?
    /// Whether instances that were restarted in turn are told one by one.
    var showsInstances = false

    private var name: String { Visible.text(selection.written) }

    func show(
        _ answer: (reply: Reply, descriptors: [Int32]), _ connection: ControlConnection
    ) throws(Failure) -> ExitValue {
        let captured = answer.descriptors.first.map { Self.read(Descriptor(owning: $0)) } ?? ""
        guard case .outcome(_, let outcome) = answer.reply else { return .failed }
        noteDefined(connection)
        switch outcome.result {
        case .begun:
            let waits = outcome.missing.isEmpty ? "" : ", \(Self.waiting(for: outcome.missing))"
            try session.console.print("\(name): \(begun(outcome.instances))\(waits)\n")
        case .done: try done(outcome, connection)
        case .rollStopped: throw rollStopped(outcome, captured, connection)
        case .already: try session.console.print("\(name): \(already)\n")
        case .finished: try session.console.print("\(name): \(ended(outcome, connection))\n")
        case .diedEarly: throw earlyDeath(outcome.report, captured, connection)
        case .overtaken:
            throw Failure(
                "\(name): another command changed it meanwhile",
                now: "apm list shows how it stands now")
        }
        return .ok
    }

    private func done(
        _ outcome: Outcome, _ connection: ControlConnection
    ) throws(Failure) {
        if !outcome.missing.isEmpty {
            session.console.note(
                "\(name) was started without \(Self.list(outcome.missing)): not running within "
                    + "its depends_timeout")
        }
        if defined?.isConnected == true, let info = info(connection) {
            for note in ServerReport.notes(info) { session.console.note(note) }
        }
        let rolled = showsInstances ? info(connection).map(Self.instances) ?? "" : ""
        try session.console.print(rolled + "\(name): \(finished(outcome.instances))\n")
    }

    /// `waiting for db, cache`; with more of them than are told, an ellipsis.
    static func waiting(for names: [String]) -> String { "waiting for \(list(names))" }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(3).map { Visible.text($0) }.joined(separator: ", ")
        return names.count > 3 ? shown + ", …" : shown
    }

    /// A line for each instance of a worker that restarts them in turn.
    private static func instances(_ info: WorkerInfo) -> String {
        guard info.settings.rolling, info.instances.count > 1 else { return "" }
        let name = Visible.text(info.settings.name)
        return info.instances.map { row in
            let pid = row.pid == 0 ? "" : ", pid \(row.pid)"
            return "\(name)#\(row.number): \(row.state.word)\(pid)\n"
        }.joined()
    }

    private func begun(_ instances: UInt16) -> String {
        switch done {
        case .running: "\(Count.of(instances, "instance")) starting"
        case .stopped: "\(Count.of(instances, "instance")) stopping"
        case .removed: "being removed"
        case .copied: "\(Count.of(instances, "instance")) starting"
        case .updated where instances == 0: "updated"
        case .updated: "updated, \(Count.of(instances, "instance")) starting"
        }
    }

    private func finished(_ instances: UInt16) -> String {
        switch done {
        case .running where selection.instance != 0: "running"
        case .running: "\(Count.of(instances, "instance")) running"
        case .stopped where selection.instance != 0: "stopped"
        case .stopped: "\(Count.of(instances, "instance")) stopped"
        case .removed: "removed"
        case .copied where instances == 0: "defined, stopped like the other"
        case .copied: "\(Count.of(instances, "instance")) running"
        case .updated where instances == 0: "updated"
        case .updated: "updated, \(Count.of(instances, "instance")) running"
        }
    }

    private var already: String {
        switch done {
        case .running, .copied: "already running"
        case .updated: "nothing to change, all of it is so already"
        case .stopped: "already stopped"
        case .removed: "already removed"
        }
    }

    private func ended(_ outcome: Outcome, _ connection: ControlConnection) -> String {
        let age = Durations.text(outcome.report.uptimeMilliseconds)
        let returns = Self.comesBack(info(connection), outcome.report.instance)
        let next = returns ? "; it is restarted as its settings say" : ""
        return "finished after \(age), without an error (exit 0)\(next)"
    }

    /// Who sets a limit that nothing enforces, or makes a cycle, must not believe in it.
    private func noteDefined(_ connection: ControlConnection) {
        guard let defined,
            !defined.limits(unmetBy: []).isEmpty || !defined.dependsOn.isEmpty,
            let info = info(connection)
        else { return }
        for note in InfoReport.limitNotes(info) + InfoReport.orderNotes(info) {
            session.console.note(note)
        }
    }

    /// Best effort: the outcome is what matters, the rest makes it easier to understand.
    private func info(_ connection: ControlConnection) -> WorkerInfo? {
        let command = Command.info(Selection(name: selection.name))
        guard case .informed(let info)? = try? connection.ask(command).reply else { return nil }
        return info
    }

    /// Whether the instance that ended is restarted; others may run whatever became of it.
    static func comesBack(_ info: WorkerInfo?, _ instance: UInt16) -> Bool {
        guard let info, info.settings.hasRestartPolicy,
            let row = info.instances.first(where: { $0.number == instance })
        else { return false }
        switch row.state {
        case .waiting, .starting, .running: return true
        case .stopped, .stopping, .exited, .errored: return false
        }
    }

    private func rollStopped(
        _ outcome: Outcome, _ captured: String, _ connection: ControlConnection
    ) -> Failure {
        var failure = earlyDeath(outcome.report, captured, connection)
        let number = outcome.report.instance
        let before = Count.of(outcome.instances, "instance")
        failure.what += "; the rolling restart ended at it, \(before) restarted before"
        let shown = Visible.text(selection.name)
        failure.now =
            "the others of \(shown) run as they did; apm log \(shown)#\(number) tells why, and "
            + "apm restart \(shown) begins again"
        return failure
    }

    private func earlyDeath(
        _ report: ExitReport, _ captured: String, _ connection: ControlConnection
    ) -> Failure {
        let info = info(connection)
        let shown = Self.subject(selection, report, info)
        let settings = info?.settings ?? defined
        var failure = Failure(
            "\(shown) \(Self.verb(report))\(report.sentence(settings))",
            now: Self.nextStep(selection.name, report, info, settings))
        failure.quoted = Self.quoted(captured, toTerminal: session.console.errorsAreTerminal)
        return failure
    }

    /// The instance's number only where there are several.
    private static func subject(
        _ selection: Selection, _ report: ExitReport, _ info: WorkerInfo?
    ) -> String {
        let count = info?.instances.count ?? 1
        let number = count > 1 && report.instance > 0 ? "#\(report.instance)" : ""
        return Visible.text(selection.name) + number
    }

    /// What could not be done is told after a colon, how it ended goes on as a sentence.
    static func verb(_ report: ExitReport) -> String {
        report.cause == .notStarted ? "was not started: " : ""
    }

    /// What to do after an early death. A worker that could never be started is not kept by the
    /// daemon: then there is no `info`.
    static func nextStep(
        _ name: String, _ report: ExitReport, _ info: WorkerInfo?, _ settings: WorkerSettings?
    ) -> String {
        let name = Visible.text(name)
        if report.waitsForLog {
            return "it starts when that is written; apm list tells what is wrong with its log"
        }
        if comesBack(info, report.instance) {
            return "it is restarted as its settings say; apm log \(name) shows more, "
                + "apm stop \(name) ends it"
        }
        let again = info == nil ? "then run it again" : "then: apm start \(name)"
        let log = report.cause == .notStarted || info == nil ? "" : "; its log: apm log \(name)"
        let advice = report.advice(settings)
        // A command at the end of the advice must be seen to end.
        return advice + (advice.contains(": ") ? "; " : ", ") + again + log
    }

    /// Each line of what the program wrote, behind a bar; empty ones too.
    static func quoted(_ text: String, toTerminal: Bool) -> String {
        let shown = toTerminal ? Visible.lines(text) : text
        var lines = shown.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { $0.isEmpty ? "  |\n" : "  | \($0)\n" }.joined()
    }

    /// All that comes, up to the 8 KB that are kept; without escape sequences.
    private static func read(_ stream: consuming Descriptor) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while bytes.count < 64 * 1024 {
            var entry = pollfd(fd: stream.raw, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, 2000)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { break }
            let count = Glibc.read(stream.raw, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { break }
            bytes += buffer[0..<count]
        }
        var filter = EscapeFilter(keepsColours: false, keepsControls: true)
        return String(decoding: filter.pass(bytes), as: UTF8.self)
    }
}
