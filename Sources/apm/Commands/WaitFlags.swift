// How long a command waits for what it has begun: the same flags for all that begin something.

import ArgumentParser
import Control
import Settings

struct WaitFlags: ParsableArguments {
    @Flag(help: "Return when it is done. This is the default.") var wait = false
    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Wait this long at most; then exit code 124. What was begun goes on.",
            valueName: "ms"))
    var timeout: String?

    /// In milliseconds; nil = as long as it takes. Flags that contradict each other are told.
    func limit() throws(Failure) -> UInt32? {
        if noWait, wait || timeout != nil {
            let other = wait ? "--wait" : "--timeout"
            throw .usage(
                "--no-wait and \(other) exclude each other", now: "leave one of them out")
        }
        return try Self.limit(timeout)
    }

    static func limit(_ timeout: String?) throws(Failure) -> UInt32? {
        guard let timeout else { return nil }
        return try FlagValue.read { () throws(ValueProblem) in
            try OptionValue.milliseconds("timeout", timeout)
        }
    }
}

/// Asks for something to be done with a worker, and waits as the flags say.
struct Operation {
    let aim: Waiting.Aim
    let done: OutcomeReport.Done
    let command: (Selection) -> Command

    func perform(
        on names: [String], as word: String, _ flags: WaitFlags, in session: Session
    ) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: word)
        var selection = try WorkerReference.read(name)
        let limit = try flags.limit()
        selection.waits = !flags.noWait
        let connection = try session.reach()
        if selection.waits {
            connection.waiting = Waiting(aim, selection, timeout: limit, in: session)
        }
        let answer = try connection.askAbout(command(selection), waits: selection.waits)
        return try OutcomeReport(
            selection: selection, done: done, session: session,
            showsInstances: aim == .restart && selection.instance == 0
        ).show(answer, connection)
    }

    /// Several at once, so that one can wait for another. Each outcome is told when it is known;
    /// the first failure gives the exit code.
    func perform(
        onEach names: [String], _ flags: WaitFlags, in session: Session
    ) throws(Failure) -> ExitValue {
        let limit = try flags.limit()
        let selections = try Self.selections(names, waits: !flags.noWait)
        let connection = try session.reach()
        let known = connection.names()
        for selection in selections where !known.contains(selection.name) {
            throw Failure(
                "no worker is called \(Visible.text(selection.name))",
                now: Names.hint(for: selection.name, among: known), .noSuchWorker)
        }
        let waiting = Waiting(aim, selections[0], timeout: limit, in: session)
        if !flags.noWait { connection.waiting = waiting }
        // For what a report asks; this one has other replies to come.
        var second: ControlConnection?
        var open = selections
        var status = ExitValue.ok
        try connection.askEach(selections.map(command), waits: !flags.noWait) {
            place, answer throws(Failure) in
            waiting.clear()
            open.removeAll { $0 == selections[place] }
            if let next = open.first { waiting.selection = next }
            do throws(Failure) {
                if case .refused(let refusal) = answer.reply { throw Refusals.failure(refusal) }
                if second == nil { second = try session.reach() }
                guard let reports = second else { return }
                _ = try OutcomeReport(selection: selections[place], done: done, session: session)
                    .show((answer.reply, answer.descriptors), reports)
            } catch {
                session.console.report(error)
                if status == .ok { status = error.status }
            }
        }
        return status
    }

    /// Each once.
    private static func selections(
        _ names: [String], waits: Bool
    ) throws(Failure) -> [Selection] {
        var selections: [Selection] = []
        for name in names {
            var selection = try WorkerReference.read(name)
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
