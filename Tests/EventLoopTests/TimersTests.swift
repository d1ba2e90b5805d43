// Timers against a plain list that does the same.

import EventLoop
import Testing

@Suite struct TimersTests {
    @Test func nothingIsDueAtFirst() {
        var timers = Timers<Int>()
        #expect(timers.next == nil)
        #expect(timers.popDue(now: .max) == nil)
        #expect(!timers.isArmed(1))
    }

    @Test func keysComeInTheOrderOfTheirDeadlines() {
        var timers = Timers<Int>()
        for key in [5, 1, 4, 2, 3] { timers.arm(key, at: Int64(key * 10)) }
        #expect(timers.next == 10)
        #expect(timers.popDue(now: 9) == nil)
        var order: [Int] = []
        while let key = timers.popDue(now: 40) { order.append(key) }
        #expect(order == [1, 2, 3, 4])
        #expect(timers.next == 50)
        #expect(timers.isArmed(5))
        #expect(!timers.isArmed(4))
    }

    @Test func aDeadlineIsDueAtItsOwnTime() {
        var timers = Timers<Int>()
        timers.arm(1, at: 10)
        #expect(timers.popDue(now: 10) == 1)
    }

    @Test func armingAgainReplaces() {
        var timers = Timers<String>()
        timers.arm("a", at: 10)
        timers.arm("a", at: 30)
        #expect(timers.next == 30)
        #expect(timers.popDue(now: 20) == nil)
        timers.arm("a", at: 5)
        #expect(timers.popDue(now: 20) == "a")
        #expect(timers.popDue(now: .max) == nil)
    }

    @Test func whatIsDisarmedNeverComes() {
        var timers = Timers<Int>()
        timers.arm(1, at: 10)
        timers.arm(2, at: 20)
        timers.disarm(1)
        timers.disarm(3)
        #expect(!timers.isArmed(1))
        #expect(timers.next == 20)
        #expect(timers.popDue(now: .max) == 2)
        timers.disarm(2)
        #expect(timers.next == nil)
    }

    @Test func aKeyIsFreeAfterItCame() {
        var timers = Timers<Int>()
        timers.arm(1, at: 10)
        #expect(timers.popDue(now: 10) == 1)
        timers.arm(1, at: 20)
        #expect(timers.popDue(now: 20) == 1)
    }

    @Test(arguments: 1...20)
    func randomWorkMatchesAPlainList(_ seed: UInt64) {
        var random = Random(state: seed)
        var timers = Timers<UInt64>()
        var model: [UInt64: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<2000 {
            let key = random.next() % 16
            switch random.next() % 4 {
            case 0, 1:
                let deadline = now + Int64(random.next() % 100)
                timers.arm(key, at: deadline)
                model[key] = deadline
            case 2:
                timers.disarm(key)
                model[key] = nil
            default:
                now += Int64(random.next() % 20)
                while let due = timers.popDue(now: now) {
                    #expect(model[due] == model.values.min())
                    #expect(model[due].map { $0 <= now } == true)
                    model[due] = nil
                }
            }
            #expect(timers.next == model.values.min())
            #expect(timers.isArmed(key) == (model[key] != nil))
        }
    }

    private struct Random {
        var state: UInt64
        /// splitmix64, so that a failing seed fails again.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}
