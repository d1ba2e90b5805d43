// Removes ANSI escape sequences from bytes: CSI (ESC [), strings (OSC, DCS, SOS, PM, APC) and the
// short ones. Total, and the same result however the bytes are cut into pieces: the state between
// two pieces is one byte. No sequence reaches beyond its line, so a stray ESC never swallows lines.
// Bytes from 0x80 up are text (UTF-8), never the 8-bit controls.

public struct ANSIStripper: Equatable, Sendable {
    /// Where the last byte left off; raw values are kept in the journal.
    public enum State: UInt8, CaseIterable, Sendable {
        case text = 0
        /// After ESC.
        case escape = 1
        /// After ESC and bytes 0x20...0x2F.
        case intermediate = 2
        /// After ESC [.
        case control = 3
        /// Inside a string, until BEL or ESC \.
        case string = 4
        /// After an ESC inside a string.
        case stringEscape = 5
    }

    public var state: State

    public init(state: State = .text) {
        self.state = state
    }

    /// Copies what remains of `source` to `target`, which has room for all of it; the two may be
    /// the same place. Returns how many bytes remained.
    public mutating func strip(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
    ) -> Int {
        var kept = 0
        for byte in source where keeps(byte) {
            target.storeBytes(of: byte, toByteOffset: kept, as: UInt8.self)
            kept += 1
        }
        return kept
    }

    /// What remains of `bytes`.
    public mutating func strip(_ bytes: [UInt8]) -> [UInt8] {
        bytes.filter { keeps($0) }
    }

    private static let newline = UInt8(ascii: "\n")
    private static let escapeByte: UInt8 = 0x1B

    /// Takes the next byte; whether it is text.
    private mutating func keeps(_ byte: UInt8) -> Bool {
        if byte == Self.newline {
            state = .text
            return true
        }
        switch state {
        case .text:
            if byte == Self.escapeByte { state = .escape }
            return byte != Self.escapeByte
        case .escape: return keepsAfterEscape(byte)
        case .intermediate: return keepsInside(byte, staying: 0x20...0x2F, ending: 0x30...0x7E)
        case .control: return keepsInside(byte, staying: 0x20...0x3F, ending: 0x40...0x7E)
        case .string:
            switch byte {
            case Self.escapeByte: state = .stringEscape
            case 0x07, 0x18, 0x1A: state = .text
            default: break
            }
            return false
        case .stringEscape:
            if byte == UInt8(ascii: "\\") {
                state = .text
                return false
            }
            return keepsAfterEscape(byte)
        }
    }

    private mutating func keepsAfterEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "["): state = .control
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
            UInt8(ascii: "_"):
            state = .string
        default:
            state = .escape
            return keepsInside(byte, staying: 0x20...0x2F, ending: 0x30...0x7E, next: .intermediate)
        }
        return false
    }

    /// A byte of a sequence that goes on with `staying` and ends with `ending`. Any other byte
    /// breaks it off and is text again.
    private mutating func keepsInside(
        _ byte: UInt8, staying: ClosedRange<UInt8>, ending: ClosedRange<UInt8>, next: State? = nil
    ) -> Bool {
        if staying.contains(byte) {
            state = next ?? state
        } else if ending.contains(byte) {
            state = .text
        } else if byte == Self.escapeByte {
            state = .escape
        } else {
            state = .text
            return true
        }
        return false
    }
}
