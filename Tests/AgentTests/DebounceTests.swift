// When changes are told, at times that a test gives.

import Testing

@testable import apm_agent

struct DebounceTests {
    /// What changes is not given to the macro itself.
    private func check(_ truth: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(truth, sourceLocation: sourceLocation)
    }

    private let millisecond: Int64 = 1_000_000

    @Test func nothingIsDueBeforeAChange() {
        var debounce = Debounce(delayMilliseconds: 200)
        #expect(debounce.due == nil)
        check(!debounce.isDue(at: .max))
    }

    @Test func aBurstIsToldOnceAfterItsEnd() {
        var debounce = Debounce(delayMilliseconds: 200)
        for time in 0..<50 { debounce.changed(at: Int64(time) * 10 * millisecond) }
        #expect(debounce.due == (490 + 200) * millisecond)
        check(!debounce.isDue(at: 689 * millisecond))
        check(debounce.isDue(at: 690 * millisecond))
        check(debounce.due == nil && !debounce.isDue(at: 10_000 * millisecond))
    }

    @Test func changesWithoutEndAreToldAllTheSame() {
        var debounce = Debounce(delayMilliseconds: 200)
        var told: [Int64] = []
        for time in 0..<10_000 {
            let now = Int64(time) * millisecond
            debounce.changed(at: now)
            if debounce.isDue(at: now) { told.append(Int64(time)) }
        }
        #expect(told == [2000, 4001, 6002, 8003])
    }

    @Test func aLongDelayIsWaitedForTenTimesAtMost() {
        var debounce = Debounce(delayMilliseconds: 1000)
        debounce.changed(at: 0)
        debounce.changed(at: 9_900 * millisecond)
        #expect(debounce.due == 10_000 * millisecond)
    }

    @Test func withoutADelayItIsToldAtOnceButNotAllTheTime() {
        var debounce = Debounce(delayMilliseconds: 0)
        debounce.changed(at: 5)
        check(debounce.isDue(at: 5))
        debounce.changed(at: 6)
        check(!debounce.isDue(at: 7))
        #expect(debounce.due == 5 + 100 * millisecond)
    }
}
