// The head of a frame: lines of bytes, each ended by LF, the last one too. A field is a name, a
// colon, a blank and a value. What the bytes of names and values may be is HTTP's business
// (HTTPWire) or the hello's; here lines are found, and nothing is copied.

/// The lines of a head that is read from front to back.
public struct HeadBlock: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    public struct Field: Equatable, Sendable {
        /// Offsets in the block.
        public let name: Range<Int>
        public let value: Range<Int>
    }

    /// Every byte was read.
    public var isAtEnd: Bool { offset == bytes.byteCount }

    /// The next line without its LF; nil at the end, and where a last line has no LF.
    public mutating func nextLine() -> Range<Int>? {
        for index in offset..<bytes.byteCount where self[index] == 0x0A {
            defer { offset = index + 1 }
            return offset..<index
        }
        return nil
    }

    /// The next line as a field; nil at the end, and where a line is none.
    public mutating func nextField() -> Field? {
        guard let line = nextLine() else { return nil }
        for index in line where self[index] == 0x3A {
            guard index > line.lowerBound, index + 1 < line.upperBound, self[index + 1] == 0x20
            else { return nil }
            return Field(name: line.lowerBound..<index, value: index + 2..<line.upperBound)
        }
        return nil
    }

    /// The bytes of a range, as text; nil when they are no UTF-8 or hold a NUL.
    public func text(_ range: Range<Int>) -> String? {
        bytes.extracting(range).withUnsafeBytes { piece in
            piece.contains(0) ? nil : String(validating: piece, as: UTF8.self)
        }
    }

    private subscript(index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
