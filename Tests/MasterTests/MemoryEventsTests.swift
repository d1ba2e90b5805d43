// Who was killed for want of memory, told from counters.

import Testing

@testable import apm_master

private func events(_ text: String) -> MemoryEvents? {
    MemoryEvents(reading: Array(text.utf8).span.bytes)
}

@Suite struct MemoryEventsTests {
    @Test func bothCountersAreRead() {
        let text = "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n"
        #expect(events(text) == MemoryEvents(atOwnLimit: 3, kills: 2))
        #expect(events(text + "oom_group_kill 1\n") == MemoryEvents(atOwnLimit: 3, kills: 2))
    }

    @Test(arguments: ["", "oom 1\n", "oom_kill 1\n", "oom x\noom_kill 1\n", "populated 1\n"])
    func whatIsNoneIsNil(_ text: String) {
        #expect(events(text) == nil)
    }

    @Test func onlyWhatIsNewCounts() {
        let before = MemoryEvents(atOwnLimit: 1, kills: 1)
        #expect(before.verdict(since: before) == .notKilled)
        #expect(MemoryEvents(atOwnLimit: 2, kills: 3).verdict(since: before) == .overOwnLimit)
        #expect(MemoryEvents(atOwnLimit: 1, kills: 2).verdict(since: before) == .noneLeft)
    }

    /// It was at its limit and was helped by other means: nobody was killed.
    @Test func aLimitThatWasKeptKillsNobody() {
        #expect(MemoryEvents(atOwnLimit: 5, kills: 0).verdict(since: .init()) == .notKilled)
    }
}
