// One stream's place in the journal. What makes each byte reach the log exactly once, though the
// process may be killed between any two instructions:
//
//   read     the kernel moves bytes from the pipe into the input area and advances `end` before the
//            call returns; nothing else ever adds to the input
//   intend   all of an `Intent`, then its phase word: a successor can make the same output from it
//   write    how far it got is told by the size of the log, which only grows by this intent
//   commit   phase `written`, then `start`, `lines` and the log's unfinished line, each absolute:
//            doing it twice does no harm; then phase `none`
//
// A carry (the beginning of a line) moves to the front by a copy that does not overlap, then by a
// word that says so, then by `end` and `start`: it too can be done twice.

import CLinux
import Glibc
import Messages

struct StreamHeader {
    private let words: UnsafeMutableRawPointer
    private let input: UnsafeMutableRawPointer
    private let inputOffset: Int64

    init(words: UnsafeMutableRawPointer, input: UnsafeMutableRawPointer, inputOffset: Int64) {
        self.words = words
        self.input = input
        self.inputOffset = inputOffset
    }

    /// Byte offsets; with `Field.all` they fill JournalLayout.headerBytes.
    private enum Field {
        static let end = 0
        static let start = 8
        static let carry = 12
        static let phase = 16
        static let consumedTo = 20
        static let outputLength = 24
        static let log = 28
        static let sizeBefore = 32
        static let stamp = 40
        static let lines = 48
        static let linesAfter = 56
        static let all = 64
    }

    private func load<Value: BitwiseCopyable>(_ field: Int) -> Value {
        words.load(fromByteOffset: field, as: Value.self)
    }

    private func store<Value: BitwiseCopyable>(_ value: Value, _ field: Int) {
        words.storeBytes(of: value, toByteOffset: field, as: Value.self)
        apm_order()
    }

    // MARK: Input

    /// The first byte that is in no log, counted from the front of the area.
    var start: Int { Int(load(Field.start) as UInt32) }
    /// Behind the last byte that was read.
    var end: Int { Int(load(Field.end) as Int64 &- inputOffset) }
    var lines: UInt64 { load(Field.lines) }
    var log: UInt32 { load(Field.log) }

    /// What was read and is in no log.
    var unwritten: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: input + start, count: end - start)
    }

    /// Takes the place over: begins it when it is unused, else finishes a move that was under way.
    /// False when it cannot be what a predecessor left; then it begins anew, because a successor
    /// that died of it would only be followed by another that does.
    func adopt(_ stream: UInt32, in log: LogFile) -> Bool {
        if load(Field.end) as Int64 == 0 { begin(for: log.id) }
        finishMove()
        if isSound(for: stream, in: log) { return true }
        begin(for: log.id)
        if log.header.writer == stream { log.header.writer = nil }
        return false
    }

    /// A broken predecessor may have left anything, so all that is believed later is looked at.
    private func isSound(for stream: UInt32, in log: LogFile) -> Bool {
        guard self.log == log.id, (0...JournalLayout.inputBytes).contains(end), start <= end else {
            return false
        }
        guard let intent else { return true }
        return log.header.writer == stream && (start...end).contains(intent.consumedTo)
            && intent.outputLength <= Limits.outputBytes
    }

    private func begin(for log: UInt32) {
        memset(words, 0, JournalLayout.headerBytes)
        apm_order()
        store(log, Field.log)
        store(inputOffset, Field.end)
    }

    /// Reads from `pipe` what there is and what has room. Bytes, 0 at the pipe's end, or -errno.
    func fill(from pipe: Int32, into journal: Int32) -> Int {
        moveCarryToFront()
        // Asked for nothing, the kernel would answer as at the pipe's end.
        precondition(end < JournalLayout.inputBytes, "no room to read")
        // The page is written to here, so that the kernel's own store to it cannot fault: a fault
        // would fail in a process that is being killed.
        store(load(Field.end) as Int64, Field.end)
        let place = words.assumingMemoryBound(to: Int64.self)
        return apm_splice(pipe, journal, place, JournalLayout.inputBytes - end)
    }

    /// Brings what is unwritten to the front, if the copy does not overlap.
    func moveCarryToFront() {
        let length = end - start
        guard start > 0, length <= start, intent == nil else { return }
        memcpy(input, input + start, length)
        apm_order()
        store(UInt32(length + 1), Field.carry)
        finishMove()
    }

    private func finishMove() {
        let carry: UInt32 = load(Field.carry)
        guard carry > 0 else { return }
        store(inputOffset + Int64(carry) - 1, Field.end)
        store(UInt32(0), Field.start)
        store(UInt32(0), Field.carry)
    }

    /// Gives the memory behind `end` back, except the first page.
    func releaseUnused() {
        let page = 4096
        let used = max(page, (end + page - 1) / page * page)
        if used < JournalLayout.inputBytes {
            _ = apm_release(input + used, JournalLayout.inputBytes - used)
        }
    }

    /// Makes the place unused; all of it must be written.
    func clear() {
        moveCarryToFront()
        precondition(start == 0 && end == 0 && intent == nil, "clearing what is not written")
        store(UInt64(0), Field.lines)
        store(Int64(0), Field.end)
        _ = apm_release(input, JournalLayout.inputBytes)
    }

    // MARK: Intent

    /// What is being written, nil when nothing is.
    var intent: Intent? {
        let word: UInt32 = load(Field.phase)
        guard var intent = Intent(word: word) else { return nil }
        intent.consumedTo = Int(load(Field.consumedTo) as UInt32)
        intent.outputLength = Int(load(Field.outputLength) as UInt32)
        intent.sizeBefore = load(Field.sizeBefore)
        intent.stamp = load(Field.stamp)
        intent.linesAfter = load(Field.linesAfter)
        return intent
    }

    func begin(_ intent: Intent) {
        store(UInt32(intent.consumedTo), Field.consumedTo)
        store(UInt32(intent.outputLength), Field.outputLength)
        store(intent.sizeBefore, Field.sizeBefore)
        store(intent.stamp, Field.stamp)
        store(intent.linesAfter, Field.linesAfter)
        store(intent.word, Field.phase)
    }

    /// All of the intent's output is in the log: leads to the state after it.
    func commit(_ intent: Intent, stream: UInt32, in logHeader: LogHeader) {
        var written = intent
        written.phase = .written
        store(written.word, Field.phase)
        logHeader.unfinished =
            intent.tail == .open
            ? LogHeader.Unfinished(stream: stream, stripState: intent.stripAfter) : nil
        store(UInt32(intent.consumedTo), Field.start)
        store(intent.linesAfter, Field.lines)
        store(UInt32(0), Field.phase)
        logHeader.writer = nil
    }
}
