// How long a command waits for what it has begun: the same flags for all that begin something.

import ArgumentParser
import Control

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
        return try OptionValue.milliseconds("timeout", timeout)
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
        return try OutcomeReport(selection: selection, done: done, session: session)
            .show(answer, connection)
    }
}
