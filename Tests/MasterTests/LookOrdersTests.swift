// What is done for strangers, how often, and what they are told.

import Control
import Messages
import Settings
import Testing

@testable import apm_master

@Suite struct LookOrdersTests {
    private func order(_ command: Command, id: UInt32 = 1, uid: UInt32 = 1002) -> Order {
        let datagram = command.encoded(id: 0)[0]
        return Order(
            id: id, uid: uid, kind: command.kind.rawValue,
            body: Array(datagram.dropFirst(MessageHeader.byteCount)))
    }

    private func admitting() -> LookOrders {
        var orders = LookOrders()
        orders.areAdmitted = true
        return orders
    }

    @Test func startStopAndRestartAreCarriedOut() {
        let selection = Selection(name: "web", instance: 2, waits: false)
        for command in [Command.start(selection), .stop(selection), .restart(selection)] {
            var orders = admitting()
            #expect(orders.judge(order(command), now: 0) == .perform(command))
        }
    }

    @Test func nothingElseIs() {
        let selection = Selection(name: "web")
        let others: [Command] = [
            .remove(selection), .list, .info(selection), .status, .exit, .look,
            .stopAll(waits: true), .environment(selection), .wait(selection),
            .rename(RenameCommand(name: "a", newName: "b")),
        ]
        for command in others {
            var orders = admitting()
            #expect(
                orders.judge(order(command), now: 0) == .breach("gives an order that is none"))
        }
        var orders = admitting()
        let torn = Order(id: 1, uid: 0, kind: ControlKind.stop.rawValue, body: [9])
        #expect(orders.judge(torn, now: 0) == .breach("gives an order that is none"))
    }

    @Test func withoutLeaveNothingIs() {
        var orders = LookOrders()
        #expect(
            orders.judge(order(.stop(Selection(name: "web"))), now: 0)
                == .refuse(Refusal(.notPermitted)))
    }

    @Test func anOrderIsOpenOnce() {
        var orders = admitting()
        let stop = order(.stop(Selection(name: "web")))
        _ = orders.judge(stop, now: 0)
        #expect(orders.judge(stop, now: 0) == .breach("gives an order twice"))
        let closed = [orders.close(1), orders.close(1)]
        #expect(closed == [true, false])
        #expect(orders.judge(stop, now: 0) == .perform(.stop(Selection(name: "web"))))
        orders.forgetAll()
        let isOpen = orders.close(1)
        #expect(!isOpen)
    }

    /// How many of `count` orders of this uid are carried out at this time, each over at once.
    private func done(
        _ orders: inout LookOrders, of count: Int, uid: UInt32, now: Int64 = 0
    ) -> Int {
        (0..<count).count { id in
            let verdict = orders.judge(
                order(.stop(Selection(name: "web")), id: UInt32(id), uid: uid), now: now)
            _ = orders.close(UInt32(id))
            return verdict == .perform(.stop(Selection(name: "web")))
        }
    }

    @Test func aFloodIsHeldBackAndNotFeltByOthers() {
        var orders = admitting()
        let flood = done(&orders, of: 200, uid: 1002)
        #expect(flood == Int(MasterLimits.orderBurstOfOne))
        let others = done(&orders, of: 5, uid: 1003)
        #expect(others == 5)
        let later = done(&orders, of: 200, uid: 1002, now: 1_000_000_000)
        #expect(later == Int(MasterLimits.orderRateOfOne))
    }

    @Test func allTogetherAreHeldBackToo() {
        var orders = admitting()
        var together = 0
        for uid: UInt32 in 1000..<1010 { together += done(&orders, of: 16, uid: uid) }
        #expect(together == Int(MasterLimits.orderBurst))
        let later = done(&orders, of: 16, uid: 2000, now: 100_000_000)
        #expect(later == Int(MasterLimits.orderRate / 10))
    }

    /// Who comes under many uids fills no table: those who would begin anew are forgotten.
    @Test func uidsAreForgotten() {
        var orders = admitting()
        var carriedOut = 0
        for uid in 0..<1000 {
            carriedOut += done(&orders, of: 1, uid: UInt32(uid), now: Int64(uid) * 100_000_000)
        }
        #expect(carriedOut == 1000)
        #expect(orders.knownUids <= MasterLimits.orderUids)
    }

    @Test func nobodyTakesMorePlacesThanTheirShare() {
        var orders = admitting()
        func give(_ id: Int, _ uid: UInt32) -> LookOrders.Verdict {
            orders.judge(
                order(.stop(Selection(name: "web")), id: UInt32(id), uid: uid),
                now: Int64(id) * 1_000_000_000)
        }
        func refusal(_ limit: Int) -> LookOrders.Verdict {
            .refuse(
                Refusal(.limitReached, subject: "requests at once", value: Int32(limit)))
        }
        let stop = LookOrders.Verdict.perform(.stop(Selection(name: "web")))
        let own = MasterLimits.ordersOfOne
        for id in 0..<own { #expect(give(id, 1) == stop) }
        #expect(give(own, 1) == refusal(own))
        for id in own..<MasterLimits.orders { #expect(give(id, UInt32(2 + id / own)) == stop) }
        #expect(give(MasterLimits.orders, 99) == refusal(MasterLimits.orders))
        // One of the first has left.
        let hasLeft = orders.close(3)
        #expect(hasLeft)
        #expect(give(MasterLimits.orders, 99) == stop)
    }

    @Test func whatIsHiddenStaysHidden() {
        for reason in Refusal.Reason.allCases {
            let told = LookOrders.shown(
                .refused(Refusal(reason, subject: "/secret/path")), of: "web")
            guard case .refused(let refusal) = told else {
                Issue.record("\(reason) became something else")
                continue
            }
            let names: Set<Refusal.Reason> = [
                .noSuchWorker, .noSuchInstance, .limitReached, .notPermitted, .ending,
                .beingRemoved, .helperDown, .beingUpdated, .notRunning,
            ]
            #expect(
                names.contains(reason) ? refusal.reason == reason : refusal.subject == "web",
                "\(reason)")
        }
        let outcome = Reply.outcome(.stopped, Outcome(result: .done, instances: 2))
        #expect(LookOrders.shown(outcome, of: "web") == outcome)
    }
}
