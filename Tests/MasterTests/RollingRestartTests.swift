// Rolls, event by event: one at a time, and every end of them.

import Testing

@testable import apm_master

@Suite struct RollingRestartTests {
    private func roll(_ count: UInt16, resting: Set<UInt16> = []) -> RollingRestart {
        RollingRestart((1...count).map { (number: $0, isRunning: !resting.contains($0)) })
    }

    @Test func oneAfterTheOther() {
        var roll = roll(2)
        #expect(roll.begin() == [.restart(1)])
        #expect(roll.handle(.comesUp).isEmpty && roll.current == 1)
        #expect(roll.handle(.runs) == [.armGrace] && roll.step == .proving(1))
        #expect(roll.handle(.runs).isEmpty)
        #expect(roll.handle(.elapsed) == [.armPause] && roll.step == .pausing)
        #expect(roll.handle(.runs).isEmpty && roll.current == nil)
        #expect(roll.handle(.elapsed) == [.restart(2)] && roll.restarted == 1)
        _ = roll.handle(.runs)
        #expect(roll.handle(.elapsed).isEmpty && roll.result == .done && roll.restarted == 2)
    }

    @Test func whoDoesNotServeComesFirst() {
        #expect(roll(4, resting: [3, 4]).queue == [3, 4, 1, 2])
    }

    @Test func whatDoesNotComeUpEndsIt() {
        var early = roll(3)
        _ = early.begin()
        #expect(early.handle(.fails) == [.disarm] && early.result == .stopped(at: 1))
        #expect(early.queue == [2, 3] && early.handle(.elapsed).isEmpty)
        var late = roll(2)
        _ = late.begin()
        _ = late.handle(.runs)
        #expect(late.handle(.fails) == [.disarm] && late.result == .stopped(at: 1))
        #expect(late.handle(.leave([2])).isEmpty && late.result == .stopped(at: 1))
    }

    /// Those that were restarted show what the new program is worth.
    @Test func whatEndsAfterItsTurnEndsIt() {
        var pausing = roll(3)
        _ = pausing.begin()
        #expect(pausing.handle(.ends(3)).isEmpty, "its turn is still to come")
        _ = pausing.handle(.runs)
        _ = pausing.handle(.elapsed)
        var next = pausing
        #expect(pausing.handle(.ends(1)) == [.disarm] && pausing.result == .stopped(at: 1))
        #expect(pausing.restarted == 0 && pausing.queue == [2, 3])
        #expect(next.handle(.elapsed) == [.restart(2)])
        #expect(next.handle(.ends(2)).isEmpty)
        var proving = next
        #expect(next.handle(.ends(1)) == [.disarm] && next.result == .stopped(at: 1))
        _ = proving.handle(.runs)
        #expect(proving.handle(.ends(1)) == [.disarm] && proving.result == .stopped(at: 1))
        #expect(proving.handle(.ends(1)).isEmpty && proving.handle(.elapsed).isEmpty)
    }

    @Test func aRestartOfTheOneUnderWayIsWaitedFor() {
        var roll = roll(2)
        _ = roll.begin()
        _ = roll.handle(.runs)
        #expect(roll.handle(.comesUp) == [.disarm] && roll.step == .restarting(1))
        #expect(roll.handle(.runs) == [.armGrace])
    }

    @Test func whatIsStoppedLeaves() {
        var roll = roll(3)
        _ = roll.begin()
        #expect(roll.handle(.leave([2])).isEmpty)
        _ = roll.handle(.runs)
        _ = roll.handle(.elapsed)
        #expect(roll.handle(.elapsed) == [.restart(3)])
        #expect(roll.handle(.leave([3])) == [.disarm] && roll.result == .overtaken)
        var current = self.roll(2)
        _ = current.begin()
        #expect(current.handle(.leave([1])) == [.disarm, .armPause])
        #expect(current.handle(.elapsed) == [.restart(2)])
        _ = current.handle(.runs)
        _ = current.handle(.elapsed)
        #expect(current.result == .overtaken, "not all of them were restarted")
    }

    @Test func withoutAnyoneLeftItIsOver() {
        for events in [[], [.runs], [.runs, .elapsed]] as [[RollingRestart.Event]] {
            var roll = roll(2)
            _ = roll.begin()
            for event in events { _ = roll.handle(event) }
            #expect(roll.handle(.leave([1, 2])).first == .disarm)
            #expect(roll.result == .overtaken)
            #expect(roll.handle(.elapsed).isEmpty)
        }
    }

    /// Whatever comes, never two at a time, and each at most once.
    @Test(arguments: 0..<100)
    func neverTwoAtATime(_ seed: Int) {
        var roll = roll(5, resting: [UInt16(seed % 6)])
        var seen: [UInt16] = []
        var effects = roll.begin()
        let events: [RollingRestart.Event] = [
            .runs, .comesUp, .elapsed, .elapsed, .leave([2]), .runs, .elapsed,
        ]
        for step in 0..<200 where roll.result == nil {
            for case .restart(let number) in effects {
                #expect(roll.current == number && !seen.contains(number))
                seen.append(number)
            }
            effects = roll.handle(events[(step * (seed + 1) + step / 3) % events.count])
        }
        #expect(seen.count == Set(seen).count)
    }

    @Test(arguments: InstanceState.all)
    func everyStateMeansSomethingOrNothing(_ state: InstanceState) {
        switch state.rollEvent {
        case .runs: #expect(state == .running)
        case .fails:
            #expect(state.isResting || state.text.contains("sweeping") || state == .waiting)
        case .comesUp: #expect(state.isWanted)
        case nil: #expect(state == .stopped || state.isHeld || !state.isWanted)
        case .ends, .elapsed, .leave: Issue.record("not from a state")
        }
    }
}
