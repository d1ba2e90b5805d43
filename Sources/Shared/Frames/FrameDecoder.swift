// Finds frames among stray text in a window of bytes that the caller holds. Total: every step takes
// at least one byte of the window or says how many bytes it must have. Nothing is copied and
// nothing is remembered, so cutting the bytes elsewhere changes no result but where text is cut.
//
// Bytes that are no frame are given back as text: whatever a worker prints ends up in its log.

/// One step through a window; ranges are offsets in it.
public enum FrameStep: Equatable, Sendable {
    /// A frame, checked against the rule of its kind. The next step begins at the payload's end.
    case frame(FrameHeader, head: Range<Int>, payload: Range<Int>)
    /// Stray bytes, never empty.
    case text(Range<Int>)
    /// The key stands here and no frame behind it: its first byte is stray, the search goes on at
    /// the next.
    case damaged(FrameProblem, Range<Int>)
    /// The next step needs a window with this many bytes from its beginning on.
    case incomplete(needs: Int)
}

/// Reads what `sender` wrote on one pipe.
public struct FrameDecoder: Sendable {
    public let key: FrameKey
    public let sender: FrameSender
    /// Stray bytes so far that a key could begin with. Text has none of them, so a number that
    /// grows says that binary data is echoed, or that a key is being guessed.
    public private(set) var strayKeyBytes: UInt64 = 0

    public init(key: FrameKey, sender: FrameSender) {
        self.key = key
        self.sender = sender
    }

    /// The step that begins at `offset`; an offset beyond the window is our own bug and traps.
    public mutating func next(in window: RawSpan, at offset: Int = 0) -> FrameStep {
        precondition(offset >= 0 && offset <= window.byteCount, "beyond the window")
        let left = window.byteCount - offset
        guard left > 0 else { return .incomplete(needs: FrameHeader.byteCount) }
        guard isKey(window, at: offset) else { return textStep(in: window, from: offset) }
        guard left >= FrameHeader.byteCount else {
            return .incomplete(needs: FrameHeader.byteCount)
        }
        do throws(FrameProblem) {
            let header = try FrameHeader(window, at: offset, from: sender)
            guard left >= header.frameBytes else { return .incomplete(needs: header.frameBytes) }
            let head = offset + FrameHeader.byteCount
            let payload = head + Int(header.headCount)
            return .frame(
                header, head: head..<payload,
                payload: payload..<payload + Int(header.payloadCount))
        } catch {
            strayKeyBytes += 1
            return .damaged(error, offset..<offset + 1)
        }
    }

    /// Whether bytes that are left when a pipe has ended are the beginning of a frame: it was cut.
    /// Else they are text.
    public func isCutFrame(_ rest: RawSpan) -> Bool {
        rest.byteCount >= 4 && isKey(rest, at: 0)
    }

    /// The key of the first frame that a proxy writes: a hello names it by bearing it. Nil when the
    /// 16 bytes are no hello.
    public static func keyOfHello(_ bytes: RawSpan) -> FrameKey? {
        guard bytes.byteCount >= FrameHeader.byteCount else { return nil }
        let word = bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
        guard let key = FrameKey(rawValue: UInt32(littleEndian: word)),
            let header = try? FrameHeader(bytes, at: 0, from: .proxy), header.kind == .hello
        else { return nil }
        return key
    }

    /// Whether a key stands at `offset`, or as much of one as the window still holds.
    private func isKey(_ window: RawSpan, at offset: Int) -> Bool {
        let left = window.byteCount - offset
        if left >= 4 {
            let word = window.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return UInt32(littleEndian: word) == key.rawValue
        }
        for index in 0..<left {
            let expected = UInt8(truncatingIfNeeded: key.rawValue >> UInt32(8 * index))
            guard window.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self) == expected
            else { return false }
        }
        return true
    }

    /// Text up to the next place where a key may stand; `start` is none.
    private mutating func textStep(in window: RawSpan, from start: Int) -> FrameStep {
        let count = window.byteCount
        var index = start
        while index < count {
            // Eight bytes of ASCII at once: no key begins among them.
            if count - index >= 8 {
                let word = window.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            if FrameKey.mayBegin(window.unsafeLoad(fromByteOffset: index, as: UInt8.self)) {
                if isKey(window, at: index) { break }
                strayKeyBytes += 1
            }
            index += 1
        }
        return .text(start..<index)
    }
}
