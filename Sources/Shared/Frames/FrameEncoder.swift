// Writes frames one behind the other into memory that the caller lends, so that a whole batch is
// sent with one call. A head or payload of unknown length is written straight into its place; the
// lengths are set when the frame is finished.

import Bytes

public struct FrameEncoder {
    public let key: FrameKey
    /// Where the head and the payload of the frame that is begun are written.
    public var writer: BufferWriter
    private var header = FrameHeader(.drain)
    private var start = 0
    private var payloadStart: Int?

    /// `memory` must outlive the encoder.
    public init(key: FrameKey, into memory: UnsafeMutableRawBufferPointer) {
        self.key = key
        writer = BufferWriter(memory)
    }

    /// Begins a frame: its head comes next. The lengths in `header` do not matter.
    public mutating func begin(_ header: FrameHeader) {
        self.header = header
        start = writer.count
        payloadStart = nil
        writer.skip(FrameHeader.byteCount)
    }

    /// The head is written: the payload comes next.
    public mutating func beginPayload() {
        payloadStart = writer.count
    }

    /// Sets the lengths, and flags that were not known before. False when the frame did not fit,
    /// into the memory or into its fields: then it is taken back, and the frames before it still
    /// stand.
    @discardableResult
    public mutating func finish(adding flags: FrameFlags = []) -> Bool {
        let head = (payloadStart ?? writer.count) - start - FrameHeader.byteCount
        let payload = writer.count - (payloadStart ?? writer.count)
        guard !writer.isFull, head <= FrameLimits.headBytes, payload <= FrameLimits.payloadBytes
        else {
            writer.rewind(to: start)
            return false
        }
        header.flags.formUnion(flags)
        header.headCount = UInt16(head)
        header.payloadCount = UInt16(payload)
        let words = header.words(key: key)
        writer.store(words.0, at: start)
        writer.store(words.1, at: start + 8)
        return true
    }

    /// Takes back what was begun and not finished.
    public mutating func abandon() {
        writer.rewind(to: start)
    }

    /// A whole frame; false when it did not fit.
    @discardableResult
    public mutating func write(
        _ header: FrameHeader, head: RawSpan, payload: RawSpan
    ) -> Bool {
        begin(header)
        writer.write(head)
        beginPayload()
        writer.write(payload)
        return finish()
    }

    /// A frame without head and payload.
    @discardableResult
    public mutating func write(_ header: FrameHeader) -> Bool {
        begin(header)
        return finish()
    }

    /// Lets the other side send `bytes` more.
    @discardableResult
    public mutating func writeCredit(_ bytes: UInt32, session: SessionID) -> Bool {
        begin(FrameHeader(.credit, session: session))
        beginPayload()
        writer.writeLittleEndian(bytes)
        return finish()
    }
}
