// One pipe of a worker and its place in the journal: reads a piece, writes its lines. The journal's
// invariants are StreamHeader's; here is the order in which they are kept.

import CLinux
import Glibc
import Messages
import Posix

final class LogStream {
    private(set) var plan: StreamPlan
    private(set) var pipe: Descriptor?
    let log: LogFile
    let header: StreamHeader
    private var format: LineFormat
    /// How lines look from the next output on.
    private var nextStyle: StreamStyle?
    /// Whether the event loop looks at the pipe.
    var isWatched = false
    /// Nothing more will be read.
    var hasEnded = false
    /// Bytes that may still be read of a stream that is being closed; nil = it is not.
    var drain: Int?
    /// Input is left that was not looked at: the last output had no room, or a predecessor read it.
    private(set) var hasMore: Bool
    /// Its unused memory will be given back.
    var isTouched = false
    /// Bytes of the intent's output that this process wrote; nil: the log's size tells.
    private var written: Int?

    init(plan: StreamPlan, pipe: consuming Descriptor, log: LogFile, header: StreamHeader) {
        self.plan = plan
        self.pipe = consume pipe
        self.log = log
        self.header = header
        format = LineFormat(plan)
        hasMore = !header.unwritten.isEmpty
    }

    var id: UInt32 { plan.stream }

    func closePipe() {
        pipe = nil
    }

    enum Fill {
        case bytes(UnsafeRawBufferPointer)
        case nothing
    }

    /// Reads a piece, unless the last one is not used up; notes the pipe's end.
    func fill(into journal: Int32) -> Fill {
        guard !hasMore, !hasEnded, let pipe = pipe.number else { return .nothing }
        let count = header.fill(from: pipe, into: journal)
        if count > 0 {
            drain = drain.map { $0 - count }
            if let drain, drain <= 0 { hasEnded = true }
            let piece = header.unwritten
            return .bytes(UnsafeRawBufferPointer(rebasing: piece[(piece.count - count)...]))
        }
        guard count == 0 || count == -Int(EAGAIN) else { breach("splice: errno \(-count)") }
        if count == 0 || drain != nil { hasEnded = true }
        return .nothing
    }

    /// Everything that was read is in the log, and there will be no more.
    var isDone: Bool { hasEnded && !hasMore && header.unwritten.isEmpty && header.intent == nil }

    /// What is being written keeps its look: it can be made again from what the journal says.
    func restyle(_ style: StreamStyle) { nextStyle = style }

    enum Outcome: Equatable {
        case nothing
        /// The output is in the log and still in the buffer.
        case written(LineLead)
        /// The errno; `resume` goes on later.
        case failed(Int32)
    }

    /// Writes the next lines of the input. No other stream may be writing to the log.
    func writeNext(
        _ output: OutputBuffer, _ clock: inout LocalClock, stamp: Int64
    ) -> Outcome {
        precondition(log.header.writer == nil, "two writers of one log")
        if let style = nextStyle {
            plan.take(style)
            format = LineFormat(plan)
            nextStyle = nil
        }
        var intent = Intent()
        let unfinished = log.header.unfinished
        let isOurs = unfinished?.stream == id
        intent.lead = unfinished == nil ? .newLine : isOurs ? .continues : .breaks
        intent.stripBefore = isOurs ? unfinished?.stripState ?? 0 : 0
        intent.tail = hasEnded ? .closed : .kept
        intent.stamp = stamp
        let batch = assemble(header.unwritten, intent, output, &clock)
        hasMore = batch.isCutShort
        guard output.count > 0 else { return .nothing }
        intent.tail = batch.tail
        intent.stripAfter = batch.stripAfter
        intent.consumedTo = header.start + batch.consumed
        intent.linesAfter = header.lines &+ UInt64(batch.lines)
        return begin(intent, output)
    }

    private func begin(_ prepared: Intent, _ output: OutputBuffer) -> Outcome {
        var intent = prepared
        intent.outputLength = output.count
        intent.sizeBefore = log.size
        log.header.writer = id
        header.begin(intent)
        return push(intent, from: 0, output)
    }

    private func assemble(
        _ input: UnsafeRawBufferPointer, _ intent: Intent, _ output: OutputBuffer,
        _ clock: inout LocalClock
    ) -> Batch {
        format.renderHead(intent.stamp, &clock, to: output)
        var assembler = LineAssembler(
            output, strips: format.strips, stripState: intent.stripBefore, lead: intent.lead)
        return assembler.take(input, tail: intent.tail)
    }

    private func push(_ intent: Intent, from done: Int, _ output: OutputBuffer) -> Outcome {
        let rest = UnsafeRawBufferPointer(rebasing: output.content[done...])
        let (count, errno) = log.append(rest)
        written = done + count
        guard errno == 0 else { return .failed(errno) }
        written = nil
        header.commit(intent, stream: id, in: log.header)
        return .written(intent.lead)
    }

    /// Ends the intent that a full disk or a predecessor's death left.
    func resume(_ output: OutputBuffer, _ clock: inout LocalClock) -> Outcome {
        guard var intent = header.intent else { return .nothing }
        if intent.phase == .written {
            header.commit(intent, stream: id, in: log.header)
            return .nothing
        }
        let input = header.unwritten[..<(intent.consumedTo - header.start)]
        _ = assemble(UnsafeRawBufferPointer(rebasing: input), intent, output, &clock)
        let done = written ?? writtenByPredecessor(intent)
        if output.count == intent.outputLength || done >= intent.outputLength {
            return push(intent, from: min(done, output.count), output)
        }
        // Another format or time zone than before: all of it again rather than a part lost.
        if done > 0 { intent.lead = .breaks }
        _ = assemble(UnsafeRawBufferPointer(rebasing: input), intent, output, &clock)
        return begin(intent, output)
    }

    private func writtenByPredecessor(_ intent: Intent) -> Int {
        guard intent.sizeBefore >= 0 else { return intent.outputLength }
        let grown = log.size - intent.sizeBefore
        if grown < 0 {
            let text =
                "-- this log was cut short while it was written: up to "
                + "\(intent.outputLength) bytes are missing --\n"
            log.addOwn(Array(text.utf8))
            return intent.outputLength
        }
        return min(Int(grown), intent.outputLength)
    }
}
