// Writes little-endian fields. What is written here was checked before: a text too long for its
// length field is our own bug and traps.

/// An appending buffer of encoded fields.
public struct ByteWriter {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    public mutating func write(_ value: UInt8) { bytes.append(value) }
    public mutating func write(_ value: UInt16) { writeInteger(value) }
    public mutating func write(_ value: UInt32) { writeInteger(value) }
    public mutating func write(_ value: UInt64) { writeInteger(value) }
    public mutating func write(_ value: Int32) { writeInteger(value) }
    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    public mutating func writeCase<Value: RawRepresentable>(_ value: Value)
    where Value.RawValue == UInt8 {
        bytes.append(value.rawValue)
    }

    /// A u16 length and the UTF-8 bytes.
    public mutating func write(_ text: String) {
        let utf8 = text.utf8
        precondition(utf8.count <= Int(UInt16.max), "text longer than its length field")
        write(UInt16(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    /// A u16 count and the texts.
    public mutating func write(_ texts: [String]) {
        precondition(texts.count <= Int(UInt16.max), "list longer than its count field")
        write(UInt16(texts.count))
        for text in texts { write(text) }
    }

    /// A u32 length and the bytes.
    public mutating func write(_ encoded: [UInt8]) {
        write(UInt32(encoded.count))
        bytes.append(contentsOf: encoded)
    }

    private mutating func writeInteger<Value: FixedWidthInteger>(_ value: Value) {
        var rest = value
        for _ in 0..<MemoryLayout<Value>.size {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
