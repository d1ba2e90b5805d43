// One session as a proxy sees it: whose turn it is, and how many bytes each side may still send. A
// worker that breaks a rule here has spoilt this session and no other. Pure: no clock, no ids.
//
// A session is over when both sides have ended it, by a frame with `end` or by a close. Only then
// may its slot be given to another one.

/// Bytes that one side may still send.
public struct Credit: Equatable, Sendable {
    public private(set) var bytes: UInt32

    public init(bytes: UInt32) {
        self.bytes = bytes
    }

    /// Takes what a frame carries; more than there is, is the sender's mistake.
    public mutating func spend(_ count: Int) throws(FrameProblem) {
        guard count <= Int(bytes) else { throw .creditExceeded }
        bytes -= UInt32(count)
    }

    /// Adds what the other side has allowed.
    public mutating func grant(_ more: UInt32) throws(FrameProblem) {
        guard more > 0, Int(bytes) + Int(more) <= FrameLimits.creditBytes else {
            throw .creditExceeded
        }
        bytes += more
    }
}

public struct SessionState: Equatable, Sendable {
    /// How far the worker's answer has come.
    public enum Answer: Equatable, Sendable {
        /// No response yet, or informational ones only.
        case awaited
        /// The head is there, the body goes on.
        case begun
        /// The worker has ended its side, or closed or passed the session.
        case ended
    }

    public private(set) var answer = Answer.awaited
    /// The proxy has sent its last frame of this session, credit aside.
    public private(set) var isRequestEnded = false
    /// The proxy closed the session: what still comes is dropped, until the worker's end.
    public private(set) var isClosed = false
    /// What the proxy may send, and what the worker may.
    public private(set) var toWorker: Credit
    public private(set) var fromWorker: Credit
    private var hasSentBody = false

    public init(windowBytes: UInt32 = UInt32(FrameLimits.windowBytes)) {
        toWorker = Credit(bytes: windowBytes)
        fromWorker = Credit(bytes: windowBytes)
    }

    /// Both sides have ended: the slot is free.
    public var isOver: Bool { answer == .ended && isRequestEnded }

    /// A frame of the worker for this session. A frame that throws has changed nothing.
    public mutating func receive(
        _ header: FrameHeader, credit granted: UInt32 = 0
    ) throws(FrameProblem) {
        guard answer != .ended else { throw .outOfTurn }
        switch header.kind {
        case .response: try receiveResponse(header)
        case .data:
            guard answer == .begun || isClosed else { throw .outOfTurn }
            try receiveBody(header)
        case .credit: try toWorker.grant(granted)
        case .close: answer = .ended
        case .save: break
        case .pass:
            // Another instance can be asked only while all that came is still at hand.
            guard answer == .awaited, isRequestEnded, !hasSentBody else { throw .outOfTurn }
            answer = .ended
        case .hello, .drain, .log, .forget, .request: throw .wrongSender
        }
    }

    private mutating func receiveResponse(_ header: FrameHeader) throws(FrameProblem) {
        guard answer == .awaited else { throw .outOfTurn }
        if header.code < 200 {
            guard header.payloadCount == 0, !header.flags.contains(.end) else { throw .outOfTurn }
            return
        }
        try receiveBody(header)
        if answer == .awaited { answer = .begun }
    }

    private mutating func receiveBody(_ header: FrameHeader) throws(FrameProblem) {
        try fromWorker.spend(Int(header.payloadCount))
        if header.flags.contains(.end) { answer = .ended }
    }

    /// The proxy sends its request, or more of the body. More than the credit allows, or anything
    /// behind the end, is our own bug and throws like a peer's.
    public mutating func send(_ header: FrameHeader) throws(FrameProblem) {
        guard !isRequestEnded, header.kind == .request || header.kind == .data else {
            throw .outOfTurn
        }
        try toWorker.spend(Int(header.payloadCount))
        if header.kind == .data, header.payloadCount > 0 { hasSentBody = true }
        if header.flags.contains(.end) { isRequestEnded = true }
    }

    /// The proxy closes the session. False when there is nobody left to be told.
    public mutating func close() -> Bool {
        guard !isClosed, answer != .ended || !isRequestEnded else { return false }
        isClosed = true
        isRequestEnded = true
        return true
    }

    /// A frame was refused with which the worker has ended its side.
    public mutating func endWorker() { answer = .ended }

    /// The proxy gives credit for what the client has taken.
    public mutating func grant(_ bytes: UInt32) throws(FrameProblem) {
        try fromWorker.grant(bytes)
    }
}
