// Numbers that are given once until they come back.

import Testing

@testable import apm_master

@Suite struct SlotPoolTests {
    @Test func givesEachNumberOnceUntilItIsReturned() {
        var pool = SlotPool(3)
        #expect([pool.take(), pool.take(), pool.take(), pool.take()] == [0, 1, 2, nil])
        pool.give(1)
        #expect(pool.take() == 1)
        #expect(pool.take() == nil)
    }
}
