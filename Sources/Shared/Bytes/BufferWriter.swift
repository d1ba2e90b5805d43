// Writes into memory that the caller lends and never allocates: what goes out on a hot path is made
// where it is sent from. What does not fit is not written at all, and said by `isFull`.

/// A cursor over borrowed memory, which must outlive it. Once something did not fit, nothing more
/// is written until `rewind` goes back behind it.
public struct BufferWriter {
    @usableFromInline let memory: UnsafeMutableRawBufferPointer
    @usableFromInline var position = 0
    @usableFromInline var hasOverflowed = false

    public init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Bytes written so far.
    @inlinable public var count: Int { position }
    /// Something did not fit.
    @inlinable public var isFull: Bool { hasOverflowed }
    /// Bytes that still fit.
    @inlinable public var room: Int { memory.count - position }

    /// What was written, as a view into the caller's memory.
    public var written: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[..<position])
    }

    @inlinable
    @inline(__always)
    public mutating func write(_ byte: UInt8) {
        guard takes(1) else { return }
        memory[position] = byte
        position += 1
    }

    @inlinable
    public mutating func write(_ bytes: RawSpan) {
        let added = bytes.byteCount
        guard takes(added), let start = memory.baseAddress else { return }
        bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            (start + position).copyMemory(from: from, byteCount: added)
        }
        position += added
    }

    /// The UTF-8 of a literal.
    @inlinable
    public mutating func write(_ text: StaticString) {
        let added = text.utf8CodeUnitCount
        guard takes(added), let start = memory.baseAddress else { return }
        (start + position).copyMemory(from: text.utf8Start, byteCount: added)
        position += added
    }

    /// The UTF-8 of a text that was made at run time.
    public mutating func write(utf8 text: String) {
        guard takes(text.utf8.count) else { return }
        for byte in text.utf8 { write(byte) }
    }

    /// ASCII letters become small; other bytes stay.
    @inlinable
    public mutating func writeLowercased(_ bytes: RawSpan) {
        let added = bytes.byteCount
        guard takes(added), let start = memory.baseAddress else { return }
        for index in 0..<added {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let isCapital = byte &- 0x41 < 26
            (start + position + index).storeBytes(
                of: isCapital ? byte | 0x20 : byte, as: UInt8.self)
        }
        position += added
    }

    @inlinable
    public mutating func writeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value
    ) {
        let added = MemoryLayout<Value>.size
        guard takes(added) else { return }
        memory.storeBytes(of: value.littleEndian, toByteOffset: position, as: Value.self)
        position += added
    }

    /// The digits of a number, without leading zeros.
    public mutating func writeDecimal(_ number: UInt64) {
        writeDigits(of: number, base: 10)
    }

    /// Small hexadecimal digits, without leading zeros.
    public mutating func writeHexadecimal(_ number: UInt64) {
        writeDigits(of: number, base: 16)
    }

    private mutating func writeDigits(of number: UInt64, base: UInt64) {
        var digits = 1
        var rest = number / base
        while rest > 0 {
            digits += 1
            rest /= base
        }
        guard takes(digits) else { return }
        rest = number
        for place in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % base)
            memory[position + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
            rest /= base
        }
        position += digits
    }

    /// Leaves `size` bytes to be stored later, zero until then.
    @inlinable
    public mutating func skip(_ size: Int) {
        guard takes(size) else { return }
        for index in 0..<size { memory[position + index] = 0 }
        position += size
    }

    /// Stores over bytes that were written before. A place beyond them is our own bug and traps.
    @inlinable
    public mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        precondition(
            offset >= 0 && offset + MemoryLayout<Value>.size <= position, "not written yet")
        memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Takes back what was written from `offset` on; there is room again.
    @inlinable
    public mutating func rewind(to offset: Int) {
        precondition(offset >= 0 && offset <= position, "nothing stands there")
        position = offset
        hasOverflowed = false
    }

    @inlinable
    @inline(__always)
    mutating func takes(_ added: Int) -> Bool {
        if hasOverflowed || added > memory.count - position {
            hasOverflowed = true
            return false
        }
        return true
    }
}
