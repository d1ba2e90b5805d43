// Whether bytes are UTF-8, in pieces: the state between two pieces is three bytes. The first wrong
// byte is noticed when it comes, not at the end of its text.

public struct UTF8Check: Equatable, Sendable {
    /// Bytes of the character that have not come, and what the next one may be.
    private var missing: UInt8 = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    public init() {}

    /// No character is cut.
    public var isComplete: Bool { missing == 0 }

    /// False with the first byte that cannot be there.
    public mutating func take(_ bytes: RawSpan) -> Bool {
        var index = 0
        let count = bytes.byteCount
        while index < count {
            if missing == 0, count - index >= 8,
                bytes.word(index) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            guard take(bytes.byte(index)) else { return false }
            index += 1
        }
        return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard byte >= lowest, byte <= highest else { return false }
            missing -= 1
            lowest = 0x80
            highest = 0xBF
            return true
        }
        if byte < 0x80 { return true }
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            // Neither longer than needed, nor one half of a surrogate pair.
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default: return false
        }
        return true
    }
}
