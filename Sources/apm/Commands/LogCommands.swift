// log: recent lines of a worker, and what follows.

import ArgumentParser
import Control
import Glibc
import Posix

struct Log: Act {
    static let configuration = CommandConfiguration(
        entry: "log",
        discussion: "Ctrl-C ends -f, with exit code 130.")

    @Flag(name: [.short, .long], help: "Go on with new lines until Ctrl-C.") var follow = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .long], parsing: .unconditional,
        help: "Recent lines to begin with, 200 at most.")
    var lines: String = "100"
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    /// What apm-logd keeps of each worker.
    private static let kept: UInt16 = 200
    /// How long apm-logd may take where nobody follows, in milliseconds.
    private static let patience: Int32 = 10_000

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "log")
        let selection = try WorkerReference.read(name)
        let count: UInt16 = try OptionValue.number("lines", lines)
        let connection = try session.reach()
        let answer = try connection.askAbout(
            .log(LogCommand(selection: selection, lines: count, follows: follow)))
        guard let number = answer.descriptors.first else {
            throw Failure("the daemon sent no log", now: "apm status tells how apm-logd is")
        }
        let stream = Descriptor(owning: number)
        if count > Self.kept {
            let files = files(of: selection, connection, session)
            session.console.note(
                "the last \(Self.kept) lines are kept; all of it is in \(files)")
        }
        guard try copy(stream.raw, to: session.console) else {
            throw Self.silence(of: connection)
        }
        guard follow else { return .ok }
        throw Self.end(of: selection, names: try? connection.ask(.list).reply)
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

    /// Copies until the stream ends. False when nothing comes and nobody follows. Ctrl-C, and a
    /// reader that goes away, end the process.
    private func copy(_ stream: Int32, to console: Console) throws(Failure) -> Bool {
        let interrupts = Interrupts()
        var filter = EscapeFilter(
            keepsColours: console.colours, keepsControls: !console.outputIsTerminal)
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            switch interrupts.wait(
                for: stream, watching: STDOUT_FILENO, atMost: follow ? -1 : Self.patience)
            {
            case .ready: break
            case .nothing: return false
            case .interrupted: Glibc.exit(ExitValue.interrupted.rawValue)
            case .otherClosed: Glibc.exit(ExitValue.ok.rawValue)
            }
            let count = read(stream, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count <= 0 { return true }
            try console.print(filter.pass(buffer[0..<count]))
        }
    }
}
