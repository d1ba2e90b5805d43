// The door that is open to everybody: the master holds its listener, and starts apm-guid when
// somebody comes. Nothing that a stranger sends is read here; of apm-guid comes one request, which
// is answered no more often than every so many milliseconds.

import CLinux
import Control
import Glibc
import Messages
import Posix

final class LookDoor: HelperOwner {
    let process: HelperProcess
    private let listener: Descriptor
    private let reactor: Reactor
    private let notes: Notes
    /// Takes what may be looked at.
    private let take: () -> Look
    private var isWatched = false
    private var isAsked = false
    private var takenAt = Int64.min / 2
    private var greetedAt = Int64.max / 2

    /// A name that somebody else has is told, and done without.
    static func open(
        _ name: String, _ process: HelperProcess, _ reactor: Reactor, _ notes: Notes,
        take: @escaping () -> Look
    ) -> LookDoor? {
        switch BindLookSocket.bind(name) {
        case .bound(let number):
            return LookDoor(
                listener: Descriptor(owning: number), process: process, reactor: reactor,
                notes: notes, take: take)
        case .taken(let pid, let uid):
            let owner = pid == 0 ? "somebody" : "pid \(pid) of uid \(uid)"
            notes.warning("@\(name) is taken by \(owner): nobody can look at this daemon there")
        case .failed(let error):
            notes.warning("nobody can look at this daemon: \(error.text)")
        }
        return nil
    }

    private init(
        listener: consuming Descriptor, process: HelperProcess, reactor: Reactor, notes: Notes,
        take: @escaping () -> Look
    ) {
        self.listener = listener
        self.process = process
        self.reactor = reactor
        self.notes = notes
        self.take = take
        process.owner = self
    }

    /// Waits for somebody to come.
    func watch() {
        guard !isWatched, process.pid == 0 else { return }
        do {
            try reactor.watch(listener.raw, as: .look)
            isWatched = true
        } catch {
            notes.warning("nobody can look for the moment: \(error.text)")
        }
    }

    /// Somebody has come; they wait in the backlog until apm-guid accepts.
    func somebodyCame() {
        guard isWatched else { return }
        reactor.forget(listener.raw)
        isWatched = false
        process.start()
    }

    func helperGreeted() {
        isAsked = false
        greetedAt = Clock.monotonicNanoseconds
        reactor.disarm(.look)
        let idle = UInt32(MasterLimits.lookIdle.nanoseconds / 1_000_000)
        process.send(.openLook(idleMilliseconds: idle), descriptors: [listener.raw])
    }

    func helperSent(_ message: Message) {
        guard message == .refreshLook else { return }
        guard !isAsked else { return process.fail("asks again before it is answered") }
        isAsked = true
        let wait = takenAt + MasterLimits.lookPause.nanoseconds - Clock.monotonicNanoseconds
        wait <= 0 ? show() : reactor.arm(.look, after: .nanoseconds(wait))
    }

    /// The time has come to answer.
    func show() {
        guard isAsked else { return }
        isAsked = false
        takenAt = Clock.monotonicNanoseconds
        process.send(.lookTaken(take().encoded()))
    }

    func helperDiedYoung(_ times: Int) {}

    func helperIsGone(_ pid: pid_t) {}

    /// A child was reaped; gives whether it was an apm-guid that should not have ended. Without
    /// lookers it ends by itself, though not before its time, and comes again with the next one;
    /// whatever else ends it is told, and it is started again, ever later.
    func hasLost(_ child: pid_t, code: Int32, status: Int32, isLeaving: Bool) -> Bool {
        let lived = Clock.monotonicNanoseconds - greetedAt
        let isContent =
            child == process.pid && code == CLD_EXITED && status == 0
            && lived >= MasterLimits.lookIdle.nanoseconds
        let isOurs = process.childEnded(
            child, code: code, status: status, restarting: !isContent && !isLeaving)
        guard isOurs else { return false }
        if process.pid == 0 { greetedAt = .max / 2 }
        if isContent, !isLeaving { watch() }
        return !isContent
    }

    /// At the daemon's end.
    func close() {
        if isWatched { reactor.forget(listener.raw) }
        isWatched = false
        process.close()
    }
}
