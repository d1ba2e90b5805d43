// What is done for strangers, how often, and what they are told.

import Control
import Messages
import Settings
import Testing

@testable import apm_master

@Suite struct LookOrdersTests {
    private func order(_ command: Command, id: UInt32 = 1) -> Order {
        let datagram = command.encoded(id: 0)[0]
        return Order(
            id: id, uid: 1002, kind: command.kind.rawValue,
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

    @Test func aFloodIsHeldBack() {
        var orders = admitting()
        var done = 0
        for id in 0..<200 {
            let verdict = orders.judge(
                order(.stop(Selection(name: "web")), id: UInt32(id)), now: 0)
            if case .perform = verdict { done += 1 }
            _ = orders.close(UInt32(id))
        }
        #expect(done == Int(MasterLimits.orderBurst))
        let later = orders.judge(
            order(.stop(Selection(name: "web")), id: 999), now: 1_000_000_000)
        #expect(later == .perform(.stop(Selection(name: "web"))))
    }

    @Test func noMoreAreOpenThanTheirPlaces() {
        var orders = admitting()
        var last = LookOrders.Verdict.refuse(Refusal(.ending))
        for id in 0...MasterLimits.orders {
            last = orders.judge(
                order(.stop(Selection(name: "web")), id: UInt32(id)),
                now: Int64(id) * 1_000_000_000)
        }
        #expect(
            last
                == .refuse(
                    Refusal(
                        .limitReached, subject: "requests at once",
                        value: Int32(MasterLimits.orders))))
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
