// What waits in the master: descriptors and deadlines, each with the name of what it belongs to.
// The daemon's loop switches over these names, and over nothing else.

import EventLoop
import Messages
import Posix

/// What a ready descriptor belongs to; travels as the epoll token.
enum Source: Equatable {
    case listener
    case signals
    case helper(Role)
    /// The look socket.
    case look
    case client(UInt32)
    /// The report pipe of a start.
    case startReport(UInt32)
    /// cgroup.events of an instance whose tree is ending.
    case groupEvents(UInt32)
    /// The answer of a log opener.
    case logOpener(UInt32)
    /// The link of an agent.
    case agent(UInt32)
    /// The answer of an environment file's opener.
    case environmentOpener(UInt32)

    init?(token: UInt64) {
        let id = UInt32(truncatingIfNeeded: token)
        switch token >> 32 {
        case 1: self = .listener
        case 2: self = .signals
        case 3:
            guard let role = Role(rawValue: UInt8(truncatingIfNeeded: id)) else { return nil }
            self = .helper(role)
        case 4: self = .client(id)
        case 5: self = .startReport(id)
        case 6: self = .groupEvents(id)
        case 7: self = .logOpener(id)
        case 10: self = .agent(id)
        case 11: self = .environmentOpener(id)
        case 12: self = .look
        default: return nil
        }
    }

    var token: UInt64 {
        switch self {
        case .listener: 1 << 32
        case .signals: 2 << 32
        case .helper(let role): 3 << 32 | UInt64(role.rawValue)
        case .client(let id): 4 << 32 | UInt64(id)
        case .startReport(let id): 5 << 32 | UInt64(id)
        case .groupEvents(let id): 6 << 32 | UInt64(id)
        case .logOpener(let id): 7 << 32 | UInt64(id)
        case .agent(let id): 10 << 32 | UInt64(id)
        case .environmentOpener(let id): 11 << 32 | UInt64(id)
        case .look: 12 << 32
        }
    }
}

/// What a deadline belongs to.
enum Deadline: Hashable {
    case restartDelay(UInt32)
    case killTimeout(UInt32)
    case startTimeout(UInt32)
    case sweepTimeout(UInt32)
    case startupGrace(UInt32)
    case logOpener(UInt32)
    case agent(UInt32)
    /// Tasks wait for an agent.
    case agentStart
    case environmentOpener(UInt32)
    /// More of a configuration can be carried out.
    case loadStep(UInt32)
    /// What is watched of configuration files is looked at anew.
    case configWatches
    /// A file of a draft is opened again.
    case draftRetry(UInt32)
    /// A worker's start has waited long enough for what it depends on.
    case dependencies(UInt32)
    /// A roll of a worker: startup_grace or rolling_delay is over.
    case rollStep(UInt32)
    /// A worker should rest by now; others wait for that with their stops.
    case stopOverdue(UInt32)
    case helperRestart(Role)
    case helperGreeting(Role)
    /// A helper that was killed should have ended.
    case helperFuneral(Role)
    /// A helper should have read what waits for it.
    case helperReading(Role)
    /// A helper should have shown a sign of life.
    case helperAnswer(Role)
    /// A helper works: what it touches is looked at.
    case helperLook(Role)
    /// A connected instance should have greeted.
    case greeting(UInt32)
    /// An instance has closed a pipe and has not ended since.
    case closedPipe(UInt32)
    /// What an instance has in progress has had its time.
    case drain(UInt32)
    /// apm-guid's request may be answered.
    case look
    case acceptPause
    /// A watch whose agent has ended is begun again.
    case watchBegin(UInt32)
    /// A worker is restarted because a file has changed.
    case fileChange(UInt32)
    /// The state file may be written again; the end of the turn does it.
    case stateWrite
    /// The service manager waits for a sign of life.
    case watchdog
    /// The service manager may be told the status again; the end of the turn does it.
    case serviceStatus
    case clientPatience(UInt32)
    case clientResume(UInt32)
}

final class Reactor {
    private let loop: EventLoop
    private var timers = Timers<Deadline>()

    init() throws(SystemError) {
        loop = try EventLoop()
    }

    func watch(
        _ descriptor: Int32, for interest: Interest = .readable, as source: Source
    ) throws(SystemError) {
        try loop.add(descriptor, for: interest, token: source.token)
    }

    func change(
        _ descriptor: Int32, to interest: Interest, as source: Source
    ) throws(SystemError) {
        try loop.change(descriptor, to: interest, token: source.token)
    }

    func forget(_ descriptor: Int32) {
        loop.remove(descriptor)
    }

    func arm(_ deadline: Deadline, after duration: Duration) {
        timers.arm(deadline, at: Clock.monotonicNanoseconds + duration.nanoseconds)
    }

    func disarm(_ deadline: Deadline) {
        timers.disarm(deadline)
    }

    /// One turn: waits, hands over what is ready, then what is due.
    func turn(
        _ ready: (Source, ReadyEvent) -> Void, _ due: (Deadline) -> Void
    ) throws(SystemError) {
        try loop.wait(until: timers.next) { event in
            if let source = Source(token: event.token) { ready(source, event) }
        }
        // One moment for all: what is armed for at once comes in the next turn, after descriptors.
        let now = Clock.monotonicNanoseconds
        while let deadline = timers.popDue(now: now) { due(deadline) }
    }
}
