// The loop: messages of the master first, then who has come, then who has asked. One thread, no
// call that waits but epoll_wait. The master is asked for a fresh look when somebody wants one and
// the last is too old; then all who wait are answered from it.

import CLinux
import Confinement
import Control
import EventLoop
import Glibc
import Messages
import Posix

final class LookSocket {
    private enum Token {
        static let link: UInt64 = 0
        static let listener: UInt64 = 1
        /// Above it: a looker's id.
        static let lookers: UInt64 = 1 << 32
    }

    private enum Due: Hashable {
        /// Nobody has looked for a while.
        case idle
        case patience(UInt32)
        case resume(UInt32)
    }

    private let link: MasterLink
    private let loop: EventLoop
    private var listener: Descriptor?
    private var idleNanoseconds: Int64 = 0
    private var timers = Timers<Due>()
    private var places: Places
    private var lookers: [UInt32: Looker] = [:]
    private var lastId: UInt32 = 0
    private var showcase: Showcase?
    private var takenAt = Int64.min / 2
    /// The master was asked and has not answered.
    private var isAsked = false
    /// Who waits for a look.
    private var waiting: [UInt32] = []
    /// Lookers may want things done.
    private var admitsOrders = false
    /// Who waits for an order's answer.
    private var orders: [UInt32: Looker] = [:]
    private var lastOrder: UInt32 = 0
    private var ready: [ReadyEvent] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes + 1, alignment: 16)

    init(link: MasterLink, loop: consuming EventLoop, ownUid: UInt32) throws(SystemError) {
        self.link = link
        self.loop = loop
        places = Places(Limits.clients, ownUid: ownUid)
        try self.loop.add(MasterLink.descriptor, for: .readable, token: Token.link)
    }

    deinit {
        buffer.deallocate()
    }

    func run() throws(SystemError) -> Never {
        while true {
            ready.removeAll(keepingCapacity: true)
            try loop.wait(until: timers.next) { ready.append($0) }
            receiveMessages()
            for event in ready { try handle(event) }
            let now = Clock.monotonicNanoseconds
            while let due = timers.popDue(now: now) { handle(due) }
            link.flush()
        }
    }

    // MARK: master

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

    private func handle(_ message: Message, _ descriptors: [Int32]) {
        switch message {
        case .hello: return
        case .openLook(let idle): open(descriptors[0], idle: idle)
        case .lookTaken(let bytes): show(bytes)
        case .admitOrders(let admits): admitsOrders = admits
        case .orderAnswered(let answer): pass(answer)
        default: breach("\(message.kind.name) out of turn")
        }
    }

    private func open(_ socket: Int32, idle: UInt32) {
        guard listener.number == nil else { breach("a second look socket") }
        idleNanoseconds = Int64(idle) * 1_000_000
        do {
            try loop.add(socket, for: .readable, token: Token.listener)
        } catch {
            breach(error.text)
        }
        listener = Descriptor(owning: socket)
        restWhenAlone()
    }

    private func show(_ bytes: [UInt8]) {
        guard isAsked, let look = try? Look.decode(bytes.span.bytes) else {
            breach("a look that was not asked for, or is none")
        }
        isAsked = false
        takenAt = Clock.monotonicNanoseconds
        let taken = Showcase(look)
        showcase = taken
        let asked = waiting
        waiting = []
        for id in asked { if let looker = lookers[id] { answer(looker, from: taken) } }
    }

    // MARK: lookers

    private func handle(_ event: ReadyEvent) throws(SystemError) {
        switch event.token {
        case Token.link: return
        case Token.listener: accept()
        default: handle(UInt32(truncatingIfNeeded: event.token), event)
        }
    }

    private func accept() {
        guard let listener = self.listener.number else { return }
        for _ in 0..<Limits.acceptsPerTurn {
            let number = apm_accept(listener)
            if number < 0 { return }
            var pid: pid_t = 0
            var uid: uid_t = 0
            var gid: gid_t = 0
            let socket = Descriptor(owning: number)
            guard apm_peer(number, &pid, &uid, &gid) == 0 else { continue }
            welcome(socket, uid)
        }
    }

    private func welcome(_ socket: consuming Descriptor, _ uid: UInt32) {
        if let crowd = places.crowded(by: uid) { makeRoom(among: crowd) }
        lastId &+= 1
        let looker = Looker(id: lastId, uid: uid, socket: socket)
        let token = Token.lookers | UInt64(looker.id)
        guard (try? loop.add(looker.socket.raw, for: .readable, token: token)) != nil else {
            return
        }
        places.take(uid)
        lookers[looker.id] = looker
        timers.disarm(.idle)
        arm(.patience(looker.id), Limits.patienceNanoseconds)
    }

    /// The one of this uid that has been silent for longest goes.
    private func makeRoom(among uid: UInt32) {
        let crowd = lookers.values.filter { $0.uid == uid }
        if let oldest = crowd.min(by: { $0.lastActivity < $1.lastActivity }) { drop(oldest) }
    }

    private func handle(_ id: UInt32, _ event: ReadyEvent) {
        guard let looker = lookers[id] else { return }
        if event.isHungUp && !event.isReadable { return drop(looker) }
        do {
            if event.isWritable { try looker.flush() }
            if event.isReadable { try read(looker) }
        } catch {
            return drop(looker)
        }
        settle(looker)
    }

    private func read(_ looker: Looker) throws(Looker.Gone) {
        guard looker.question == nil, !looker.isPaused else { throw Looker.Gone() }
        switch try looker.receive(into: buffer, mayOrder: admitsOrders) {
        case .idle: return
        case .paused:
            looker.isPaused = true
            arm(.resume(looker.id), Limits.pauseNanoseconds)
        case .asked: try answerOrAsk(looker)
        }
    }

    private func answerOrAsk(_ looker: Looker) throws(Looker.Gone) {
        if case .order(let kind, let body)? = looker.question?.1 {
            return try passOn(kind, body, of: looker)
        }
        let age = Clock.monotonicNanoseconds - takenAt
        if let showcase, age < Limits.freshNanoseconds {
            return try looker.answer(from: showcase)
        }
        waiting.append(looker.id)
        guard !isAsked else { return }
        isAsked = true
        link.send(.refreshLook)
    }

    private func passOn(
        _ kind: ControlKind, _ body: [UInt8], of looker: Looker
    ) throws(Looker.Gone) {
        let own = orders.values.count { $0.uid == looker.uid }
        guard orders.count < Limits.orders, own < Limits.ordersOfOne else {
            let limit = own < Limits.ordersOfOne ? Limits.orders : Limits.ordersOfOne
            let refusal = Refusal(
                .limitReached, subject: "requests at once", value: Int32(limit))
            return try looker.answer(with: Answer(.refused(refusal)))
        }
        lastOrder &+= 1
        looker.order = lastOrder
        orders[lastOrder] = looker
        link.send(.order(Order(id: lastOrder, uid: looker.uid, kind: kind.rawValue, body: body)))
    }

    /// What has come of an order; who wanted it may have left, and the master not heard of it yet.
    private func pass(_ answer: OrderAnswer) {
        guard lastOrder &- answer.id < UInt32(Int32.max),
            let kind = ControlKind(rawValue: answer.kind), !kind.isRequest
        else { breach("an answer to no order") }
        guard let looker = orders.removeValue(forKey: answer.id) else { return }
        looker.order = nil
        settle(looker) { looker throws(Looker.Gone) in
            try looker.answer(with: Answer(kind: kind, body: answer.body))
        }
    }

    private func answer(_ looker: Looker, from showcase: Showcase) {
        settle(looker) { looker throws(Looker.Gone) in try looker.answer(from: showcase) }
    }

    private func settle(
        _ looker: Looker, after act: (Looker) throws(Looker.Gone) -> Void
    ) {
        do {
            try act(looker)
        } catch {
            return drop(looker)
        }
        settle(looker)
    }

    /// Watches it for what it wants now. Who does not take an answer is dropped after a while.
    private func settle(_ looker: Looker) {
        if looker.isGreeted {
            if !looker.isStalled {
                timers.disarm(.patience(looker.id))
            } else if !timers.isArmed(.patience(looker.id)) {
                arm(.patience(looker.id), Limits.patienceNanoseconds)
            }
        }
        let wanted = looker.wantedInterest
        guard wanted != looker.interest else { return }
        let token = Token.lookers | UInt64(looker.id)
        guard (try? loop.change(looker.socket.raw, to: wanted, token: token)) != nil else {
            return drop(looker)
        }
        looker.interest = wanted
    }

    private func drop(_ looker: Looker) {
        guard lookers.removeValue(forKey: looker.id) != nil else { return }
        loop.remove(looker.socket.raw)
        timers.disarm(.patience(looker.id))
        timers.disarm(.resume(looker.id))
        places.give(looker.uid)
        if let order = looker.order {
            looker.order = nil
            orders[order] = nil
            link.send(.orderAbandoned(order))
        }
        restWhenAlone()
    }

    // MARK: time

    private func handle(_ due: Due) {
        switch due {
        case .idle: if lookers.isEmpty { exit(EXIT_SUCCESS) }
        case .patience(let id): if let looker = lookers[id] { drop(looker) }
        case .resume(let id):
            guard let looker = lookers[id] else { return }
            looker.isPaused = false
            settle(looker)
        }
    }

    private func restWhenAlone() {
        if lookers.isEmpty { arm(.idle, idleNanoseconds) }
    }

    private func arm(_ due: Due, _ nanoseconds: Int64) {
        timers.arm(due, at: Clock.monotonicNanoseconds + nanoseconds)
    }
}
