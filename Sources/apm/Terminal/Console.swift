// Where apm prints: answers to standard output, each in one write; everything else to standard
// error.

import Glibc

struct Console {
    /// Standard output is coloured.
    let colours: Bool
    /// Standard error is coloured.
    let coloursErrors: Bool
    let outputIsTerminal: Bool
    let errorsAreTerminal: Bool
    /// Columns of the terminal that answers go to; nil when they go elsewhere.
    let columns: Int?
    /// The locale's characters are UTF-8.
    let speaksUTF8: Bool
    /// Answers are what came of a deed: without them it is done all the same.
    var tellsDeeds = false

    init(wish: ColourWish, surroundings: Surroundings) {
        outputIsTerminal = surroundings.outputIsTerminal
        errorsAreTerminal = surroundings.errorsAreTerminal
        columns = surroundings.outputIsTerminal ? surroundings.columns : nil
        speaksUTF8 = surroundings.speaksUTF8
        colours = Colouring.isOn(wish, surroundings, isTerminal: outputIsTerminal)
        coloursErrors = Colouring.isOn(wish, surroundings, isTerminal: errorsAreTerminal)
    }

    /// Prints an answer.
    func print(_ text: String) throws(Failure) {
        try print(Array(text.utf8))
    }

    /// Prints a table, with marks that its reader's terminal has.
    func printTable(_ text: String) throws(Failure) {
        try print(speaksUTF8 ? text : Marks.ascii(text))
    }

    func print(_ bytes: [UInt8]) throws(Failure) {
        let code = Self.write(bytes, to: STDOUT_FILENO)
        // Who read has read enough: `apm list | head -1`.
        if code == EPIPE { exit(ExitValue.ok.rawValue) }
        guard code == 0 else {
            throw Failure(
                "cannot write the answer: \(String(cString: strerror(code)))",
                now: tellsDeeds
                    ? "the command itself was carried out, its answer alone is lost: look where "
                        + "standard output goes"
                    : "look where standard output goes")
        }
    }

    /// Says something beside the answer.
    func note(_ text: String) {
        _ = Self.write(Array("note: \(text)\n".utf8), to: STDERR_FILENO)
    }

    /// Says several lines beside the answer, as they are.
    func write(_ text: String) {
        if !text.isEmpty { _ = Self.write(Array(text.utf8), to: STDERR_FILENO) }
    }

    /// Writes the one line of progress on standard error anew; an empty one takes it away.
    func mark(_ text: String) {
        let width = errorColumns - 1
        let shown = TextWidth.cut(text, to: max(0, width))
        _ = Self.write(Array("\r\u{1B}[K\(shown)".utf8), to: STDERR_FILENO)
    }

    private var errorColumns: Int {
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return isKnown ? Int(size.ws_col) : 80
    }

    /// The two lines of an error.
    func report(_ failure: Failure) {
        let head = coloursErrors ? Paint.red.on("apm:") : "apm:"
        let text = "\(head) \(failure.what)\n\(failure.quoted)  \(failure.now)\n"
        _ = Self.write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Writes all bytes; 0 or errno.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
            }
            if count >= 0 {
                offset += count
            } else if errno == EAGAIN {
                var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&entry, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
