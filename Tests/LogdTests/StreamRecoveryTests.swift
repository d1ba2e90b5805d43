// A logger that dies at any step of reading, writing and committing: its successor brings the log
// to exactly the same bytes, and the journal to the same state.

import Messages
import Testing

@testable import apm_logd

struct StreamRecoveryTests {
    private let head = "000042 \u{1B}[38;5;1mp\u{1B}[0m "
    private var full: String { "\(head)one\n\(head)two\n" }

    /// A rig whose logger has written two lines of `one two thr`, and the intent it did so with.
    private func written() throws -> (JournalRig, Intent) {
        let rig = try JournalRig()
        let stream = try rig.open()
        rig.feed("one\ntwo\nthr", to: stream)
        #expect(rig.write(stream) == .written(.newLine))
        #expect(rig.logged.text == full)
        var intent = Intent()
        intent.consumedTo = 8
        return (rig, intent)
    }

    /// Undoes the commit: the intent stands, nothing after it has happened.
    private func uncommit(_ rig: JournalRig, _ intent: Intent) {
        rig.patch(UInt32(0), at: HeaderField.start)
        rig.patch(UInt64(0), at: HeaderField.lines)
        rig.patch(intent.word, at: HeaderField.phase)
        rig.journal.logHeader(1).writer = 3
    }

    private func expectCommitted(_ rig: JournalRig) {
        let header = rig.journal.streamHeader(3)
        #expect(rig.logged.text == full)
        #expect(header.intent == nil)
        #expect(header.start == 8)
        #expect(header.lines == 2)
        #expect(header.unwritten.text == "thr")
        #expect(rig.journal.logHeader(1).writer == nil)
        #expect(rig.journal.logHeader(1).unfinished == nil)
    }

    @Test func inputThatWasReadIsWrittenByTheSuccessor() throws {
        let rig = try JournalRig()
        rig.feed("one\ntwo\nthr", to: try rig.open())
        let successor = try rig.open()
        #expect(successor.hasMore)
        #expect(rig.resume(successor) == .nothing)
        #expect(rig.write(successor) == .written(.newLine))
        expectCommitted(rig)
    }

    @Test func writeCutAtAnyByteIsCompleted() throws {
        for cut in 0...full.utf8.count {
            let (rig, intent) = try written()
            uncommit(rig, intent)
            rig.truncateLog(to: cut)
            #expect(rig.resume(try rig.open()) == .written(.newLine), "cut at \(cut)")
            expectCommitted(rig)
        }
    }

    @Test func writeBehindOtherLinesIsCompleted() throws {
        let (rig, _) = try written()
        let stream = try rig.open()
        // A successor looks at what it found before it reads.
        #expect(rig.write(stream) == .nothing)
        rig.feed("ee\n", to: stream)
        #expect(rig.write(stream, stamp: 7) == .written(.newLine))
        let whole = rig.logged
        var intent = Intent()
        intent.phase = .writing
        rig.patch(UInt32(0), at: HeaderField.start)
        rig.patch(intent.word, at: HeaderField.phase)
        rig.journal.logHeader(1).writer = 3
        rig.truncateLog(to: full.utf8.count + 5)
        #expect(rig.resume(try rig.open()) == .written(.newLine))
        #expect(rig.logged == whole)
    }

    @Test func deathAtEachStepOfTheCommitIsCompleted() throws {
        for step in 0...4 {
            let (rig, intent) = try written()
            uncommit(rig, intent)
            var done = intent
            done.phase = .written
            rig.patch(done.word, at: HeaderField.phase)
            if step >= 1 { rig.journal.logHeader(1).unfinished = nil }
            if step >= 2 { rig.patch(UInt32(8), at: HeaderField.start) }
            if step >= 3 { rig.patch(UInt64(2), at: HeaderField.lines) }
            if step >= 4 {
                rig.patch(UInt32(0), at: HeaderField.phase)
                // Only the log's own word is left; opening the log clears it.
                rig.journal.logHeader(1).writer = nil
            }
            #expect(rig.resume(try rig.open()) == .nothing, "step \(step)")
            expectCommitted(rig)
        }
    }

    @Test func deathWhileTheSuccessorRecoversIsCompleted() throws {
        let (rig, intent) = try written()
        uncommit(rig, intent)
        rig.truncateLog(to: 3)
        // The first successor got five bytes further.
        rig.truncateLog(to: 0)
        let partial = Array(full.utf8.prefix(8))
        let log = try rig.open().log
        _ = partial.withUnsafeBytes { log.append($0) }
        #expect(rig.resume(try rig.open()) == .written(.newLine))
        expectCommitted(rig)
    }

    @Test func logThatSomeoneCutMeanwhileSaysSo() throws {
        let rig = try JournalRig()
        let stream = try rig.open()
        rig.feed("first\n", to: stream)
        _ = rig.write(stream)
        rig.feed("one\ntwo\n", to: stream)
        _ = rig.write(stream)
        rig.patch(UInt32(0), at: HeaderField.start)
        rig.patch(Intent().word, at: HeaderField.phase)
        rig.journal.logHeader(1).writer = 3
        rig.truncateLog(to: 0)
        let successor = try rig.open()
        #expect(rig.resume(successor) == .written(.newLine))
        #expect(successor.log.writeOwn() == 0)
        let expected =
            "-- this log was cut short while it was written: up to \(full.utf8.count) bytes "
            + "are missing --\n"
        #expect(rig.logged.text == expected)
        #expect(successor.header.unwritten.isEmpty)
    }

    @Test func carryMovesToTheFrontFromAnyStep() throws {
        for step in 0...3 {
            let (rig, _) = try written()
            let front = Int64(JournalLayout.inputOffset + 3 * JournalLayout.inputBytes)
            let header = rig.journal.streamHeader(3)
            if step == 0 {
                header.moveCarryToFront()
            } else {
                // The copy is made by a move of its own, then the words are set back.
                header.moveCarryToFront()
                if step < 3 { rig.patch(UInt32(8), at: HeaderField.start) }
                if step < 2 { rig.patch(front + 11, at: HeaderField.end) }
                rig.patch(UInt32(4), at: HeaderField.carry)
            }
            let successor = try rig.open()
            #expect(successor.header.start == 0, "step \(step)")
            #expect(successor.header.unwritten.text == "thr", "step \(step)")
            #expect(rig.write(successor) == .nothing)
            rig.feed("ee\n", to: successor)
            _ = rig.write(successor)
            #expect(rig.logged.text == "\(full)\(head)three\n")
        }
    }

    @Test func overlappingCarryStaysWhereItIs() throws {
        let rig = try JournalRig()
        let stream = try rig.open()
        rig.feed("a\nlonger than a", to: stream)
        _ = rig.write(stream)
        stream.header.moveCarryToFront()
        #expect(stream.header.start == 2)
        #expect(stream.header.unwritten.text == "longer than a")
    }

    @Test func otherStreamEndsAnUnfinishedLine() throws {
        let rig = try JournalRig()
        let long = String(repeating: "x", count: Limits.lineBytes)
        let first = try rig.open(3)
        rig.feed(long, to: first)
        #expect(rig.write(first) == .written(.newLine))
        #expect(first.header.lines == 0)
        let second = try rig.open(4)
        rig.feed("other\n", to: second)
        #expect(rig.write(second) == .written(.breaks))
        rig.feed("rest\n", to: first)
        #expect(rig.write(first) == .written(.newLine))
        #expect(rig.logged.text == "\(head)\(long)\n\(head)other\n\(head)rest\n")
    }

    @Test func longLineContinuesInTheSuccessor() throws {
        let rig = try JournalRig()
        let long = String(repeating: "x", count: Limits.lineBytes)
        let first = try rig.open(strips: true)
        rig.feed(long + "\u{1B}[3", to: first)
        _ = rig.write(first)
        let second = try rig.open(strips: true)
        rig.feed("1mrest", to: second)
        #expect(rig.write(second) == .nothing)
        rig.closePipe()
        _ = second.fill(into: rig.journal.descriptor)
        #expect(rig.write(second) == .written(.continues))
        #expect(second.isDone)
        #expect(rig.logged.text == "000042 p \(long)rest\n")
    }

    @Test func endedStreamLeavesItsPlaceUnused() throws {
        let rig = try JournalRig()
        let stream = try rig.open()
        rig.feed("one\ntwo\n", to: stream)
        _ = rig.write(stream)
        stream.header.clear()
        let next = try rig.open()
        #expect(next.header.lines == 0)
        #expect(next.header.unwritten.isEmpty)
        #expect(!next.hasMore)
    }

    @Test func aDamagedPlaceBeginsAnew() throws {
        let (rig, _) = try written()
        let log = try rig.openLog()
        rig.patch(UInt32(12), at: HeaderField.start)
        let header = rig.journal.streamHeader(3)
        #expect(!header.adopt(3, in: log))
        #expect(header.adopt(3, in: log))
        #expect(header.unwritten.isEmpty)
        #expect(header.lines == 0)
    }

    @Test func aPlaceOfAnotherLogIsDamaged() throws {
        let (rig, _) = try written()
        #expect(!rig.journal.streamHeader(3).adopt(3, in: try rig.openLog(2)))
    }

    @Test func anIntentThatTheLogDoesNotKnowIsDamage() throws {
        let (rig, intent) = try written()
        uncommit(rig, intent)
        rig.journal.logHeader(1).writer = nil
        #expect(!rig.journal.streamHeader(3).adopt(3, in: try rig.openLog()))
    }
}
