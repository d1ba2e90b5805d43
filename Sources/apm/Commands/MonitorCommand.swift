// monitor: the machine and all workers, live on a terminal; elsewhere one look, or JSON.

import ArgumentParser
import Control
import Glibc
import Posix

struct Monitor: Act {
    static let configuration = CommandConfiguration(
        entry: "monitor",
        discussion: """
            ? shows the keys; q and Ctrl-C quit. Where standard output is no terminal it prints \
            one look and ends. --json prints one object a second until Ctrl-C, with exit code 130.
            """)

    @Flag(help: "Print JSON, one object a second.") var json = false
    @Argument(help: .hidden) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard names.isEmpty else {
            throw .usage(
                "monitor takes no names", now: "it shows all; / in it chooses by name")
        }
        let connection = try session.viewOrReach()
        if json { return try printJSON(connection, session) }
        let isInteractive =
            session.console.outputIsTerminal && isatty(STDIN_FILENO) == 1
            && session.surroundings.variable("TERM") != "dumb"
        guard isInteractive else { return try printOnce(connection, session.console) }
        // Greets, and shows that it answers, before the screen is taken.
        _ = try connection.ask(.status)
        return try runOnScreen(connection, session)
    }

    private func runOnScreen(
        _ connection: ControlConnection, _ session: Session
    ) throws(Failure) -> ExitValue {
        guard let screen = TerminalScreen() else {
            return try printOnce(connection, session.console)
        }
        switch try MonitorLoop(connection, screen, in: session).run() {
        case .quit, .terminalGone: return .ok
        case .signal(let number): Self.die(by: number)
        }
    }

    /// Ends as the sender of the signal expects.
    private static func die(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        raise(number)
        sigprocmask(SIG_UNBLOCK, &set, nil)
        Glibc.exit(ExitValue.interrupted.rawValue)
    }

    private func look(_ connection: ControlConnection) throws(Failure) -> [WorkerFigures] {
        guard case .looked(let figures) = try connection.ask(.look).reply else { return [] }
        return figures
    }

    private func printOnce(
        _ connection: ControlConnection, _ console: Console
    ) throws(Failure) -> ExitValue {
        var reader = SystemFigures.Reader()
        try console.printTable(
            Self.text(
                reader.look(), try look(connection), colours: console.colours,
                columns: console.columns))
        return .ok
    }

    static func text(
        _ system: SystemFigures, _ figures: [WorkerFigures], colours: Bool, columns: Int?
    ) -> String {
        // Nothing is known of the processors after one look.
        let parts = system.parts.filter { !$0.hasPrefix("cpu -") }
        let rows = figures.map(\.worker)
        return parts.joined(separator: "  ") + "\n"
            + ListReport.text(rows, colours: colours, columns: columns)
    }

    /// As `look`; where the connection was lost, once more over another one.
    private func lookOn(
        _ connection: inout ControlConnection, _ session: Session
    ) throws(Failure) -> [WorkerFigures] {
        do throws(Failure) {
            return try look(connection)
        } catch {
            connection = try session.lookAgain(connection, after: error)
            return try look(connection)
        }
    }

    private func printJSON(
        _ first: ControlConnection, _ session: Session
    ) throws(Failure) -> ExitValue {
        var connection = first
        let interrupts = Interrupts()
        var reader = SystemFigures.Reader()
        var next = Clock.monotonicNanoseconds
        while true {
            let time = UInt64(Clock.realtimeMicroseconds) / 1000
            let figures = try lookOn(&connection, session)
            try session.console.print(Self.json(time, reader.look(), figures).line)
            next += 1_000_000_000
            let left = max(0, next - Clock.monotonicNanoseconds)
            switch interrupts.wait(
                for: -1, watching: STDOUT_FILENO, atMost: Int32((left + 999_999) / 1_000_000))
            {
            case .interrupted: return .interrupted
            case .otherClosed: return .ok
            case .ready, .nothing: break
            }
        }
    }

    static func json(
        _ time: UInt64, _ system: SystemFigures, _ figures: [WorkerFigures]
    ) -> JSON {
        .object([
            "time_ms": .number(time), "system": JSON(system),
            "workers": .list(figures.map { JSON($0) }),
        ])
    }
}

extension JSON {
    /// As in `list`, and each instance as in `info`.
    init(_ figures: WorkerFigures) {
        guard case .object(var fields) = JSON(figures.worker) else { preconditionFailure() }
        fields.append(
            Field(name: "each_instance", value: .list(figures.instances.map { JSON($0) })))
        self = .object(fields)
    }
}
