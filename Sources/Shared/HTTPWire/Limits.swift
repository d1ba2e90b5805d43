// The named limits of HTTP on the wire. Those that a worker's options set are values of
// RequestLimits; the rest are the same for all.

/// What one request head may take.
public struct RequestLimits: Equatable, Sendable {
    /// Bytes of the request line, without its end. More is a 414.
    public var lineBytes: Int
    /// Bytes of the whole head, with its empty line. More is a 431.
    public var headBytes: Int
    /// Fields. More is a 431.
    public var fields: Int

    public init(lineBytes: Int = 8192, headBytes: Int = 32_768, fields: Int = 100) {
        precondition(headBytes <= HTTPLimits.headBytes, "a head beyond its offsets")
        precondition(fields <= HTTPLimits.fields, "a table beyond its limit")
        self.lineBytes = lineBytes
        self.headBytes = headBytes
        self.fields = fields
    }
}

public enum HTTPLimits {
    /// Bytes that an option may set for a head: offsets in it are u16, and with the client's
    /// address it has to fit into the head of a frame.
    public static let headBytes = 61_440
    /// Fields that an option may set.
    public static let fields = 512
    /// Bytes of a method.
    public static let methodBytes = 32
    /// Options that the Connection fields of one head may name.
    public static let connectionOptions = 32
    /// Digits of a Content-Length: a value of so many fits into 63 bits.
    public static let lengthDigits = 18
    /// Hexadecimal digits of a chunk's size.
    public static let chunkDigits = 15
    /// Bytes of one chunk's size line, its extensions included.
    public static let chunkLineBytes = 1024
    /// Bytes of chunk extensions that a body may have before it has brought 16 times as many of
    /// data: else reading it could cost far more than it carries.
    public static let extensionBytes = 16_384
    /// Bytes of the trailer section, and fields in it.
    public static let trailerBytes = 8192
    public static let trailerFields = 32
    /// Fields of a response head, and of a trailer that a worker sends.
    public static let responseFields = 512
    /// Bytes that a response takes at most beyond the fields, each with one byte more, and the body
    /// that a worker gave it: status line, date, lengths and ends.
    public static let responseOverhead = 512
    /// Payload bytes of a WebSocket control frame, and of the reason in a close.
    public static let controlBytes = 125
    public static let reasonBytes = 123
}
