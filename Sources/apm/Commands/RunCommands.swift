// run, start, restart: what brings instances to life and waits whether they stay alive.

import ArgumentParser
import Control

struct Run: Act {
    static let configuration = CommandConfiguration(
        entry: "run",
        discussion: """
            Flags of apm may stand anywhere before --; every other word is the program's, and so \
            is all that follows --. A flag of the program that has the name of one of apm's must \
            stand after --. -h and --help are apm's before the program's name alone.
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
        let report = OutcomeReport(
            selection: Selection(name: settings.name), done: .running, session: session,
            defined: settings)
        let answer = try connection.ask(
            .run(RunCommand(waits: !noWait, settings: settings)), waits: !noWait)
        return try report.show(answer, connection)
    }
}

struct Start: Act {
    static let configuration = CommandConfiguration(entry: "start")

    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        if names.isEmpty { return try startDaemon(in: session) }
        let name = try session.worker(of: names, for: "start")
        var selection = try WorkerReference.read(name)
        selection.waits = !noWait
        let connection = try session.reach()
        let answer = try connection.askAbout(.start(selection), waits: !noWait)
        return try OutcomeReport(selection: selection, done: .running, session: session)
            .show(answer, connection)
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
    static let configuration = CommandConfiguration(entry: "restart")

    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "restart")
        var selection = try WorkerReference.read(name)
        selection.waits = !noWait
        let connection = try session.reach()
        let answer = try connection.askAbout(.restart(selection), waits: !noWait)
        return try OutcomeReport(selection: selection, done: .running, session: session)
            .show(answer, connection)
    }
}
