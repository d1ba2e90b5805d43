// Log lines on their way to a terminal or a file: what a program wrote must not drive the reader's
// terminal. Colours pass where colours are wanted; every other escape sequence goes. Works byte by
// byte, because a sequence can be cut between two reads.

struct EscapeFilter {
    private enum State {
        case text
        /// After ESC.
        case escape
        /// After ESC and an intermediate byte: one final byte is due.
        case intermediate
        /// After ESC [.
        case control
        /// In OSC, DCS, PM, APC or SOS, up to BEL or ESC \.
        case string
        case stringEscape
        /// After 0xC2, which begins the C1 control characters.
        case c2
    }

    /// Lets SGR sequences pass.
    let keepsColours: Bool
    /// Lets control characters pass, for files.
    let keepsControls: Bool
    private var state = State.text
    private var held: [UInt8] = []

    /// Longest SGR sequence that passes.
    private static let sequenceBytes = 64

    init(keepsColours: Bool, keepsControls: Bool) {
        self.keepsColours = keepsColours
        self.keepsControls = keepsControls
    }

    /// What of `bytes` passes.
    mutating func pass(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var passed: [UInt8] = []
        for byte in bytes { step(byte, &passed) }
        return passed
    }

    private mutating func step(_ byte: UInt8, _ passed: inout [UInt8]) {
        switch state {
        case .text: plain(byte, &passed)
        case .escape: afterEscape(byte)
        case .intermediate: state = (0x20...0x2F).contains(byte) ? .intermediate : .text
        case .control: inControl(byte, &passed)
        case .string: state = byte == 0x07 ? .text : byte == 0x1B ? .stringEscape : .string
        case .stringEscape: state = byte == UInt8(ascii: "\\") ? .text : .string
        case .c2:
            state = .text
            if !(0x80...0x9F).contains(byte) || keepsControls { passed += [0xC2, byte] }
        }
    }

    private mutating func plain(_ byte: UInt8, _ passed: inout [UInt8]) {
        switch byte {
        case 0x1B: state = .escape
        case 0xC2: state = .c2
        case 0x09, 0x0A: passed.append(byte)
        case 0..<0x20, 0x7F: if keepsControls { passed.append(byte) }
        default: passed.append(byte)
        }
    }

    private mutating func afterEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["):
            state = .control
            held = [0x1B, byte]
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
            UInt8(ascii: "_"):
            state = .string
        case 0x1B: state = .escape
        case 0x20...0x2F: state = .intermediate
        default: state = .text
        }
    }

    private mutating func inControl(_ byte: UInt8, _ passed: inout [UInt8]) {
        held.append(byte)
        switch byte {
        case UInt8(ascii: "m"):
            if keepsColours, isColour { passed += held }
            state = .text
        case 0x40...0x7E: state = .text
        case 0x20...0x3F:
            // Too long to be held; it goes on being swallowed.
            if held.count > Self.sequenceBytes { held.removeLast() }
        default:
            // Not part of a sequence: a line end within one shows that it was cut.
            state = .text
            plain(byte, &passed)
        }
    }

    /// Only digits and separators between `[` and `m`.
    private var isColour: Bool {
        held.count < Self.sequenceBytes
            && held.dropFirst(2).dropLast().allSatisfy { (0x30...0x3B).contains($0) }
    }
}
