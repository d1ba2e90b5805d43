// The 16 bytes before every frame, little endian:
//
//   offset  size  field
//   0       4     key of this spawn
//   4       1     kind
//   5       1     flags
//   6       2     code: a status, a reason or a version, as the kind says
//   8       4     session id: slot in the low 20 bits, generation above; 0 = no session
//   12      2     bytes of the head
//   14      2     bytes of the payload

import Bytes

/// The secret of one spawn of one instance: bytes that a worker echoes cannot be taken for frames.
public struct FrameKey: Equatable, Sendable {
    public let rawValue: UInt32

    /// Nil when `rawValue` is none: its first byte on the wire must be one of 0xF8–0xFF, which
    /// occur in no UTF-8, and none of the others, so that two keys cannot overlap in a stream.
    public init?(rawValue: UInt32) {
        guard Self.mayBegin(UInt8(truncatingIfNeeded: rawValue)) else { return nil }
        for shift in [8, 16, 24] {
            if Self.mayBegin(UInt8(truncatingIfNeeded: rawValue >> shift)) { return nil }
        }
        self.rawValue = rawValue
    }

    /// The key made of 32 random bits; some become fixed.
    public init(random bits: UInt32) {
        let first = bits & 0xFF | 0xF8
        var others = bits & 0xFFFF_FF00
        for shift in [8, 16, 24] as [UInt32] where (bits >> shift) & 0xF8 == 0xF8 {
            others &= ~(0x80 << shift)
        }
        rawValue = first | others
    }

    /// The byte that it begins with on the wire.
    public var firstByte: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

    static func mayBegin(_ byte: UInt8) -> Bool { byte >= 0xF8 }
}

/// A place in the proxy's table, and how often it was taken before: a late frame for a place that
/// is another session's by now is recognised. Valid on the pipe that it was issued to.
public struct SessionID: Equatable, Hashable, Sendable {
    static let slotBits = 20
    public let rawValue: UInt32

    public static let none = SessionID(rawValue: 0)

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A slot beyond `FrameLimits.slots`, or 0, is our own bug and traps. The generation wraps.
    public init(slot: UInt32, generation: UInt32) {
        precondition(slot > 0 && Int(slot) <= FrameLimits.slots, "no such slot")
        rawValue = slot | generation << UInt32(Self.slotBits)
    }

    public var slot: UInt32 { rawValue & (1 << UInt32(Self.slotBits) - 1) }
    public var generation: UInt32 { rawValue >> UInt32(Self.slotBits) }
}

public struct FrameHeader: Equatable, Sendable {
    public static let byteCount = 16
    /// The version of the protocol that a hello names.
    public static let version: UInt16 = 1

    public var kind: FrameKind
    public var flags: FrameFlags
    public var code: UInt16
    public var session: SessionID
    public var headCount: UInt16
    public var payloadCount: UInt16

    public init(
        _ kind: FrameKind, session: SessionID = .none, code: UInt16 = 0, flags: FrameFlags = [],
        headCount: UInt16 = 0, payloadCount: UInt16 = 0
    ) {
        self.kind = kind
        self.flags = flags
        self.code = code
        self.session = session
        self.headCount = headCount
        self.payloadCount = payloadCount
    }

    /// Bytes of the whole frame.
    public var frameBytes: Int { Self.byteCount + Int(headCount) + Int(payloadCount) }

    /// Whether a worker that has sent it takes the session for ended.
    public var endsWorker: Bool {
        switch kind {
        case .close, .pass: true
        case .response, .data: flags.contains(.end)
        default: false
        }
    }

    /// Reads and checks a header that `sender` wrote. The caller has compared the key, and `bytes`
    /// holds at least `byteCount` bytes from `offset` on.
    init(
        _ bytes: RawSpan, at offset: Int, from sender: FrameSender
    ) throws(FrameProblem) {
        try self.init(unchecked: bytes, at: offset)
        try FrameRule(of: kind).check(self, from: sender)
    }

    /// What 16 bytes say that stand behind a key, though it may be no frame: of a step that is
    /// `damaged`.
    public init(unchecked bytes: RawSpan, at offset: Int) throws(FrameProblem) {
        let first = UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let second = UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        let number = UInt8(truncatingIfNeeded: first >> 32)
        guard let kind = FrameKind(rawValue: number) else { throw .unknownKind(number) }
        self.kind = kind
        flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: first >> 40))
        code = UInt16(truncatingIfNeeded: first >> 48)
        session = SessionID(rawValue: UInt32(truncatingIfNeeded: second))
        headCount = UInt16(truncatingIfNeeded: second >> 32)
        payloadCount = UInt16(truncatingIfNeeded: second >> 48)
    }

    /// The first 8 bytes and the last 8, as numbers.
    func words(key: FrameKey) -> (UInt64, UInt64) {
        let low = UInt64(kind.rawValue) | UInt64(flags.rawValue) << 8 | UInt64(code) << 16
        let sizes = UInt64(headCount) | UInt64(payloadCount) << 16
        return (
            UInt64(key.rawValue) | low << 32,
            UInt64(session.rawValue) | sizes << 32
        )
    }
}
