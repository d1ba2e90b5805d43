// The named limits of frames. A frame is bounded by its fields: FrameDecoder never asks for more
// than `frameBytes` at once, so a reader's buffer of that size holds whatever comes.

public enum FrameLimits {
    /// Bytes of a head, and of a payload: what their u16 lengths can say.
    public static let headBytes = 65_535
    public static let payloadBytes = 65_535
    /// Bytes of the largest frame.
    public static let frameBytes = FrameHeader.byteCount + headBytes + payloadBytes
    /// Bytes of the head of a hello, and lines in it.
    public static let helloBytes = 4096
    public static let helloLines = 32
    /// Bytes of the reason text of a close.
    public static let reasonBytes = 1024
    /// Sessions that one proxy may have open: what the slot of a session id can say, without 0.
    public static let slots = (1 << SessionID.slotBits) - 1
    /// Bytes that each side may send into a session before it gets more credit. At least one full
    /// payload, else a frame could never be sent.
    public static let windowBytes = 262_144
    /// Bytes of credit that one side may have at once; more is a mistake in counting.
    public static let creditBytes = 16 * 1024 * 1024
}
