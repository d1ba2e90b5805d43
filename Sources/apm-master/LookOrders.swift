// What strangers want done through the look socket, where the daemon is told to let everybody
// operate it: which orders are carried out, how many, and what of an answer they see. Pure.

import Control
import Messages

struct LookOrders {
    enum Verdict: Equatable {
        case perform(Command)
        case refuse(Refusal)
        /// apm-guid should have known better.
        case breach(String)
    }

    /// Told to let everybody operate the daemon.
    var areAdmitted = false
    /// Whose the open orders are, by their numbers.
    private var open: [UInt32: UInt32] = [:]
    private var allowance = Allowance(rate: MasterLimits.orderRate, burst: MasterLimits.orderBurst)
    /// Of each who has given orders lately.
    private var allowances: [UInt32: Allowance] = [:]

    /// Takes an order up; `now` in monotonic nanoseconds.
    mutating func judge(_ order: Order, now: Int64) -> Verdict {
        guard open[order.id] == nil else { return .breach("gives an order twice") }
        guard let kind = ControlKind(rawValue: order.kind),
            let command = try? Command.decode(kind, body: order.body.span.bytes),
            Self.mayBeOrdered(command)
        else { return .breach("gives an order that is none") }
        // It may have been forbidden while this one was on its way.
        guard areAdmitted else { return .refuse(Refusal(.notPermitted)) }
        if let limit = exceededPlaces(for: order.uid) {
            return .refuse(
                Refusal(.limitReached, subject: "requests at once", value: Int32(limit)))
        }
        if let limit = exceededRate(of: order.uid, now) {
            return .refuse(
                Refusal(.limitReached, subject: "requests a second", value: Int32(limit)))
        }
        open[order.id] = order.uid
        return .perform(command)
    }

    /// An order is over; false when nobody waits for it any more.
    mutating func close(_ id: UInt32) -> Bool { open.removeValue(forKey: id) != nil }

    /// Another apm-guid: it knows of no order.
    mutating func forgetAll() { open = [:] }

    static func mayBeOrdered(_ command: Command) -> Bool {
        switch command {
        case .start, .stop, .restart: true
        default: false
        }
    }

    /// A reply without what is hidden from strangers: paths, accounts, what a program wrote.
    static func shown(_ reply: Reply, of worker: String) -> Reply {
        guard case .refused(let refusal) = reply else { return reply }
        switch refusal.reason {
        case .noSuchWorker, .noSuchInstance, .limitReached, .notPermitted, .ending, .beingRemoved,
            .helperDown, .beingUpdated, .notRunning:
            return reply
        default: return .refused(Refusal(.notTold, subject: worker))
        }
    }

    var knownUids: Int { allowances.count }

    /// The number of places that would be exceeded; nil when there is one.
    private func exceededPlaces(for uid: UInt32) -> Int? {
        if open.count >= MasterLimits.orders { return MasterLimits.orders }
        let own = open.values.count { $0 == uid }
        return own >= MasterLimits.ordersOfOne ? MasterLimits.ordersOfOne : nil
    }

    /// The number a second that is exceeded; nil: it was paid for. Who has used up their own share
    /// takes nothing of the others'.
    private mutating func exceededRate(of uid: UInt32, _ now: Int64) -> Double? {
        var own =
            allowances[uid]
            ?? Allowance(rate: MasterLimits.orderRateOfOne, burst: MasterLimits.orderBurstOfOne)
        guard own.has(at: now), makeRoom(for: uid, now) else { return MasterLimits.orderRateOfOne }
        guard allowance.has(at: now) else { return MasterLimits.orderRate }
        allowance.spend()
        own.spend()
        allowances[uid] = own
        return nil
    }

    /// Forgets those who have not asked for so long that they would begin anew.
    private mutating func makeRoom(for uid: UInt32, _ now: Int64) -> Bool {
        if allowances[uid] != nil || allowances.count < MasterLimits.orderUids { return true }
        allowances = allowances.filter { !$0.value.isWhole(at: now) }
        return allowances.count < MasterLimits.orderUids
    }
}
