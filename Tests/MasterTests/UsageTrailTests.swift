// The processor share between looks.

import Control
import Testing

@testable import apm_master

private let second: Int64 = 1_000_000_000

/// Looks at these seconds after the start; the process uses half a processor from 10 s on.
private func shares(_ times: [Double]) -> [UInt32?] {
    var trail = UsageTrail()
    return times.map { time in
        let used = max(0, time - 10) / 2 * 1_000_000
        return trail.look(
            now: second + Int64(time * Double(second)), startedAt: second, used: UInt64(used),
            memoryBytes: nil
        ).cpuTenths
    }
}

@Suite struct UsageTrailTests {
    @Test func theFirstLookIsOverTheWholeLife() {
        #expect(shares([20]) == [250])
        #expect(shares([10]) == [0])
    }

    @Test func laterLooksAreSinceTheOneBefore() {
        #expect(shares([10, 12, 14]) == [0, 500, 500])
        #expect(shares([9, 11]) == [0, 250])
    }

    /// Looks that follow each other quickly do not shorten the stretch below a second.
    @Test func quickLooksArePassedOver() {
        #expect(shares([8, 9.9, 10, 10.4]) == [0, 0, 0, 83])
        #expect(shares([9, 10, 10.5, 10.9]) == [0, 0, 166, 236])
        let steps = stride(from: 10.0, through: 20, by: 0.25).map { $0 }
        #expect(shares(steps).suffix(30).allSatisfy { $0 == 500 })
    }

    @Test func aStretchTooShortSaysNothing() {
        #expect(shares([0.009]) == [nil])
        #expect(shares([0.01]) == [0])
    }

    @Test func sharesAreTenthsOfAPercentOfOneProcessor() {
        #expect(UsageTrail.tenths(used: 1_000_000, over: second, from: 0) == 1000)
        #expect(UsageTrail.tenths(used: 4_000_000, over: second, from: 0) == 4000)
        #expect(UsageTrail.tenths(used: 1_500, over: second, from: 500) == 1)
        #expect(UsageTrail.tenths(used: 0, over: second, from: 0) == 0)
    }

    /// A counter that went back, a clock that did, and numbers beyond all reason.
    @Test func nonsenseIsNotTold() {
        #expect(UsageTrail.tenths(used: 1, over: second, from: 2) == nil)
        #expect(UsageTrail.tenths(used: 1, over: -second, from: 0) == nil)
        #expect(UsageTrail.tenths(used: 1, over: 0, from: 0) == nil)
        #expect(UsageTrail.tenths(used: .max, over: second, from: 0) == nil)
        #expect(UsageTrail.tenths(used: .max / 1000, over: second, from: 0) == .max)
    }

    @Test func whatIsUnknownStaysUnknown() {
        var trail = UsageTrail()
        let usage = trail.look(now: second, startedAt: 0, used: nil, memoryBytes: 7)
        #expect(usage == Usage(memoryBytes: 7))
    }

    @Test func whatWasJustSeenIsToldAgain() {
        var trail = UsageTrail()
        #expect(trail.recent(now: second) == nil)
        let usage = trail.look(now: second, startedAt: 0, used: 3000, memoryBytes: 7)
        #expect(usage == Usage(cpuTenths: 3, cpuMilliseconds: 3, memoryBytes: 7))
        #expect(trail.recent(now: second + 99_999_999) == usage)
        #expect(trail.recent(now: second + 100_000_000) == nil)
    }
}
