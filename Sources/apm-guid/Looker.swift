// One connection to the look socket. It is not read while it has an answer to wait for or to take,
// so that it costs one question's memory, whatever it sends.

import Bytes
import CLinux
import Control
import EventLoop
import Glibc
import Messages
import Posix

final class Looker {
    let id: UInt32
    let uid: UInt32
    let socket: Descriptor
    private var phase = Phase.greeting
    private var allowance = Limits.burst
    private var allowanceAt = Clock.monotonicNanoseconds
    private(set) var lastActivity = Clock.monotonicNanoseconds
    /// What it has asked and not been answered.
    private(set) var question: (id: UInt32, Question)?
    /// The master's to answer.
    var order: UInt32?
    /// What it has not taken yet.
    private var outgoing: (answer: Answer, id: UInt32, offset: Int)?
    /// Closed as soon as it has taken its answer.
    private var isLast = false
    var isPaused = false
    /// What the loop watches it for.
    var interest = Interest.readable

    init(id: UInt32, uid: UInt32, socket: consuming Descriptor) {
        self.id = id
        self.uid = uid
        self.socket = socket
    }

    /// It is to be closed: it has left, or broken the protocol.
    struct Gone: Error {}

    enum Progress {
        case idle
        /// It has asked something.
        case asked
        /// It has sent more than its share.
        case paused
    }

    var isGreeted: Bool { phase == .open }
    var isStalled: Bool { outgoing != nil }

    var wantedInterest: Interest {
        if outgoing != nil { return .writable }
        return question == nil && !isPaused ? .readable : .none
    }

    // MARK: receiving

    /// Reads until it has asked something; `mayOrder`: it may want something done, too.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, mayOrder: Bool = false
    ) throws(Gone) -> Progress {
        for _ in 0..<Limits.messagesPerTurn {
            guard question == nil, outgoing == nil else { return .idle }
            guard spend() else { return .paused }
            let packet: ReceivedPacket
            do {
                guard let received = try PacketSocket.receive(into: buffer, from: socket.raw) else {
                    allowance += 1
                    return .idle
                }
                packet = received
            } catch {
                throw Gone()
            }
            lastActivity = Clock.monotonicNanoseconds
            // Where the kernel lets them through, closing can take long: for lookers alone.
            for descriptor in packet.descriptors { close(descriptor) }
            guard packet.byteCount > 0, packet.descriptors.isEmpty, !packet.isTruncated else {
                throw Gone()
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
            do {
                try take(bytes.bytes, mayOrder)
            } catch {
                throw Gone()
            }
            if question != nil { return .asked }
        }
        return .idle
    }

    private func take(_ datagram: RawSpan, _ mayOrder: Bool) throws {
        let header = try MessageHeader(decoding: datagram)
        let kind = try Command.permitted(header, in: phase, received: 0)
        guard header.flags.isEmpty else { throw DecodeError.undefinedFlag }
        switch kind {
        case .hello, .list, .look, .status, .info: break
        case .start where mayOrder, .stop where mayOrder, .restart where mayOrder: break
        default: return try show(Answer(.refused(Refusal(.notPermitted))), to: header.id)
        }
        let body = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
        switch try Command.decode(kind, body: body) {
        case .hello(let role, let version):
            guard role == .cli, version == Version.text else {
                isLast = true
                let refusal = Refusal(.otherVersion, subject: Version.text)
                return try show(Answer(.refused(refusal)), to: header.id)
            }
            phase = .open
            question = (header.id, .welcome)
        case .list: question = (header.id, .list)
        case .look: question = (header.id, .look)
        case .status: question = (header.id, .status)
        case .info(let selection): question = (header.id, .info(selection.name))
        case .start, .stop, .restart:
            question = (header.id, .order(kind, body.withUnsafeBytes { Array($0) }))
        default: throw DecodeError.unexpectedKind(header.kind)
        }
    }

    private func spend() -> Bool {
        let now = Clock.monotonicNanoseconds
        let earned = Double(now - allowanceAt) / 1e9 * Limits.rate
        allowance = min(Limits.burst, allowance + earned)
        allowanceAt = now
        guard allowance >= 1 else { return false }
        allowance -= 1
        return true
    }

    // MARK: sending

    /// Answers its question.
    func answer(from showcase: Showcase) throws(Gone) {
        guard let (id, asked) = question else { return }
        question = nil
        try show(showcase.answer(asked), to: id)
    }

    /// Answers what it wanted done.
    func answer(with answer: Answer) throws(Gone) {
        guard let (id, _) = question else { return }
        question = nil
        try show(answer, to: id)
    }

    private func show(_ answer: Answer, to id: UInt32) throws(Gone) {
        outgoing = (answer, id, 0)
        try flush()
    }

    /// Sends what its socket takes.
    func flush() throws(Gone) {
        while let (answer, id, offset) = outgoing {
            let datagram = Parts.datagram(
                kind: answer.kind.rawValue, id: id, body: answer.body, from: offset)
            switch PacketSocket.send(datagram.bytes, over: socket.raw) {
            case .sent: outgoing = datagram.next.map { (answer, id, $0) }
            case .full: return
            case .failed: throw Gone()
            }
        }
        if isLast { throw Gone() }
    }
}
