// What each kind of frame may look like: one row a kind. A header that breaks its row is no frame.

/// One row: who may send the kind, and with which fields.
struct FrameRule {
    enum Scope {
        /// Session id 0.
        case instance
        /// The id of a session.
        case session
    }

    let scope: Scope
    var proxySends = false
    var workerSends = false
    var flags: FrameFlags = []
    var codes: ClosedRange<UInt16> = 0...0
    var headBytes = 0
    var payloadBytes: ClosedRange<Int> = 0...0

    init(of kind: FrameKind) {
        let anyPayload = 0...FrameLimits.payloadBytes
        switch kind {
        case .hello:
            self.init(.instance, proxy: true, worker: true, codes: 1...1)
            headBytes = FrameLimits.helloBytes
        case .drain, .forget:
            self.init(.instance, proxy: true)
        case .log:
            self.init(.instance, worker: true, payload: anyPayload)
        case .request:
            self.init(.session, proxy: true, payload: anyPayload)
            flags = [.end, .restored]
            headBytes = FrameLimits.headBytes
        case .response:
            self.init(.session, worker: true, codes: 100...599, payload: anyPayload)
            flags = [.end]
            headBytes = FrameLimits.headBytes
        case .data:
            self.init(.session, proxy: true, worker: true, payload: anyPayload)
            flags = [.end]
            headBytes = FrameLimits.headBytes
        case .credit:
            self.init(.session, proxy: true, worker: true, payload: 4...4)
        case .close:
            self.init(.session, proxy: true, worker: true, codes: 0...4)
            payloadBytes = 0...FrameLimits.reasonBytes
        case .save:
            self.init(.session, proxy: true, worker: true, payload: anyPayload)
        case .pass:
            self.init(.session, worker: true)
        }
    }

    private init(
        _ scope: Scope, proxy: Bool = false, worker: Bool = false,
        codes: ClosedRange<UInt16> = 0...0, payload: ClosedRange<Int> = 0...0
    ) {
        self.scope = scope
        proxySends = proxy
        workerSends = worker
        self.codes = codes
        payloadBytes = payload
    }

    /// Checks a header that `sender` wrote.
    func check(
        _ header: FrameHeader, from sender: FrameSender
    ) throws(FrameProblem) {
        guard sender == .proxy ? proxySends : workerSends else { throw .wrongSender }
        guard header.flags.isSubset(of: flags) else { throw .undefinedFlag }
        // A worker's close has no reasons to choose from.
        let isPlain = header.kind == .close && sender == .worker
        guard isPlain ? header.code == 0 : codes.contains(header.code) else { throw .badCode }
        switch scope {
        case .instance: guard header.session == .none else { throw .wrongSession }
        case .session: guard header.session.slot != 0 else { throw .wrongSession }
        }
        guard Int(header.headCount) <= headBytes else { throw .wrongLength }
        guard payloadBytes.contains(Int(header.payloadCount)) else { throw .wrongLength }
        // The head of data is its trailer, and a trailer is last.
        if header.kind == .data, header.headCount > 0, !header.flags.contains(.end) {
            throw .wrongLength
        }
    }
}

/// Why bytes with the right key are no frame, or a frame is not taken.
public enum FrameProblem: Error, Equatable, Sendable {
    case unknownKind(UInt8)
    /// The kind goes the other way.
    case wrongSender
    case undefinedFlag
    /// The code field has a value that the kind does not know.
    case badCode
    /// A session where none may be, or none where one must be.
    case wrongSession
    /// A head or payload that the kind does not have, or of a wrong length.
    case wrongLength
    /// The head of a hello is not what it must be.
    case badHello
    /// Not now: a second response, data before it, anything behind the end.
    case outOfTurn
    /// More bytes than there was credit for, or more credit than one may give.
    case creditExceeded
}
