// The loop: messages of the master first, then one piece of each pipe that has something, then what
// is due. One thread, no call that waits but epoll_wait (and the disk's own write). Without work
// and without a failing log it sleeps for ever.

import EventLoop
import Glibc
import Messages
import Posix
import Confinement

final class LogIntake {
    let link: MasterLink
    let loop: EventLoop
    let journal: Journal
    let output = OutputBuffer()
    var clock = LocalClock()
    var logs: [UInt32: LogFile] = [:]
    var streams: [UInt32: LogStream] = [:]
    /// Streams that are read and written to their end; the master has not let go of their pipes.
    var ended: [UInt32: LogStream] = [:]
    /// Before this time the master knows that there is work.
    var tellsWorkAt = Int64.min
    /// Streams that have more to write without anything new to read.
    var busy: Set<UInt32> = []
    /// Streams whose unused memory is to be given back, and when.
    var touched: [UInt32] = []
    var releaseAt: Int64?
    /// When the failing logs are tried again.
    var retryAt: Int64?
    /// The first bytes of streams, for clients that wait for the start.
    var starts: [UInt32: [UInt8]] = [:]
    var tails: [UInt32: Tail] = [:]
    var lastTail: UInt32 = 0
    /// Of clients that follow.
    var places: Places
    /// Notes that came before the daemon's log.
    var earlyNotes: [[UInt8]] = []
    private var ready: [ReadyEvent] = []
    private var linkInterest = Interest.readable

    /// What an event of the loop is about.
    enum Token {
        case link
        case stream(UInt32)
        case tail(UInt32)

        init(_ number: UInt64) {
            let id = UInt32(truncatingIfNeeded: number)
            switch number >> 32 {
            case 0: self = .link
            case 1: self = .stream(id)
            default: self = .tail(id)
            }
        }

        var number: UInt64 {
            switch self {
            case .link: 0
            case .stream(let id): 1 << 32 | UInt64(id)
            case .tail(let id): 2 << 32 | UInt64(id)
            }
        }
    }

    /// Waits for the master's greeting and the journal.
    init(link: MasterLink, loop: consuming EventLoop, ownUid: UInt32) throws(SystemError) {
        self.link = link
        places = Places(Limits.tails, ownUid: ownUid)
        self.loop = loop
        try self.loop.add(MasterLink.descriptor, for: linkInterest, token: Token.link.number)
        journal = try link.awaitJournal(self.loop)
    }

    func run() throws(SystemError) -> Never {
        while true {
            ready.removeAll(keepingCapacity: true)
            try loop.wait(until: deadline) { ready.append($0) }
            receiveMessages()
            for event in ready { handle(event) }
            let waiting = busy
            busy.removeAll(keepingCapacity: true)
            for id in waiting { if let stream = streams[id] { turn(stream) } }
            handleDue()
            try watchLink()
        }
    }

    private var deadline: Int64? {
        if !busy.isEmpty { return 0 }
        return [retryAt, releaseAt].compactMap { $0 }.min()
    }

    private func handle(_ event: ReadyEvent) {
        switch Token(event.token) {
        case .link: break
        case .stream(let id): if let stream = streams[id] { turn(stream) }
        case .tail(let id): serve(id, isGone: event.isHungUp)
        }
    }

    private func handleDue() {
        guard retryAt != nil || releaseAt != nil else { return }
        let now = Clock.monotonicNanoseconds
        if let retryAt, retryAt <= now { retryLogs(now) }
        if let releaseAt, releaseAt <= now { releaseMemory() }
    }

    private func watchLink() throws(SystemError) {
        link.flush()
        let wanted: Interest = link.hasUnsent ? [.readable, .writable] : .readable
        guard wanted != linkInterest else { return }
        try loop.change(MasterLink.descriptor, to: wanted, token: Token.link.number)
        linkInterest = wanted
    }

    private func receiveMessages() {
        for _ in 0..<Limits.messagesAtOnce {
            switch link.receive() {
            case .message(let message, let descriptors): handle(message, descriptors)
            case .none: return
            case .closed: finish()
            case .breach(let reason): breach(reason)
            }
        }
    }

    private func handle(_ message: Message, _ descriptors: [Int32]) {
        switch message {
        case .openLog(let log, _): openLog(log, Descriptor(owning: descriptors[0]))
        case .closeLog(let log): closeLog(log)
        case .openStream(let plan): openStream(plan, Descriptor(owning: descriptors[0]))
        case .closeStream(let stream): closeStream(stream)
        case .tailLog(let request): openTail(request, Descriptor(owning: descriptors[0]))
        case .showStart(let stream): showStart(stream, Descriptor(owning: descriptors[0]))
        case .forgetStart(let stream): starts[stream] = nil
        case .note(let level, let text): note(level, text)
        case .forgetRecent(let worker): forget(worker)
        case .restyleStream(let style): streams[style.stream]?.restyle(style)
        case .releaseStream(let stream): releaseStream(stream)
        case .ping: answerPing()
        case .hello, .openJournal, .logFailed, .streamEnded, .working, .ponged, .resolveAccount,
            .accountResolved, .readLoginPath, .loginPathRead, .readEnvironmentFile,
            .environmentFileRead, .openLook, .refreshLook, .lookTaken, .resolveUid, .uidResolved,
            .resolveGroup, .groupResolved, .watchFiles, .fileChanged, .watchFailed, .watching:
            breach("\(message.kind.name) out of turn")
        }
    }

    /// All streams are told by now: a log that still waits for one waits in vain.
    private func answerPing() {
        for log in logs.values where log.awaited != nil {
            log.giveUpAwaiting()
            unblock(log)
        }
        link.send(.ponged)
    }

    /// The master has closed: what the pipes hold now is still written, but not for ever.
    private func finish() -> Never {
        let end = Clock.monotonicNanoseconds + Limits.finishNanoseconds
        for stream in streams.values { closeStream(stream.id) }
        var isMoving = true
        while isMoving, Clock.monotonicNanoseconds < end {
            isMoving = false
            for stream in Array(streams.values) where !stream.log.isBlocked {
                turn(stream)
                isMoving = true
                if Clock.monotonicNanoseconds >= end { break }
            }
        }
        exit(EXIT_SUCCESS)
    }
}
