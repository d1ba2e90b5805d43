// How much an agent that lasts may tell.

import Testing

@testable import apm_master

struct AllowanceTests {
    private func taken(_ allowance: inout Allowance, at now: Int64, of tries: Int) -> Int {
        (0..<tries).count { _ in allowance.take(at: now) }
    }

    @Test func aBurstIsTakenAndThenSoManyASecond() {
        var allowance = Allowance(rate: MasterLimits.agentRate, burst: MasterLimits.agentBurst)
        let second: Int64 = 1_000_000_000
        let first = taken(&allowance, at: 1000 * second, of: 1000)
        #expect(first == 64)
        let later = taken(&allowance, at: 1001 * second, of: 1000)
        #expect(later == 20)
        let rested = taken(&allowance, at: 2000 * second, of: 1000)
        #expect(rested == 64)
        // A clock that goes back gives nothing.
        let back = taken(&allowance, at: 0, of: 10)
        #expect(back == 0)
    }
}
