// wait and events: what goes on until something has happened.

import ArgumentParser
import Control
import Settings

struct Wait: Act {
    static let configuration = CommandConfiguration(
        entry: "wait",
        discussion: """
            Exit code 0 as soon as all instances concerned run. Exit code 1 when one has ended \
            and nothing starts it by itself. With --timeout, what is stopped or ended already is \
            waited for too, because somebody may start it: exit code 124 when the time is over.
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Wait this long at most; then exit code 124.", valueName: "ms"))
    var timeout: String?
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "wait")
        var selection = try WorkerReference.read(name)
        let limit = try WaitFlags.limit(timeout)
        selection.waits = limit != nil
        let connection = try session.viewOrReach()
        let waiting = Waiting(.wait, selection, timeout: limit, in: session)
        guard !connection.isLook else {
            var look = LookWait(selection, over: connection, in: session)
            let outcome = try look.outcome(waiting)
            return try WaitReport(selection: selection, session: session)
                .show(outcome, look.connection)
        }
        connection.waiting = waiting
        let answer = try connection.askAbout(.wait(selection), waits: true)
        guard case .outcome(_, let outcome) = answer.reply else { return .failed }
        return try WaitReport(selection: selection, session: session).show(outcome, connection)
    }
}

struct Events: Act {
    static let configuration = CommandConfiguration(
        entry: "events",
        discussion: """
            Goes on until Ctrl-C, with exit code 130, or until the daemon ends, with 69. After an \
            error the last lines of that instance are shown.
            """)

    @Flag(help: "Print JSON, one object a line.") var json = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .long], parsing: .unconditional,
        help: "Lines of its log to show after an error; 0 = none.")
    var lines: String = "5"
    @Argument(help: .name("Workers, or single instances; none = all.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        var selections: [Selection] = []
        for name in names {
            let selection = try WorkerReference.read(name)
            if !selections.contains(selection) { selections.append(selection) }
        }
        guard selections.count <= ControlLimits.selections else {
            throw .usage(
                "events of \(selections.count) workers are too many",
                now: "name at most \(ControlLimits.selections), or none for all")
        }
        let count = try FlagValue.read { () throws(ValueProblem) in
            try OptionValue.number("lines", lines, as: UInt16.self, most: 200)
        }
        let stream = EventStream(session: session, isJSON: json, lines: count)
        return try stream.follow(selections)
    }
}
