// What a stream is about to write to its log, complete enough for another process to make the same
// bytes again from the same input.

/// How the output joins what the log ends with.
enum LineLead: UInt8 {
    /// The log ends with a whole line.
    case newLine = 0
    /// The log ends with an unfinished line of this stream: the text goes on, without a stamp.
    case continues = 1
    /// The log ends with an unfinished line of another stream: a newline comes first.
    case breaks = 2
}

/// What becomes of input behind the last newline.
enum LineTail: UInt8 {
    /// It is kept for later.
    case kept = 0
    /// It is too long to keep: written without a newline, and continued later.
    case open = 1
    /// The stream has ended: written with a newline added.
    case closed = 2
}

struct Intent: Equatable {
    enum Phase: UInt8 {
        case writing = 1
        case written = 2
    }

    var phase = Phase.writing
    var lead = LineLead.newLine
    var tail = LineTail.kept
    /// `ANSIStripper.State` before and after the output.
    var stripBefore: UInt8 = 0
    var stripAfter: UInt8 = 0
    /// Behind the input that the output was made of.
    var consumedTo = 0
    var outputLength = 0
    /// The log's size before the first byte of the output; -1 when it has none.
    var sizeBefore: Int64 = -1
    /// Microseconds since 1970, the same for all lines of the output.
    var stamp: Int64 = 0
    /// The stream's lines with this output.
    var linesAfter: UInt64 = 0

    init() {}

    /// Phase 8 bits, lead 4, tail 4, strip states 8 each. Nil for phase 0: no intent.
    init?(word: UInt32) {
        guard let phase = Phase(rawValue: UInt8(truncatingIfNeeded: word)) else { return nil }
        self.phase = phase
        lead = LineLead(rawValue: UInt8(word >> 8 & 0xF)) ?? .newLine
        tail = LineTail(rawValue: UInt8(word >> 12 & 0xF)) ?? .kept
        stripBefore = UInt8(word >> 16 & 0xFF)
        stripAfter = UInt8(word >> 24)
    }

    var word: UInt32 {
        UInt32(phase.rawValue) | UInt32(lead.rawValue) << 8 | UInt32(tail.rawValue) << 12
            | UInt32(stripBefore) << 16 | UInt32(stripAfter) << 24
    }
}
