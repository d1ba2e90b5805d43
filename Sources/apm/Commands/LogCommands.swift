// log: recent lines of workers, and what follows.

import ArgumentParser
import Control
import Glibc
import Posix
import Settings

struct Log: Act {
    static let configuration = CommandConfiguration(
        entry: "log",
        discussion: "Ctrl-C ends -f, with exit code 130.")

    @Flag(name: [.short, .long], help: "Go on with new lines until Ctrl-C.") var follow = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .long], parsing: .unconditional,
        help: "Recent lines of each to begin with, 200 at most.")
    var lines: String = "100"
    @Argument(help: .name("Workers, or single instances.")) var names: [String] = []

    /// What apm-logd keeps of each worker.
    private static let kept: UInt16 = 200
    /// Logs shown at once.
    static let most = 32

    func act(in session: Session) throws(Failure) -> ExitValue {
        let selections = try selections(in: session)
        let count = try FlagValue.read { () throws(ValueProblem) in
            try OptionValue.number("lines", lines, as: UInt16.self)
        }
        let connection = try session.reach()
        // All of them are there before the first line is shown.
        var streams: [LogStream] = []
        for selection in selections {
            streams.append(try open(selection, count, connection, session))
        }
        if count > Self.kept {
            var found: [String] = []
            for selection in selections {
                let path = files(of: selection, connection, session)
                if !found.contains(path) { found.append(path) }
            }
            session.console.note(
                "the last \(Self.kept) lines are kept; all of it is in "
                    + found.joined(separator: " and "))
        }
        if !follow {
            for stream in streams {
                guard try copy(stream, to: session.console) else {
                    throw Self.silence(of: connection)
                }
            }
            return .ok
        }
        let last = try follow(&streams, connection, session.console)
        throw Self.end(of: last, names: try? connection.ask(.list).reply)
    }

    private func selections(in session: Session) throws(Failure) -> [Selection] {
        if names.isEmpty { _ = try session.worker(of: names, for: "log") }
        var selections: [Selection] = []
        for name in names {
            let selection = try WorkerReference.read(name)
            if !selections.contains(selection) { selections.append(selection) }
        }
        guard selections.count <= Self.most else {
            throw .usage(
                "\(selections.count) logs at once are too many",
                now: "name at most \(Self.most) workers")
        }
        return selections
    }

    private func open(
        _ selection: Selection, _ count: UInt16, _ connection: ControlConnection,
        _ session: Session
    ) throws(Failure) -> LogStream {
        let answer = try connection.askAbout(
            .log(LogCommand(selection: selection, lines: count, follows: follow)))
        guard let number = answer.descriptors.first else {
            throw Failure("the daemon sent no log", now: "apm status tells how apm-logd is")
        }
        let console = session.console
        return LogStream(
            selection, number,
            filter: EscapeFilter(
                keepsColours: console.colours, keepsControls: !console.outputIsTerminal))
    }

    /// Where the whole log is.
    private func files(
        of selection: Selection, _ connection: ControlConnection, _ session: Session
    ) -> String {
        let reply = try? connection.ask(.info(Selection(name: selection.name))).reply
        guard case .informed(let info)? = reply, !info.settings.log.isEmpty else {
            return Visible.text(connection.home.log)
        }
        let output = Visible.text(info.settings.log)
        let errors = Visible.text(info.settings.errLog)
        return errors.isEmpty || errors == output ? output : "\(output) and \(errors)"
    }

    private static func silence(of connection: ControlConnection) -> Failure {
        var pid: UInt32 = 0
        if case .statusTold(let status)? = try? connection.ask(.status).reply {
            pid = status.helpers.first { $0.role == .logd }?.pid ?? 0
        }
        return Failure(
            "apm-logd\(pid == 0 ? "" : ", pid \(pid),") does not answer",
            now: "apm status tells how it is", .unreachable)
    }

    /// Why there is no more to follow. `list` would start a daemon where there is none any more.
    static func end(of selection: Selection, names reply: Reply?) -> Failure {
        let name = Visible.text(selection.written)
        guard case .listed(let rows)? = reply else {
            return Failure(
                "the log of \(name) ended: the daemon does not answer any more",
                now: "apm status tells whether it runs")
        }
        guard rows.contains(where: { $0.name == selection.name }) else {
            return Failure(
                "the log of \(name) ended: it was removed", now: "apm list shows what there is")
        }
        // A daemon on its way out still answers.
        return Failure(
            "the log of \(name) ended",
            now: "apm status tells whether the daemon runs; if so, repeat the command")
    }

    /// Copies until the stream ends. False when nothing comes. Ctrl-C, and a reader that goes
    /// away, end the process.
    private func copy(_ stream: LogStream, to console: Console) throws(Failure) -> Bool {
        let interrupts = Interrupts()
        while true {
            switch interrupts.wait(
                for: stream.descriptor.raw, watching: STDOUT_FILENO, atMost: LogStream.patience)
            {
            case .ready: break
            case .nothing: return false
            case .interrupted: Glibc.exit(ExitValue.interrupted.rawValue)
            case .otherClosed: Glibc.exit(ExitValue.ok.rawValue)
            }
            switch stream.read() {
            case .bytes(let bytes): try console.print(bytes)
            case .nothingYet: continue
            case .end: return true
            }
        }
    }

    /// Copies what comes of any of them; returns the one that ended last. A line of one alone is
    /// shown as it comes; of several whole lines are.
    private func follow(
        _ streams: inout [LogStream], _ connection: ControlConnection, _ console: Console
    ) throws(Failure) -> Selection {
        let interrupts = Interrupts()
        let isAlone = streams.count == 1
        while true {
            var ready: [Int] = []
            switch interrupts.wait(
                forAny: streams.map { $0.descriptor.raw }, ready: &ready, watching: STDOUT_FILENO)
            {
            case .ready, .nothing: break
            case .interrupted: Glibc.exit(ExitValue.interrupted.rawValue)
            case .otherClosed: Glibc.exit(ExitValue.ok.rawValue)
            }
            for index in ready.reversed() {
                let stream = streams[index]
                switch isAlone ? stream.read() : stream.readLines() {
                case .bytes(let bytes): try console.print(bytes)
                case .nothingYet: continue
                case .end:
                    streams.remove(at: index)
                    guard !streams.isEmpty else { return stream.selection }
                    let reply = try? connection.ask(.list).reply
                    console.note(Self.end(of: stream.selection, names: reply).what)
                }
            }
        }
    }
}
