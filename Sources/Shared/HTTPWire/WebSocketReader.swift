// One direction of a WebSocket connection: frames to messages, pings and the close. Payload is
// unmasked where it lies and handed on as it comes, so a connection remembers a few numbers and no
// bytes. Text is checked as it comes.

public enum WebSocketStep: Equatable, Sendable {
    /// Bytes of a message, maybe none; `isLast` when the message ends with them. `next` is where
    /// the next step begins.
    case message(Range<Int>, isText: Bool, isFirst: Bool, isLast: Bool, next: Int)
    case ping(Range<Int>, next: Int)
    case pong(Range<Int>, next: Int)
    /// The other end is done: its code (nil: none given), the reason's bytes.
    case close(UInt16?, Range<Int>, next: Int)
    /// More bytes are needed; those from here on must be there again.
    case incomplete(Int)
    case refused(WebSocketFault)
}

public struct WebSocketReader: Equatable, Sendable {
    private let sender: WebSocketSender
    private let messageBytes: UInt64
    /// The frame whose payload is being read: what is left of it, and how much was read.
    private var left: UInt64 = 0
    private var phase = 0
    private var mask: UInt32 = 0
    private var isInFrame = false
    private var isFinal = false
    /// The message that is being read.
    private var isInMessage = false
    private var isText = false
    private var isFirst = false
    private var total: UInt64 = 0
    private var check = UTF8Check()
    private var isClosed = false

    /// `messageBytes`: what one message may have, however many frames it has.
    public init(from sender: WebSocketSender, messageBytes: UInt64) {
        self.sender = sender
        self.messageBytes = messageBytes
    }

    /// The step that begins at `offset`. After a close or `.refused` nothing more is read.
    public mutating func next(
        in window: UnsafeMutableRawBufferPointer, at offset: Int = 0
    ) -> WebSocketStep {
        precondition(offset >= 0 && offset <= window.count, "beyond the window")
        if isClosed { return .incomplete(window.count) }
        do throws(WebSocketFault) {
            if isInFrame { return try takePayload(window, at: offset) }
            let bytes = UnsafeRawBufferPointer(window).bytes
            guard let header = try WebSocketHeader(bytes, at: offset, from: sender) else {
                return .incomplete(offset)
            }
            if header.opcode.isControl { return try takeControl(window, header, at: offset) }
            try begin(header)
            return try takePayload(window, at: offset + header.byteCount)
        } catch {
            isClosed = true
            return .refused(error)
        }
    }

    private mutating func begin(_ header: WebSocketHeader) throws(WebSocketFault) {
        guard isInMessage == (header.opcode == .continuation) else { throw .badSequence }
        if !isInMessage {
            isInMessage = true
            isText = header.opcode == .text
            isFirst = true
            total = 0
            check = UTF8Check()
        }
        // Both are below 2^63.
        guard total + header.payloadCount <= messageBytes else { throw .messageTooLong }
        total += header.payloadCount
        left = header.payloadCount
        phase = 0
        mask = header.mask ?? 0
        isInFrame = true
        isFinal = header.isFinal
    }

    private mutating func takePayload(
        _ window: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(WebSocketFault) -> WebSocketStep {
        let taken = Int(min(left, UInt64(window.count - offset)))
        guard taken > 0 || left == 0 else { return .incomplete(offset) }
        let range = offset..<offset + taken
        let piece = UnsafeMutableRawBufferPointer(rebasing: window[range])
        if mask != 0 { WebSocketHeader.applyMask(mask, to: piece, phase: phase) }
        if isText, !check.take(UnsafeRawBufferPointer(piece).bytes) { throw .badText }
        left -= UInt64(taken)
        phase = (phase + taken) & 3
        let isLast = left == 0 && isFinal
        if left == 0 { isInFrame = false }
        if isLast {
            guard !isText || check.isComplete else { throw .badText }
            isInMessage = false
        }
        defer { isFirst = false }
        return .message(
            range, isText: isText, isFirst: isFirst, isLast: isLast, next: range.upperBound)
    }

    /// Control frames are short: they are read when all of one is there.
    private mutating func takeControl(
        _ window: UnsafeMutableRawBufferPointer, _ header: WebSocketHeader, at offset: Int
    ) throws(WebSocketFault) -> WebSocketStep {
        let start = offset + header.byteCount
        let end = start + Int(header.payloadCount)
        guard window.count >= end else { return .incomplete(offset) }
        let piece = UnsafeMutableRawBufferPointer(rebasing: window[start..<end])
        WebSocketHeader.applyMask(header.mask ?? 0, to: piece, phase: 0)
        switch header.opcode {
        case .ping: return .ping(start..<end, next: end)
        case .pong: return .pong(start..<end, next: end)
        case .close, .continuation, .text, .binary:
            let code = try WebSocketClose.read(UnsafeRawBufferPointer(piece).bytes)
            isClosed = true
            return .close(code, min(start + 2, end)..<end, next: end)
        }
    }
}
