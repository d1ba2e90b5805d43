// run, start, restart: what brings instances to life and waits whether they stay alive.

import ArgumentParser
import Control

struct Run: Act {
    static let configuration = CommandConfiguration(
        entry: "run",
        discussion: """
            Flags of apm may stand anywhere before --; every other word is the program's, and so \
            is all that follows --. A flag of the program that has the name of one of apm's must \
            stand after --; so must its --system, which else means the system's daemon. -h, \
            --help and --color are apm's before the program's name alone.
            Times are milliseconds, or a number with ms, s, m or h. Names of flags may be written \
            with - or _. Switches take true or false; alone they mean true.
            """)

    @OptionGroup var flags: WorkerFlags
    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: "The program and its arguments.") var program: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let settings = try RunPlan.settings(
            flags, program: program, session.surroundings)
        let connection = try session.reach()
        let selection = Selection(name: settings.name)
        connection.noteUnknown(settings.dependsOn, but: settings.name, session)
        Kept.note(settings, session)
        let report = OutcomeReport(
            selection: selection, done: .running, session: session, defined: settings)
        if !noWait { connection.waiting = Waiting(.start, selection, timeout: nil, in: session) }
        let answer = try connection.ask(
            .run(RunCommand(waits: !noWait, settings: settings)), waits: !noWait)
        return try report.show(answer, connection)
    }
}

struct Start: Act {
    static let configuration = CommandConfiguration(
        entry: "start",
        discussion: """
            Done when it has run for its startup_grace. A worker whose depends_on names others \
            waits for these; several are started together, in whatever order they are named.
            """)

    @OptionGroup var flags: WaitFlags
    @Argument(help: .name("Workers, or single instances.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        if names.isEmpty {
            _ = try flags.limit()
            return try startDaemon(in: session)
        }
        return try Operation(aim: .start, done: .running, command: { .start($0) })
            .perform(on: names, as: "start", Operation.Patience(flags), in: session)
    }

    private func startDaemon(in session: Session) throws(Failure) -> ExitValue {
        let connection = try session.reach()
        guard case .statusTold(let status) = try connection.ask(.status).reply else {
            return .failed
        }
        try session.console.print("daemon: running, pid \(status.pid)\n")
        return .ok
    }
}

struct Restart: Act {
    static let configuration = CommandConfiguration(
        entry: "restart",
        discussion: "Done when the old ones have ended and the new have run for startup_grace.")

    @OptionGroup var flags: WaitFlags
    @Argument(help: .name("Workers, or single instances.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        try Operation(aim: .restart, done: .running, command: { .restart($0) })
            .perform(on: names, as: "restart", Operation.Patience(flags), in: session)
    }
}
