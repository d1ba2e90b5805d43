// When a service manager expects signs of life, and how often they are given.

import Testing

@testable import apm_master

@Suite struct NotifySocketTests {
    @Test func halfOfWhatIsAllowed() {
        let period = NotifySocket.watchdogPeriod(microseconds: "10000000", pid: "7", own: 7)
        #expect(period == 5_000_000_000)
        #expect(
            NotifySocket.watchdogPeriod(microseconds: "10000000", pid: nil, own: 7) == period)
    }

    @Test func neverMoreThanAThousandASecond() {
        #expect(NotifySocket.watchdogPeriod(microseconds: "1", pid: nil, own: 7) == 1_000_000)
    }

    @Test(arguments: [nil, "", "0", "-1", "soon", "99999999999999999999", "9223372036854775807"])
    func nothingIsExpected(_ microseconds: String?) {
        #expect(NotifySocket.watchdogPeriod(microseconds: microseconds, pid: nil, own: 7) == 0)
    }

    /// The variables were meant for a parent that did not clear them.
    @Test(arguments: ["8", "", "me"])
    func notForAnotherProcess(_ pid: String) {
        #expect(NotifySocket.watchdogPeriod(microseconds: "1000", pid: pid, own: 7) == 0)
    }
}
