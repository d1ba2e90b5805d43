// What a request head says. Everything is an offset into the bytes that it was read from, so it is
// valid as long as these stay where they are.

/// A stretch of a head. Heads are short enough for u16.
public struct HeadRange: Equatable, Sendable {
    public let start: UInt16
    public let count: UInt16

    init(_ range: Range<Int>) {
        start = UInt16(truncatingIfNeeded: range.lowerBound)
        count = UInt16(truncatingIfNeeded: range.count)
    }

    public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    public var isEmpty: Bool { count == 0 }
}

public struct HeaderField: Equatable, Sendable {
    public let name: HeadRange
    public let value: HeadRange
    /// It concerns this connection alone, or Connection names it: it is not passed on.
    public internal(set) var isHopByHop: Bool
    /// It tells how the request came to the one who sent it here (`X-Forwarded-Proto`): only a
    /// trusted proxy is believed.
    public internal(set) var isForwarded = false
}

/// How a body is delimited.
public enum BodyFraming: Equatable, Sendable {
    case none
    /// More than 0 bytes.
    case length(UInt64)
    case chunked
}

public struct RequestHead: Equatable, Sendable {
    public enum Form: Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `*`, of OPTIONS
        case asterisk
    }

    public enum Upgrade: Sendable {
        case none, webSocket, other
    }

    public internal(set) var method = HeadRange(0..<0)
    /// Path and query, without scheme and host; may be empty, or begin with `?`, in absolute form.
    public internal(set) var target = HeadRange(0..<0)
    public internal(set) var form = Form.origin
    /// HTTP/1.0; else it is HTTP/1.1.
    public internal(set) var isVersion10 = false
    /// Host, or of an absolute target; empty where HTTP/1.0 says none.
    public internal(set) var host = HeadRange(0..<0)
    public internal(set) var body = BodyFraming.none
    /// The client wants to send more requests on this connection.
    public internal(set) var keepsAlive = true
    public internal(set) var expectsContinue = false
    public internal(set) var upgrade = Upgrade.none
    public internal(set) var isHead = false
    /// Fields are there that say whose request this is, in `X-Forwarded-For` or `X-Real-IP`.
    public internal(set) var namesClient = false
    /// Bytes of the head, with the empty line: the body begins there.
    public internal(set) var byteCount = 0
}
