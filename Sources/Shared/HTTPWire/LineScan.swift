// The lines of a head, a trailer or a chunk: ended by CR LF, and neither byte alone, nor any other
// control character but a tab, stands in one. Looks at eight bytes at once.

struct LineScan {
    enum Result: Equatable {
        /// The line's end: where its CR stands.
        case line(Int)
        /// Not there yet; the search may go on from here when there is more.
        case partial(Int)
        /// No end within the limit.
        case tooLong
        /// A control character.
        case badByte
    }

    /// Looks for the end from `offset` on; the CR may stand at `last` at the latest. The result
    /// does not depend on how the bytes came, only on what they are.
    static func find(in bytes: RawSpan, from offset: Int, last: Int) -> Result {
        let end = min(bytes.byteCount, last + 1)
        var index = offset
        while index < end {
            if end - index >= 8 {
                let found = controls(in: bytes.word(index))
                if found == 0 {
                    index += 8
                    continue
                }
                index += found.trailingZeroBitCount >> 3
            }
            let byte = bytes.byte(index)
            if byte == Octet.carriageReturn {
                guard index + 1 < bytes.byteCount else { return .partial(index) }
                return bytes.byte(index + 1) == Octet.lineFeed ? .line(index) : .badByte
            }
            guard Octet.isValue(byte) else { return .badByte }
            index += 1
        }
        return bytes.byteCount > last ? .tooLong : .partial(index)
    }

    /// The LF that ends a line of a head block; nil where a control character other than a tab
    /// comes first, or none at all.
    static func findFeed(in bytes: RawSpan, from offset: Int) -> Int? {
        var index = offset
        while index < bytes.byteCount {
            if bytes.byteCount - index >= 8 {
                let found = controls(in: bytes.word(index))
                if found == 0 {
                    index += 8
                    continue
                }
                index += found.trailingZeroBitCount >> 3
            }
            let byte = bytes.byte(index)
            if byte == Octet.lineFeed { return index }
            guard Octet.isValue(byte) else { return nil }
            index += 1
        }
        return nil
    }

    /// Bit 7 of the first byte that is below 0x20, or DEL; above it the word may be wrong.
    @inline(__always)
    private static func controls(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let low = (word &- ones &* 0x20) & ~word
        let deleted = word ^ (ones &* 0x7F)
        return (low | ((deleted &- ones) & ~deleted)) & tops
    }
}

/// One `name: value` line of a head or trailer.
struct FieldLine {
    let name: Range<Int>
    /// Without the blanks around it; may be empty.
    let value: Range<Int>

    /// Nil when the line is none: no colon, an empty name, a blank in or behind it, or the line
    /// goes on with another one before it (obs-fold). Its bytes were looked at by LineScan.
    @inline(__always)
    init?(_ bytes: RawSpan, line: Range<Int>) {
        var index = line.lowerBound
        while index < line.upperBound, Octet.isToken(bytes.byte(index)) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes.byte(index) == Octet.colon
        else { return nil }
        name = line.lowerBound..<index
        value = bytes.trimmed(index + 1..<line.upperBound)
    }
}
