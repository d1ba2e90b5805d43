// start, stop, restart, remove: something is asked to be done with workers, and its outcome is
// waited for as the flags say.

import Control
import Settings

/// Asks for something to be done with a worker, and waits as the flags say.
struct Operation {
    let aim: Waiting.Aim
    let done: OutcomeReport.Done
    let command: (Selection) -> Command
    /// Its name, where it is for whole workers alone; strangers may not ask for it, either.
    var forWholes: String?

    /// How long it is waited for.
    struct Patience {
        var waits = true
        /// In milliseconds; nil = as long as it takes.
        var limit: UInt32?

        init() {}

        init(_ flags: WaitFlags) throws(Failure) {
            limit = try flags.limit()
            waits = !flags.noWait
        }
    }

    /// With one worker or with several.
    func perform(
        on names: [String], as word: String, _ patience: Patience, in session: Session
    ) throws(Failure) -> ExitValue {
        guard let first = names.first else { throw session.nameMissing(for: word) }
        return names.count == 1
            ? try perform(on: first, as: word, patience, in: session)
            : try perform(onEach: names, as: word, patience, in: session)
    }

    private func read(_ name: String) throws(Failure) -> Selection {
        guard let command = forWholes else { return try WorkerReference.read(name) }
        return try WorkerReference.readWhole(name, for: command)
    }

    private func connect(_ session: Session) throws(Failure) -> ControlConnection {
        forWholes == nil ? try session.operate() : try session.reach()
    }

    private func perform(
        on name: String, as word: String, _ patience: Patience, in session: Session
    ) throws(Failure) -> ExitValue {
        var selection = try read(name)
        let limit = patience.limit
        selection.waits = patience.waits
        let connection = try connect(session)
        if selection.waits {
            connection.waiting = Waiting(aim, selection, timeout: limit, in: session)
        }
        let answer = try connection.askAbout(
            command(selection), waits: selection.waits, to: word)
        return try report(selection, session).show(answer, connection)
    }

    /// Several at once, so that one can wait for another. Each outcome is told when it is known;
    /// the first failure gives the exit code.
    private func perform(
        onEach names: [String], as word: String, _ patience: Patience, in session: Session
    ) throws(Failure) -> ExitValue {
        let selections = try selections(names, waits: patience.waits)
        let connection = try connect(session)
        let known = connection.names()
        for selection in selections where !known.contains(selection.name) {
            throw Failure(
                "no worker is called \(Visible.text(selection.name))",
                now: Names.hint(for: selection.name, among: known, to: word), .noSuchWorker)
        }
        let waiting = Waiting(aim, selections[0], timeout: patience.limit, in: session)
        if patience.waits { connection.waiting = waiting }
        // For what a report asks; this one has other replies to come.
        var second: ControlConnection?
        var open = selections
        var status = ExitValue.ok
        try connection.askEach(selections.map(command), waits: patience.waits) {
            place, answer throws(Failure) in
            waiting.clear()
            open.removeAll { $0 == selections[place] }
            if let next = open.first { waiting.selection = next }
            do throws(Failure) {
                if case .refused(let refusal) = answer.reply { throw connection.failure(refusal) }
                if second == nil { second = try connect(session) }
                guard let reports = second else { return }
                _ = try report(selections[place], session).show(
                    (answer.reply, answer.descriptors), reports)
            } catch {
                session.console.report(error)
                if status == .ok { status = error.status }
            }
        }
        return status
    }

    private func report(_ selection: Selection, _ session: Session) -> OutcomeReport {
        OutcomeReport(
            selection: selection, done: done, session: session,
            showsInstances: aim == .restart && selection.instance == 0)
    }

    /// Each once.
    private func selections(
        _ names: [String], waits: Bool
    ) throws(Failure) -> [Selection] {
        var selections: [Selection] = []
        for name in names {
            var selection = try read(name)
            selection.waits = waits
            if !selections.contains(selection) { selections.append(selection) }
        }
        guard selections.count <= ControlLimits.selections else {
            throw .usage(
                "\(selections.count) workers at once are too many",
                now: "name at most \(ControlLimits.selections)")
        }
        return selections
    }
}
