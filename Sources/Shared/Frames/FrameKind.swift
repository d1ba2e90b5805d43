// The kinds of frames between apm-proxyd and a connector. A proxy may send even kinds, some of them
// go both ways; odd kinds come from workers alone. Numbers are never reused. docs/FRAMES.md lists
// the same; a test compares them.

/// What a frame means. Every case: direction, session, code, head, payload.
public enum FrameKind: UInt8, CaseIterable, Sendable {
    /// Both ways, first. No session. Code: protocol version. Head: `ProxyHello` or `WorkerHello`.
    case hello = 0x00
    /// proxy → worker. No session. No new session will come; those that are open go on.
    case drain = 0x02
    /// worker → proxy. No session. Payload: text for the worker's log.
    case log = 0x03
    /// proxy → worker. No session. All sessions are gone; nothing may be sent into them.
    case forget = 0x04

    /// proxy → worker. Opens a session. Head: request line, client line, fields. Payload: the first
    /// bytes of the body.
    case request = 0x10
    /// worker → proxy. Code: status 100–599. Head: fields. Payload: the first bytes of the body.
    case response = 0x11
    /// Both ways. Payload: more of a body. Head: trailer fields, with `end` alone.
    case data = 0x12
    /// Both ways. Payload: u32, bytes that the other side may send beyond what it had.
    case credit = 0x14
    /// Both ways. The session is over before its end. Code: `CloseReason` from a proxy, 0 from a
    /// worker. Payload: a reason in words, for logs.
    case close = 0x16
    /// Both ways. Payload: what a worker wants kept with a session; from a proxy: what was kept.
    case save = 0x18
    /// worker → proxy. This instance does not answer the session: the next one shall be asked.
    case pass = 0x19

    public var name: String { String(describing: self) }

    /// 0x20–0x2F WebSocket and TCP sessions, 0x30–0x3F channels, 0x40–0x4F streams between
    /// workers, 0x50–0x5F figures and dashboards: numbers kept free for them.
    public static let reserved: ClosedRange<UInt8> = 0x20...0x5F
}

/// Who wrote a frame.
public enum FrameSender: Sendable {
    case proxy, worker
}

/// The bits of a header's flags.
public struct FrameFlags: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The last frame of a body, in its direction.
    public static let end = FrameFlags(rawValue: 1)
    /// The session was another instance's before; a `save` with what that one kept follows.
    public static let restored = FrameFlags(rawValue: 2)
}

/// Why a proxy closes a session before its end.
public enum CloseReason: UInt16, CaseIterable, Sendable {
    /// The client has gone, or has its answer and sends no more.
    case clientGone = 0
    /// The client took or sent nothing for too long.
    case clientStalled = 1
    /// The worker took too long; the client was told.
    case workerStalled = 2
    /// The worker broke a rule of this session, as the payload says.
    case workerFault = 3
    /// What the client sent is no HTTP, or too long.
    case clientFault = 4
}
