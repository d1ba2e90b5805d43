// A terminal of its own for one program: what it shows, what is typed, its size and its modes.

import Glibc
import Testing

final class Terminal {
    private let master: Int32
    let slave: Int32
    let pid: pid_t
    private(set) var screen = ""
    private var isReaped = false
    /// TIOCSPTLCK and TIOCGPTPEER, whose macros Swift cannot read.
    private static let setLock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    init(
        _ path: String, _ arguments: [String], environment: [String], columns: Int = 80,
        rows: Int = 24
    ) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var lock: Int32 = 0
        try #require(master >= 0 && ioctl(master, Self.setLock, &lock) == 0)
        slave = ioctl(master, Self.openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        let report = PipeEnds()
        var pidfd: Int32 = -1
        pid = Program.spawn(
            path, arguments, environment, (slave, slave, slave, -1), report.writing, nil, &pidfd)
        for descriptor in [report.reading, report.writing, pidfd] { close(descriptor) }
    }

    deinit {
        if !isReaped {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(master)
        close(slave)
    }

    /// Everything shown so far.
    @discardableResult
    func read() -> String {
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(master, &room, room.count)
            guard count > 0 else { return screen }
            screen += String(decoding: room[0..<count], as: UTF8.self)
        }
    }

    /// Waits until this is shown, after all that `forget` has passed over.
    func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        eventually("\(text) is shown", within: 10, sourceLocation: sourceLocation) {
            read().contains(text)
        }
    }

    func forget() {
        read()
        screen = ""
    }

    func type(_ text: String) {
        _ = write(master, text, text.utf8.count)
    }

    func resize(columns: Int, rows: Int) {
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        kill(pid, SIGWINCH)
    }

    /// What a person would notice: whether lines are edited and echoed.
    var isUsual: Bool {
        var modes = termios()
        tcgetattr(slave, &modes)
        let wanted = tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        return modes.c_lflag & wanted == wanted && modes.c_iflag & tcflag_t(ICRNL) != 0
    }

    /// Waits for its end: exit code, or 128 + signal.
    func end(sourceLocation: SourceLocation = #_sourceLocation) -> Int32 {
        var status: Int32 = 0
        eventually("it ends", within: 10, sourceLocation: sourceLocation) {
            read()
            isReaped = waitpid(pid, &status, WNOHANG) == pid
            return isReaped
        }
        read()
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    }
}
