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
    private var open: Set<UInt32> = []
    private var allowance = MasterLimits.orderBurst
    private var allowanceAt: Int64 = 0

    /// Takes an order up; `now` in monotonic nanoseconds.
    mutating func judge(_ order: Order, now: Int64) -> Verdict {
        guard !open.contains(order.id) else { return .breach("gives an order twice") }
        guard let kind = ControlKind(rawValue: order.kind),
            let command = try? Command.decode(kind, body: order.body.span.bytes),
            Self.mayBeOrdered(command)
        else { return .breach("gives an order that is none") }
        // It may have been forbidden while this one was on its way.
        guard areAdmitted else { return .refuse(Refusal(.notPermitted)) }
        guard open.count < MasterLimits.orders else {
            return .refuse(
                Refusal(
                    .limitReached, subject: "requests at once", value: Int32(MasterLimits.orders)))
        }
        guard spend(now) else {
            return .refuse(
                Refusal(
                    .limitReached, subject: "requests a second",
                    value: Int32(MasterLimits.orderRate)))
        }
        open.insert(order.id)
        return .perform(command)
    }

    /// An order is over; false when nobody waits for it any more.
    mutating func close(_ id: UInt32) -> Bool { open.remove(id) != nil }

    /// Another apm-guid: it knows of no order.
    mutating func forgetAll() { open = [] }

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

    private mutating func spend(_ now: Int64) -> Bool {
        let earned = Double(now - allowanceAt) / 1e9 * MasterLimits.orderRate
        allowance = min(MasterLimits.orderBurst, allowance + max(0, earned))
        allowanceAt = now
        guard allowance >= 1 else { return false }
        allowance -= 1
        return true
    }
}
