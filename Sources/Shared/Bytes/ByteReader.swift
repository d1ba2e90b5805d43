// Reads little-endian fields from bytes that a peer wrote. Total: every step checks what is left
// before it looks, and counts are checked against their limit before anything is allocated.

/// A cursor over borrowed bytes.
public struct ByteReader: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// Bytes not read yet.
    public var remaining: Int { bytes.byteCount - offset }

    public mutating func readUInt8() throws(DecodeError) -> UInt8 { try readInteger() }
    public mutating func readUInt16() throws(DecodeError) -> UInt16 { try readInteger() }
    public mutating func readUInt32() throws(DecodeError) -> UInt32 { try readInteger() }
    public mutating func readUInt64() throws(DecodeError) -> UInt64 { try readInteger() }
    public mutating func readInt32() throws(DecodeError) -> Int32 {
        Int32(bitPattern: try readUInt32())
    }

    /// One byte, 0 or 1; anything else is an error, so that each value has one encoding.
    public mutating func readBool() throws(DecodeError) -> Bool {
        switch try readUInt8() {
        case 0: false
        case 1: true
        default: throw .badValue
        }
    }

    /// One byte that must be a case of the enum.
    public mutating func readCase<Value: RawRepresentable>(
        _ type: Value.Type
    ) throws(DecodeError) -> Value where Value.RawValue == UInt8 {
        guard let value = Value(rawValue: try readUInt8()) else { throw .badValue }
        return value
    }

    /// A u16 length and that many bytes of UTF-8 without NUL (text ends up in C strings).
    public mutating func readText(atMost limit: Int) throws(DecodeError) -> String {
        let count = Int(try readUInt16())
        guard count <= limit else { throw .tooLong(count) }
        let text = try take(count)
        for index in 0..<count where text.unsafeLoad(fromByteOffset: index, as: UInt8.self) == 0 {
            throw .badText
        }
        let decoded = text.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
        guard let decoded else { throw .badText }
        return decoded
    }

    /// A u16 count, checked against `limit` and against the bytes left (each entry takes at least
    /// `smallest` bytes), so that a forged count allocates nothing.
    public mutating func readCount(
        atMost limit: Int, smallest: Int
    ) throws(DecodeError) -> Int {
        let count = Int(try readUInt16())
        guard count <= limit else { throw .tooMany(count) }
        guard count * smallest <= remaining else { throw .truncated }
        return count
    }

    /// A list of texts.
    public mutating func readTexts(
        atMost limit: Int, each longest: Int
    ) throws(DecodeError) -> [String] {
        let count = try readCount(atMost: limit, smallest: 2)
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try readText(atMost: longest)) }
        return texts
    }

    /// A u32 length and that many bytes, whatever they are.
    public mutating func readBytes(atMost limit: Int) throws(DecodeError) -> [UInt8] {
        let count = Int(try readUInt32())
        guard count <= limit else { throw .tooLong(count) }
        return try take(count).withUnsafeBytes { Array($0) }
    }

    /// Ends the reading: bytes left over are an error.
    public func finish() throws(DecodeError) {
        guard remaining == 0 else { throw .trailingBytes(remaining) }
    }

    @_lifetime(copy self)
    private mutating func take(_ count: Int) throws(DecodeError) -> RawSpan {
        guard count <= remaining else { throw .truncated }
        let taken = bytes.extracting(offset..<offset + count)
        offset += count
        return taken
    }

    private mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>()
        throws(DecodeError)
        -> Value
    {
        let size = MemoryLayout<Value>.size
        guard size <= remaining else { throw .truncated }
        // `remaining` was checked in the line above; every bit pattern is a valid integer.
        let value = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
        offset += size
        return Value(littleEndian: value)
    }
}
