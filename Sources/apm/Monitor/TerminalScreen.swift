// The terminal as a whole screen: raw mode, the other buffer, and the way back. Who enters
// leaves, whatever happens between; signals that would end or stop apm are taken as events.

import CLinux
import Glibc
import Posix

final class TerminalScreen {
    /// What a signal asks for.
    enum Event {
        case resized
        case suspended
        case continued
        /// End; the signal, to die by after the screen is restored. Ctrl-C is the usual way out.
        case end(Int32)
    }

    private var saved = termios()
    private var isEntered = false
    private var shown: [String] = []
    let signals: Descriptor

    init?() {
        let number = apm_watch_signals(Self.taken, Int32(Self.taken.count))
        guard number >= 0 else { return nil }
        signals = Descriptor(owning: number)
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
    }

    private static let taken = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

    deinit {
        leave()
    }

    /// Columns and rows; 80 by 24 where the terminal does not say.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The other buffer, no cursor, no line wrapping; keys come at once and are not echoed, but
    /// still make signals.
    func enter() {
        isEntered = true
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        shown = []
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    func leave() {
        guard isEntered else { return }
        isEntered = false
        write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSADRAIN, &saved)
    }

    /// Shows these lines; writes only what differs from before, as one update. False when the
    /// terminal is gone.
    func show(_ lines: [String], afresh: Bool = false) -> Bool {
        var text = ""
        if afresh {
            shown = []
            text += "\u{1B}[2J"
        }
        for (index, line) in lines.enumerated()
        where !shown.indices.contains(index)
            || shown[index] != line
        {
            // Cleared first: after the last column it would take that one away.
            text += "\u{1B}[\(index + 1);1H\u{1B}[0m\u{1B}[K\(line)\u{1B}[0m"
        }
        if lines.count < shown.count { text += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
        shown = lines
        guard !text.isEmpty else { return true }
        return write("\u{1B}[?2026h\(text)\u{1B}[?2026l")
    }

    /// What the signals that have come ask for.
    func nextEvent() -> Event? {
        switch apm_next_signal(signals.raw) {
        case 0: nil
        case SIGWINCH: .resized
        case SIGTSTP: .suspended
        case SIGCONT: .continued
        case let signal: .end(signal)
        }
    }

    /// Gives the terminal back and stops, until somebody continues it.
    func suspend() {
        leave()
        kill(getpid(), SIGSTOP)
        // Continued by the shell, which may have changed the terminal's modes since.
        resume()
    }

    /// After SIGCONT: whoever had the terminal meanwhile left it as they liked.
    func resume() {
        leave()
        tcgetattr(STDIN_FILENO, &saved)
        enter()
    }

    @discardableResult
    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                var entry = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                guard poll(&entry, 1, 1000) > 0 else { return false }
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
