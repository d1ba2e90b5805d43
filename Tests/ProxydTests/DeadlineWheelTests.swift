// Deadlines come when they are due, however far away, moved or taken back.

import Testing

@testable import apm_proxyd

@Suite struct DeadlineWheelTests {
    private static let tick: Int64 = 1 << 24

    /// Goes from wake-up to wake-up, as the loop does.
    private func fired(_ wheel: inout DeadlineWheel, until end: Int64) -> [(UInt32, Int64)] {
        var all: [(UInt32, Int64)] = []
        while let next = wheel.next, next <= end {
            var due: [UInt32] = []
            wheel.advance(to: next, &due)
            all += due.map { ($0, next) }
        }
        return all
    }

    @Test(arguments: [
        1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8191, 262_143, 262_144, 262_145, 5_000_000,
    ])
    func eachDistanceIsKept(_ ticks: Int64) throws {
        for start in [0, 1, 63, 64, 4095, 77_777] as [Int64] {
            var wheel = try DeadlineWheel(capacity: 8, now: start * Self.tick)
            let deadline = (start + ticks) * Self.tick
            wheel.arm(3, at: deadline)
            let fired = fired(&wheel, until: .max)
            #expect(fired.count == 1)
            let (number, time) = try #require(fired.first)
            #expect(number == 3)
            #expect(time > deadline && time <= deadline + 2 * Self.tick)
            #expect(wheel.next == nil)
        }
    }

    @Test func aMovedDeadlineComesOnceAndThen() throws {
        var wheel = try DeadlineWheel(capacity: 8, now: 0)
        wheel.arm(1, at: 100 * Self.tick)
        wheel.arm(1, at: 500 * Self.tick)
        wheel.arm(2, at: 5000 * Self.tick)
        wheel.arm(2, at: 10 * Self.tick)
        let fired = fired(&wheel, until: .max)
        #expect(fired.map(\.0) == [2, 1])
        #expect(fired[0].1 <= 12 * Self.tick)
        #expect(fired[1].1 > 500 * Self.tick && fired[1].1 <= 502 * Self.tick)
    }

    @Test func whatIsTakenBackNeverComes() throws {
        var wheel = try DeadlineWheel(capacity: 8, now: 0)
        wheel.arm(1, at: 100 * Self.tick)
        wheel.disarm(1)
        wheel.arm(2, at: 100 * Self.tick)
        wheel.remove(2)
        wheel.arm(3, at: 100 * Self.tick)
        wheel.disarm(3)
        wheel.arm(3, at: 200 * Self.tick)
        #expect(fired(&wheel, until: .max).map(\.0) == [3])
    }

    @Test func oneThatIsPastComesNext() throws {
        var wheel = try DeadlineWheel(capacity: 8, now: 1000 * Self.tick)
        wheel.arm(1, at: 10 * Self.tick)
        var due: [UInt32] = []
        wheel.advance(to: 1001 * Self.tick, &due)
        #expect(due == [1])
    }

    @Test func thousandsAtRandomAgreeWithTheirTimes() throws {
        var random = SystemRandomNumberGenerator()
        var wheel = try DeadlineWheel(capacity: 4096, now: 0)
        var deadlines: [UInt32: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<20_000 {
            let number = UInt32.random(in: 0..<4096, using: &random)
            switch UInt8.random(in: 0..<8, using: &random) {
            case 0:
                wheel.remove(number)
                deadlines[number] = nil
            case 1:
                wheel.disarm(number)
                deadlines[number] = nil
            default:
                let deadline = now + .random(in: 0..<(10_000 * Self.tick), using: &random)
                wheel.arm(number, at: deadline)
                deadlines[number] = deadline
            }
            guard Bool.random(using: &random) else { continue }
            now += .random(in: 0..<(8 * Self.tick), using: &random)
            var due: [UInt32] = []
            wheel.advance(to: now, &due)
            for number in due {
                let removed = deadlines.removeValue(forKey: number)
                let deadline = try #require(removed)
                #expect(deadline <= now)
            }
            for (number, deadline) in deadlines {
                #expect(deadline + 2 * Self.tick > now, "\(number) is late")
            }
        }
    }
}
