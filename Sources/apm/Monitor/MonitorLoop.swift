// The monitor at work: waits for keys, signals, answers, lines of a log and the next second, and
// shows what came of it. One thread, one poll; between two seconds it sleeps.

import Control
import Glibc
import Messages
import Posix

final class MonitorLoop {
    /// How the monitor ends.
    enum End: Equatable {
        case quit
        /// By this signal; the caller dies by it, once the terminal is as it was.
        case signal(Int32)
        case terminalGone
    }

    private var connection: ControlConnection
    private let screen: TerminalScreen
    private let session: Session
    private var state = MonitorState()
    private var reader = SystemFigures.Reader()
    private var keys = KeyReader()
    private var log: LogStream?
    /// Requests on their way, and what they were for.
    private var deeds: [UInt32: (MonitorState.Deed, Selection)] = [:]
    private var logRequest: UInt32?
    private var isLooking = false
    private var nextLook = Clock.monotonicNanoseconds
    private var isDirty = true

    private static let second: Int64 = 1_000_000_000

    init(_ connection: ControlConnection, _ screen: TerminalScreen, in session: Session) {
        self.connection = connection
        self.screen = screen
        self.session = session
    }

    /// Until somebody quits. A daemon that is gone is thrown.
    func run() throws(Failure) -> End {
        screen.enter()
        defer { screen.leave() }
        while true {
            look()
            if isDirty, !draw() { return .terminalGone }
            if let end = try wait() { return end }
        }
    }

    /// Asks for new figures when it is time, but never twice.
    private func look() {
        let now = Clock.monotonicNanoseconds
        guard now >= nextLook else { return }
        nextLook += Self.second * ((now - nextLook) / Self.second + 1)
        state.system = reader.look()
        isDirty = true
        guard !isLooking else {
            state.message = "the daemon does not answer"
            return
        }
        isLooking = true
        connection.post(.look)
    }

    private func draw(afresh: Bool = false) -> Bool {
        isDirty = false
        let size = screen.size
        let console = session.console
        let shape = MonitorScreen(
            columns: size.columns, rows: size.rows, colours: console.colours)
        state.page = shape.page(of: state)
        let lines = shape.lines(of: state)
        return screen.show(
            console.speaksUTF8 ? lines : lines.map(Marks.ascii), afresh: afresh)
    }

    private func wait() throws(Failure) -> End? {
        let left = max(0, nextLook - Clock.monotonicNanoseconds)
        var entries = [
            pollfd(fd: screen.signals.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: connection.socket.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: log?.descriptor.raw ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&entries, nfds_t(entries.count), Int32((left + 999_999) / 1_000_000))
        guard count > 0 else { return nil }
        if entries[0].revents != 0, let end = takeSignals() { return end }
        if entries[1].revents != 0, let end = takeKeys() { return end }
        if entries[2].revents != 0 { try takeAnswersOrReconnect() }
        if entries[3].revents != 0 { takeLog() }
        return nil
    }

    // MARK: signals and keys

    private func takeSignals() -> End? {
        while let event = screen.nextEvent() {
            switch event {
            case .resized: if !draw(afresh: true) { return .terminalGone }
            case .suspended: screen.suspend()
            case .continued: screen.resume()
            case .end(SIGINT): return .quit
            case .end(let signal): return .signal(signal)
            }
            isDirty = true
        }
        return nil
    }

    private func takeKeys() -> End? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return nil }
        guard count > 0 else { return .terminalGone }
        isDirty = true
        for key in keys.keys(in: bytes[0..<count]) {
            switch state.press(key) {
            case nil: continue
            case .quit: return .quit
            case .perform(let deed, let selection): begin(deed, selection)
            case .openLog(let selection): openLog(selection)
            case .closeLog: closeLog()
            }
        }
        return nil
    }

    private func begin(_ deed: MonitorState.Deed, _ selection: Selection) {
        var selection = selection
        selection.waits = false
        let command: Command =
            switch deed {
            case .start: .start(selection)
            case .stop: .stop(selection)
            case .restart: .restart(selection)
            }
        deeds[connection.post(command)] = (deed, selection)
        state.message = "\(deed.begun) \(selection.written)"
    }

    private func openLog(_ selection: Selection) {
        closeLog()
        let lines = UInt16(MonitorState.logLinesKept)
        logRequest = connection.post(
            .log(LogCommand(selection: selection, lines: lines, follows: true)))
    }

    private func closeLog() {
        log = nil
        logRequest = nil
    }

    // MARK: answers

    /// Once for each loss.
    private func takeAnswersOrReconnect() throws(Failure) {
        do throws(Failure) {
            try takeAnswers()
        } catch {
            connection = try session.lookAgain(connection, after: error)
            deeds = [:]
            logRequest = nil
            isLooking = false
            nextLook = Clock.monotonicNanoseconds
        }
    }

    private func takeAnswers() throws(Failure) {
        while let answer = try connection.collect() {
            isDirty = true
            switch answer.reply {
            case .looked(let figures):
                isLooking = false
                state.take(figures)
            case .logOpened: takeLogStream(answer)
            case .refused(let refusal):
                isLooking = false
                state.message = Refusals.failure(refusal).what
                if answer.id == logRequest { state.log = nil }
            case .outcome(_, let outcome): tell(answer.id, outcome)
            default: break
            }
            if case .outcome = answer.reply { deeds[answer.id] = nil }
        }
    }

    private func takeLogStream(_ answer: PostedReply) {
        guard let number = answer.descriptors.first else { return }
        guard answer.id == logRequest, let selection = state.log else {
            close(number)
            return
        }
        log = LogStream(
            selection, number, filter: EscapeFilter(keepsColours: false, keepsControls: false))
    }

    private func tell(_ id: UInt32, _ outcome: Outcome) {
        guard let (deed, selection) = deeds[id], outcome.result == .already else { return }
        let how = deed == .stop ? "stopped" : "running"
        state.message = "\(selection.written): already \(how)"
    }

    private func takeLog() {
        guard let log else { return }
        isDirty = true
        switch log.readLines() {
        case .nothingYet: return
        case .end:
            self.log = nil
            state.message = "the log of \(log.selection.written) ended"
        case .bytes(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            state.add(
                logLines: lines.map { line in
                    Visible.text(String(line.map { $0 == "\t" ? " " : $0 }))
                })
        }
    }
}
