// A journal that a broken logger has left: whatever it holds, a successor neither dies of it nor
// goes round in it for ever.

import Glibc
import Messages
import Posix
import Testing

@testable import apm_logd

struct HostileJournalTests {
    /// Numbers at the edges of what fields can hold, and near what they should.
    private static func number(_ random: inout SystemRandomNumberGenerator) -> UInt64 {
        let input = JournalLayout.inputOffset + 3 * JournalLayout.inputBytes
        let edges: [UInt64] = [
            0, 1, 2, 3, 4, 255, 4095, 65535, 65536, 65537, 1 << 31, 1 << 32, 1 << 62, 1 << 63,
            .max, .max - 1, UInt64(input), UInt64(input + 100), UInt64(input + 65536),
        ]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return UInt64.random(in: 0..<70_000, using: &random)
        case 1: return UInt64(input) + UInt64.random(in: 0..<65_536, using: &random)
        case 2: return UInt64.random(in: .min ... .max, using: &random)
        default: return edges.randomElement(using: &random) ?? 0
        }
    }

    private static func bytes(
        _ words: Int, _ random: inout SystemRandomNumberGenerator
    ) -> [UInt8] {
        (0..<words).flatMap { _ in
            withUnsafeBytes(of: number(&random)) { Array($0) }
        }
    }

    @Test func anyPlaceIsTakenOverAndWrittenToItsEnd() throws {
        var random = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            let rig = try JournalRig()
            rig.put(Self.bytes(8, &random), at: 3 * JournalLayout.headerBytes)
            // A sound position as often as not, so that what lies behind it is reached.
            if round % 2 == 0 { rig.makeSound(3, log: 1) }
            rig.put(Self.bytes(1, &random), at: JournalLayout.logHeadersOffset + 8)
            if round % 3 == 0 { rig.journal.logHeader(1).writer = 3 }
            rig.print("one\ntwo")
            rig.closePipe()
            try writeAll(rig, round)
        }
    }

    private func writeAll(_ rig: JournalRig, _ round: Int) throws {
        let log = try rig.openLog()
        log.adopt(from: rig.journal)
        _ = rig.journal.streamHeader(3).adopt(3, in: log)
        let stream = try rig.stream(3, in: log, timeFormat: "%Y-%m-%d %T.%F")
        if log.awaited == 3 {
            log.awaited = nil
            _ = rig.resume(stream)
        } else if log.awaited != nil {
            log.giveUpAwaiting()
        }
        // Children that other tests are making hold copies of the pipe for a moment: its end may
        // take a while to be seen, but turns that bring something are few.
        let end = Posix.Clock.monotonicNanoseconds + 5_000_000_000
        var turns = 0
        while !stream.isDone, turns < 64, Posix.Clock.monotonicNanoseconds < end {
            if case .bytes = stream.fill(into: rig.journal.descriptor) {
                turns += 1
            } else {
                usleep(50)
            }
            _ = rig.write(stream)
        }
        #expect(stream.isDone, "round \(round)")
        #expect(rig.logged.suffix(4).text == "two\n", "round \(round)")
        if stream.isDone { stream.header.clear() }
    }

    @Test func anyRingIsReadAndWrittenToItsEnd() throws {
        var random = SystemRandomNumberGenerator()
        let rig = try JournalRig()
        let line = Array((String(repeating: "x", count: 4000) + "\n").utf8)
        for _ in 0..<3000 {
            rig.put(Self.bytes(2, &random), at: JournalLayout.recentHeadersOffset)
            rig.put(Self.bytes(256, &random), at: JournalLayout.recentOffset)
            let recent = rig.journal.recentLines(0)
            _ = recent.last(200, instance: 0)
            // What is no ring is left behind, at the latest when it has gone round twice.
            for _ in 0..<10 {
                line.withUnsafeBytes { recent.append($0, lead: .newLine, instance: 1) }
            }
            #expect(recent.last(1, instance: 1) == line, "a line is not shown")
            recent.forget()
            #expect(recent.last(1, instance: 0) == [])
        }
    }

    @Test func aLostYearIsWrittenSomehow() {
        for stamp in [Int64.min, -1, .max, -62_200_000_000_000_000] {
            var clock = LocalClock()
            let text = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                guard let target = buffer.baseAddress else { return }
                count = TimeFormat(Array("%Y%F".utf8)).render(stamp, &clock, to: target)
            }
            #expect(text.count == 10)
        }
    }
}
