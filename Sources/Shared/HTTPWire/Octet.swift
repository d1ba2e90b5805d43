// What single bytes mean in HTTP. Sets of ASCII are two words, one bit a byte.

enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B

    /// Letters, digits and `!#$%&'*+-.^_`|~`: what names and methods consist of.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        isIn(byte, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// Letters, digits, `-._~!$&'()*+,;=` and `%`: a registered name in a Host.
    static func isHost(_ byte: UInt8) -> Bool {
        isIn(byte, 0x2BFF_7FF2_0000_0000, 0x47FF_FFFE_87FF_FFFE)
    }

    /// What a field's value may hold: blanks, tabs, visible bytes and those above ASCII.
    @inline(__always)
    static func isValue(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == tab
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit.
    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }

    @inline(__always)
    private static func isIn(_ byte: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        guard byte < 128 else { return false }
        return (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}

extension RawSpan {
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether a range holds this ASCII text, in small or capital letters. `text` is small.
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count
        where Octet.lowercased(byte(range.lowerBound + index)) != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether a range holds this ASCII text, letter by letter.
    func isExactly(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count
        where byte(range.lowerBound + index) != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Whether two ranges hold the same, letters small or capital.
    func equals(_ range: Range<Int>, _ other: Range<Int>) -> Bool {
        guard range.count == other.count else { return false }
        for index in 0..<range.count
        where Octet.lowercased(byte(range.lowerBound + index))
            != Octet.lowercased(byte(other.lowerBound + index))
        {
            return false
        }
        return true
    }

    /// Whether a range holds these bytes, letters small or capital.
    public func equals(_ range: Range<Int>, _ text: RawSpan) -> Bool {
        guard range.count == text.byteCount else { return false }
        for index in 0..<range.count
        where Octet.lowercased(byte(range.lowerBound + index))
            != Octet.lowercased(text.byte(index))
        {
            return false
        }
        return true
    }

    /// The range without blanks and tabs around it.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, Octet.isBlank(byte(start)) { start += 1 }
        while end > start, Octet.isBlank(byte(end - 1)) { end -= 1 }
        return start..<end
    }

    /// The number that a range of decimal digits says, and nothing else stands there.
    func decimal(_ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count <= HTTPLimits.lengthDigits else { return nil }
        var number: UInt64 = 0
        for index in range {
            guard Octet.isDigit(byte(index)) else { return nil }
            number = number * 10 + UInt64(byte(index) - 0x30)
        }
        return number
    }
}
