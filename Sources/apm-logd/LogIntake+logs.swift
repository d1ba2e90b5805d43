// Logs: opening, failing, trying again, and the lines that APM writes itself.

import EventLoop
import Glibc
import Messages
import Posix

extension LogIntake {
    /// The daemon's own log.
    static let daemonLog: UInt32 = 0
    static let timeFormat = "ç214-%Y-%m-%d %Tç59-.%FçR-"

    func openLog(_ id: UInt32, _ file: consuming Descriptor) {
        guard logs[id] == nil else { breach("log \(id) is open") }
        let log = LogFile(id: id, file: file, header: journal.logHeader(id))
        logs[id] = log
        log.adopt(from: journal)
        guard id == Self.daemonLog else { return }
        for line in earlyNotes { log.addOwn(line) }
        earlyNotes = []
        _ = writeOwnLines(log)
    }

    func closeLog(_ id: UInt32) {
        guard let log = logs[id], !log.isClosing else { breach("no log \(id)") }
        log.isClosing = true
        closeIfUnused(log)
    }

    func closeIfUnused(_ log: LogFile) {
        guard log.isClosing, log.streams.isEmpty else { return }
        log.header.unfinished = nil
        log.header.writer = nil
        logs[log.id] = nil
    }

    // MARK: Failing

    /// The disk is full or broken: its streams wait, which makes their workers wait; others go on.
    func fail(_ log: LogFile, _ errno: Int32) {
        if log.failure == 0 { link.send(.logFailed(log.id, errno: errno)) }
        log.failure = errno
        for id in log.streams { if let stream = streams[id] { unwatch(stream) } }
        if retryAt == nil { retryAt = Clock.monotonicNanoseconds + Limits.retryNanoseconds }
    }

    func retryLogs(_ now: Int64) {
        retryAt = nil
        for log in Array(logs.values) where log.failure != 0 {
            if let writer = log.header.writer, let stream = streams[writer],
                !settle(stream, stream.resume(output, &clock))
            {
                continue
            }
            guard writeOwnLines(log) else { continue }
            log.failure = 0
            link.send(.logFailed(log.id, errno: 0))
            unblock(log)
        }
    }

    func unblock(_ log: LogFile) {
        for id in log.streams {
            guard let stream = streams[id] else { continue }
            watch(stream)
            busy.insert(id)
        }
    }

    // MARK: Lines of our own

    /// One line of the daemon's log.
    func note(_ level: NoteLevel, _ text: String) {
        let format = LineFormat(time: Self.timeFormat, prefix: level.word, strips: false)
        format.renderHead(Clock.realtimeMicroseconds, &clock, to: output)
        var line = Array(UnsafeRawBufferPointer(start: output.head, count: output.headCount))
        line += NoteText.visible(text).utf8
        line.append(UInt8(ascii: "\n"))
        guard let log = logs[Self.daemonLog] else {
            if earlyNotes.count < Limits.earlyNotes { earlyNotes.append(line) }
            return
        }
        log.addOwn(line)
        if !log.isBlocked { _ = writeOwnLines(log) }
    }

    /// False when the log failed.
    func writeOwnLines(_ log: LogFile) -> Bool {
        let errno = log.writeOwn()
        if errno != 0 { fail(log, errno) }
        return errno == 0
    }
}

extension NoteLevel {
    /// The coloured word that a line of this level begins with.
    fileprivate var word: String {
        switch self {
        case .info: "ç80-infoçR-"
        case .warning: "ç214-warningçR-"
        case .alert: "ç196-alertçR-"
        }
    }
}
