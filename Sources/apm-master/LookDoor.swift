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
    private var orders = LookOrders()
    /// The worker that an open order is about.
    private var ordered: [UInt32: String] = [:]
    /// Carries an order out.
    var perform: (Command, Asker) -> Void = { _, _ in }
    /// Whoever gave an order has left; what it wants done is done all the same.
    var orderIsAbandoned: (Asker) -> Void = { _ in }
    /// Nobody waits for the orders that are open.
    var ordersAreOver: () -> Void = {}
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
        if orders.areAdmitted { process.send(.admitOrders(true)) }
    }

    /// Whether everybody may operate what is defined.
    func admitOrders(_ admits: Bool) {
        guard admits != orders.areAdmitted else { return }
        orders.areAdmitted = admits
        process.send(.admitOrders(admits))
    }

    func helperSent(_ message: Message) {
        if case .order(let order) = message { return take(order) }
        if case .orderAbandoned(let id) = message { return abandon(id) }
        guard message == .refreshLook else { return }
        guard !isAsked else { return process.fail("asks again before it is answered") }
        isAsked = true
        let wait = takenAt + MasterLimits.lookPause.nanoseconds - Clock.monotonicNanoseconds
        wait <= 0 ? show() : reactor.arm(.look, after: .nanoseconds(wait))
    }

    private func take(_ order: Order) {
        switch orders.judge(order, now: Clock.monotonicNanoseconds) {
        case .breach(let reason): process.fail(reason)
        case .refuse(let refusal): send(.refused(refusal), to: order.id)
        case .perform(let command):
            let worker = Self.worker(of: command)
            ordered[order.id] = worker
            notes.info("uid \(order.uid), from outside: \(command.kind.name) \(worker)")
            perform(command, Asker(client: Asker.lookers, request: order.id))
        }
    }

    /// The answer may be on its way.
    private func abandon(_ order: UInt32) {
        guard orders.close(order) else { return }
        ordered[order] = nil
        orderIsAbandoned(Asker(client: Asker.lookers, request: order))
    }

    /// Whether somebody waits for the answer to this order.
    func waits(for order: UInt32) -> Bool { ordered[order] != nil }

    private static func worker(of command: Command) -> String {
        switch command {
        case .start(let selection), .stop(let selection), .restart(let selection): selection.name
        default: ""
        }
    }

    /// What has come of an order. The descriptor is for those whom the daemon lets in.
    func answered(_ reply: Reply, descriptor: Int32?, to asker: Asker) {
        if let descriptor { Glibc.close(descriptor) }
        let worker = ordered.removeValue(forKey: asker.request) ?? ""
        guard orders.close(asker.request) else { return }
        send(LookOrders.shown(reply, of: worker), to: asker.request)
    }

    private func send(_ reply: Reply, to order: UInt32) {
        process.send(
            .orderAnswered(
                OrderAnswer(id: order, kind: reply.kind.rawValue, body: reply.body)))
    }

    private func forgetOrders() {
        guard !ordered.isEmpty else { return }
        orders.forgetAll()
        ordered = [:]
        ordersAreOver()
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
        forgetOrders()
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
