// One agent: started, greeted, asked, and ended as soon as it has answered; one that watches lasts.
// It may belong to somebody else: what it says is checked like a stranger's, and it has a deadline.

import Bytes
import CLinux
import Glibc
import Messages
import Posix

/// What an agent is started for.
struct AgentTask {
    /// The name of its job, as `ps` shows it.
    let job: AgentJob
    /// Whom it runs as; nil: as agents do that act for nobody.
    let identity: Identity?
    /// Questions, each with the descriptor that it passes; they stay the asker's.
    let questions: [(message: Message, descriptor: Int32?)]
    /// How long it may take.
    var deadline = MasterLimits.agentDeadline
    let done: (AgentOutcome) -> Void
    /// Of one that lasts, which has no answers: hears what it tells, until it fails.
    var hears: ((Message) -> Void)?

    var lasts: Bool { hears != nil }
}

enum AgentJob: String {
    case account
    case environment
    case watch
    case config
}

enum AgentOutcome {
    /// One answer to each question, in their order; before one of a configuration all that it is
    /// the end of.
    case answered([Message])
    /// It ended, or sent what it may not send.
    case failed(String)
    case late
}

final class AgentProcess {
    let task: AgentTask
    let pid: pid_t
    private let pidfd: Descriptor
    private var link: Descriptor?
    private let refusesDescriptors: Bool
    private var phase = Phase.greeting
    private var collector = PartCollector()
    private var answers: [Message] = []
    /// What one that lasts has told, until it is taken.
    private var heard: [Message] = []
    private var allowance = Allowance(
        rate: MasterLimits.agentRate, burst: MasterLimits.agentBurst)
    /// Questions that are answered.
    private var answered = 0
    private var pieceBytes = 0

    init(_ spawned: SpawnedHelper, _ task: AgentTask) {
        self.task = task
        pid = spawned.pid
        pidfd = Descriptor(owning: spawned.pidfd)
        link = Descriptor(owning: spawned.link)
        refusesDescriptors = apm_refuse_descriptors(spawned.link) == 0
        // Why it was not executed shows as the end of its link.
        close(spawned.report)
    }

    var descriptor: Int32? { link.number }

    /// Everything that it is to know goes out at once: the socket has room for it.
    func ask() -> Bool {
        guard send(.hello(.master, version: Version.text), nil) else { return false }
        return task.questions.allSatisfy { send($0.message, $0.descriptor) }
    }

    private func send(_ message: Message, _ descriptor: Int32?) -> Bool {
        guard let link = self.link.number else { return false }
        var passed = descriptor.map { [$0] } ?? []
        for datagram in message.encodedParts() {
            guard PacketSocket.send(datagram, descriptors: passed, over: link) == .sent else {
                return false
            }
            passed = []
        }
        return true
    }

    /// Reads what has come; an outcome when it has come to one.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> AgentOutcome? {
        for _ in 0..<MasterLimits.messagesPerTurn {
            guard let link = self.link.number else { return .failed("has ended") }
            do {
                guard let packet = try PacketSocket.receive(into: buffer, from: link) else {
                    return nil
                }
                guard packet.descriptors.isEmpty else {
                    _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
                    return .failed("sent descriptors")
                }
                guard packet.byteCount > 0 else { return .failed("has ended") }
                guard !packet.isTruncated else { return .failed("sent too long a message") }
                let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
                if let message = try take(datagram.bytes) { try note(message) }
            } catch let error as SystemError {
                return .failed(error.text)
            } catch {
                return .failed("sent what it may not send (\(error))")
            }
            if !task.lasts, answered == task.questions.count, phase == .open {
                return .answered(answers)
            }
        }
        return nil
    }

    private func take(_ datagram: RawSpan) throws(DecodeError) -> Message? {
        let header = try MessageHeader(decoding: datagram)
        let kind = try Permit.check(header, from: .agent, in: phase, received: 0)
        let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
        guard let body = try collector.add(header, body: part) else { return nil }
        if kind.isPieceOfConfig {
            pieceBytes += body.count
            guard pieceBytes <= MasterLimits.configBytes else { throw .tooLong(pieceBytes) }
        }
        return try Message.decode(kind, body: body.span.bytes)
    }

    /// A greeting, or the answer to the next question: its number is the question's plus one.
    private func note(_ message: Message) throws(DecodeError) {
        if case .hello(let role, let version) = message {
            guard role == .agent, version == Version.text else { throw .foreignProtocol }
            phase = .open
            return
        }
        if task.lasts { return try noteTold(message) }
        guard answered < task.questions.count else {
            throw .unexpectedKind(message.kind.rawValue)
        }
        let question = task.questions[answered].message.kind
        if question == .readConfig, message.kind.isPieceOfConfig {
            guard answers.count < MasterLimits.configPieces else { throw .tooMany(answers.count) }
            answers.append(message)
            return
        }
        guard message.kind.rawValue == question.rawValue + 1 else {
            throw .unexpectedKind(message.kind.rawValue)
        }
        answered += 1
        answers.append(message)
    }

    private func noteTold(_ message: Message) throws(DecodeError) {
        switch message {
        case .fileChanged, .watchFailed, .watching: heard.append(message)
        default: throw .unexpectedKind(message.kind.rawValue)
        }
        guard allowance.take(at: Clock.monotonicNanoseconds) else { throw .tooMany(heard.count) }
    }

    var hasGreeted: Bool { phase == .open }

    /// What it has told since the last time.
    func takeHeard() -> [Message] {
        defer { heard = [] }
        return heard
    }

    /// Whatever it is doing is of no use any more. What it left unread in the socket may be slow to
    /// close.
    func end() {
        SignalInstance.send(SIGKILL, to: pidfd.raw)
        guard let number = link.take()?.release() else { return }
        if refusesDescriptors {
            close(number)
        } else {
            _ = apm_close_elsewhere([number], 1)
        }
    }

    private func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}

extension MessageKind {
    /// Comes before `configRead`.
    fileprivate var isPieceOfConfig: Bool {
        switch self {
        case .workerPlanned, .configNoted, .daemonPlanned, .configFileRead, .sourceRead,
            .configNamesListed:
            true
        default: false
        }
    }
}
