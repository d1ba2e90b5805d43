// The loop: messages of the master first, then what clients and instances have sent, then what is
// due; at the end of a turn each instance and each client that gets something is written to once.
// One thread, no call that waits but epoll_wait. Without work it sleeps until the next deadline.

import CLinux
import Confinement
import EventLoop
import Frames
import Glibc
import Messages
import Posix

final class Switchboard {
    /// What an event of the loop is about: the kind above, a number below.
    enum Token {
        static let link: UInt64 = 0
        static let client: UInt64 = 1
        static let server: UInt64 = 2
        static let output: UInt64 = 3
        static let input: UInt64 = 4
        static let text: UInt64 = 5
        static let accessLog: UInt64 = 6

        static func of(_ kind: UInt64, _ number: Int) -> UInt64 { kind << 32 | UInt64(number) }
    }

    /// What is due beside the deadlines of clients.
    enum Due: Hashable {
        /// There may be descriptors again.
        case accepting
        /// An instance takes nothing.
        case unread(UInt16)
        /// An instance ends none of the sessions that were closed.
        case unended(UInt16)
        /// The last text of an instance waits for its log.
        case lastText(UInt16)
    }

    let link: MasterLink
    let loop: EventLoop
    let figures: Figures
    let notes: Notes
    let pool = BufferPool()
    let trace = TraceID()
    var date = DateLine()
    var clients: Table<Client>
    var sessions: SessionTable
    var wheel: DeadlineWheel
    var timers = Timers<Due>()
    /// Workers and servers by the master's numbers, servers by their own places too.
    var workers: [UInt16: Worker] = [:]
    var serverNumbers: [UInt16: Server] = [:]
    var servers: [Server?] = []
    var instances = [Instance?](repeating: nil, count: MessageLimits.connectedInstances)
    /// When this turn began; monotonic nanoseconds.
    var now: Int64
    var traceNumber: UInt64 = 0
    var isAcceptingPaused = false

    /// What gets something at the end of the turn.
    var dirtyClients: [UInt32] = []
    var dirtyInstances: [Instance] = []
    var dirtyLogs: [Worker] = []
    /// Clients that are looked at again without an event.
    var again: [UInt32] = []
    /// Numbers of clients that closed in this turn: its events may still name them.
    var closed: [UInt32] = []
    private var due: [UInt32] = []
    private var ready: [ReadyEvent] = []
    private var taken: [UInt32] = []
    private var linkInterest = Interest.readable
    private var tellsWorkAt = Int64.min

    let clientMemory: UnsafeMutableRawBufferPointer
    /// With room in front for the beginning of a frame.
    let workerMemory: UnsafeMutableRawBufferPointer
    let addressMemory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
    static let shortPartialBytes = 16_384

    /// Waits for the master's greeting and the figures.
    init(link: MasterLink, loop: consuming EventLoop, openFiles: UInt64) throws(SystemError) {
        self.link = link
        self.loop = loop
        notes = Notes(link: link)
        now = Clock.monotonicNanoseconds
        // A message whose descriptors find no place would be the end of all connections.
        let kept = min(Limits.keptFiles, openFiles / 2)
        clients = try Table(capacity: min(Limits.clients, Int(openFiles - kept)))
        sessions = try SessionTable(capacity: Limits.sessions)
        wheel = try DeadlineWheel(capacity: Limits.clients, now: now)
        clientMemory = try Self.memory(Limits.bodyReadBytes)
        workerMemory = try Self.memory(Self.shortPartialBytes + Limits.workerReadBytes)
        try self.loop.add(MasterLink.descriptor, for: .readable, token: Token.of(Token.link, 0))
        figures = try link.awaitFigures(self.loop)
    }

    private static func memory(
        _ byteCount: Int
    ) throws(SystemError) -> UnsafeMutableRawBufferPointer {
        let start: UnsafeMutablePointer<UInt8> = try Mapped.memory(byteCount)
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    func run() throws(SystemError) -> Never {
        receiveMessages()
        while true {
            ready.removeAll(keepingCapacity: true)
            try loop.wait(until: deadline) { ready.append($0) }
            now = Clock.monotonicNanoseconds
            for index in ready.indices { handle(ready[index]) }
            lookAgain()
            handleDue()
            flush()
            forgetClosed()
            try watchLink()
        }
    }

    private var deadline: Int64? {
        if !again.isEmpty || !dirtyClients.isEmpty || !dirtyInstances.isEmpty { return 0 }
        guard let timer = timers.next else { return wheel.next }
        return min(timer, wheel.next ?? timer)
    }

    private func handle(_ event: ReadyEvent) {
        let number = Int(event.token & 0xFFFF_FFFF)
        switch event.token >> 32 {
        case Token.client: handle(clients[UInt32(number)], event)
        case Token.output: if let instance = instances[number] { readOutput(instance) }
        case Token.server: if let server = servers[number] { accept(server) }
        case Token.input: if let instance = instances[number] { look(at: instance, event) }
        case Token.text: if let instance = instances[number] { unblockText(instance) }
        case Token.accessLog: if let worker = workers[UInt16(number)] { unblockLog(worker) }
        default: receiveMessages()
        }
    }

    private func receiveMessages() {
        for _ in 0..<Limits.messagesAtOnce {
            switch link.receive() {
            case .message(let message, let descriptors): handle(message, descriptors)
            case .none: return
            case .closed: exit(EXIT_SUCCESS)
            case .breach(let reason): breach(reason)
            }
        }
    }

    private func watchLink() throws(SystemError) {
        guard link.hasUnsent || linkInterest != .readable else { return }
        link.flush()
        let wanted: Interest = link.hasUnsent ? [.readable, .writable] : .readable
        guard wanted != linkInterest else { return }
        try loop.change(MasterLink.descriptor, to: wanted, token: Token.of(Token.link, 0))
        linkInterest = wanted
    }

    // MARK: time

    private func lookAgain() {
        guard !again.isEmpty else { return }
        swap(&taken, &again)
        for number in taken { look(clients[number]) }
        taken.removeAll(keepingCapacity: true)
    }

    private func handleDue() {
        wheel.advance(to: now, &due)
        if !due.isEmpty {
            for number in due { expire(clients[number]) }
            due.removeAll(keepingCapacity: true)
        }
        while let due = timers.popDue(now: now) { handle(due) }
    }

    private func handle(_ due: Due) {
        switch due {
        case .accepting:
            isAcceptingPaused = false
            for server in servers { if let server { watch(server) } }
        case .unread(let place):
            if let instance = instances[Int(place)] { fail(instance, .doesNotRead) }
        case .unended(let place):
            if let instance = instances[Int(place)] { endingIsOverdue(instance) }
        case .lastText(let place):
            guard let instance = instances[Int(place)] else { return }
            // What is still in its pipe would wait as long again.
            instance.leftover = 0
            dropText(instance)
        }
    }

    // MARK: the end of a turn

    /// Instances first: they can work while the clients are written to. An answer that is out may
    /// begin the next request, so this goes round a few times.
    private func flush() {
        // How long answers took is measured to here.
        if !dirtyClients.isEmpty { now = Clock.monotonicNanoseconds }
        for _ in 0..<Limits.flushesPerTurn {
            if dirtyClients.isEmpty, dirtyInstances.isEmpty { break }
            let batch = dirtyInstances
            dirtyInstances.removeAll(keepingCapacity: true)
            for instance in batch { flush(instance) }
            swap(&taken, &dirtyClients)
            for number in taken { flush(clients[number]) }
            taken.removeAll(keepingCapacity: true)
        }
        if !dirtyLogs.isEmpty { flushLogs() }
    }

    private func forgetClosed() {
        guard !closed.isEmpty else { return }
        for number in closed { clients.give(number) }
        closed.removeAll(keepingCapacity: true)
    }

    /// Before a pipe of an instance is touched: the master looks at the figures for a while then.
    func tellWork() {
        guard now >= tellsWorkAt else { return }
        tellsWorkAt = now + Limits.workNanoseconds
        link.send(.working)
    }

    func note(_ level: NoteLevel, _ text: @autoclosure () -> String) {
        notes.note(level, at: now, text())
    }
}

extension MasterLink {
    /// Waits for the first two messages: hello, then the figures.
    fileprivate func awaitFigures(_ loop: borrowing EventLoop) throws(SystemError) -> Figures {
        while true {
            switch receive() {
            case .message(.hello(let role, let version), _):
                guard role == .master, version == Version.text else {
                    breach("\(role) of version \(version); this is \(Version.text)")
                }
            case .message(.openFigures, let descriptors):
                return try Figures(Descriptor(owning: descriptors[0]))
            case .message(let message, _): breach("\(message.kind.name) before the figures")
            case .none: try loop.wait(until: nil) { _ in }
            case .closed: breach("the master closed before the figures came")
            case .breach(let reason): breach(reason)
            }
        }
    }
}
