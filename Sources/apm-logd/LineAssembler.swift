// Input to output: the inner loop. Deterministic: the same input, head, lead and tail give the same
// bytes in any process, which is what makes a cut write resumable. No allocation.

import Colours
import Glibc

/// What an assembly took and made.
struct Batch: Equatable {
    /// Bytes of the input that are in the output.
    var consumed = 0
    var lines = 0
    var tail = LineTail.kept
    var stripAfter: UInt8 = 0
    /// The output was full before the input was used up.
    var isCutShort = false
}

struct LineAssembler {
    private let output: OutputBuffer
    private let strips: Bool
    private var stripper: ANSIStripper
    private var lead: LineLead
    private var cursor: UnsafeMutableRawPointer
    private let limit: UnsafeMutableRawPointer
    private var lines = 0

    /// Writes to the front of `output`, behind whose head every line begins.
    init(_ output: OutputBuffer, strips: Bool, stripState: UInt8, lead: LineLead) {
        self.output = output
        self.strips = strips
        stripper = ANSIStripper(state: ANSIStripper.State(rawValue: stripState) ?? .text)
        self.lead = lead
        cursor = output.bytes
        limit = output.bytes + Limits.outputBytes
    }

    /// Takes whole lines while there is room, then what is left as `tail` says; what is left and
    /// too long to be kept is left open.
    mutating func take(_ input: UnsafeRawBufferPointer, tail: LineTail) -> Batch {
        var batch = Batch()
        var rest = input
        while let start = rest.baseAddress, let newline = memchr(start, newlineCode, rest.count) {
            let length = UnsafeRawPointer(newline) - start
            guard fits(length) else {
                batch.isCutShort = true
                break
            }
            put(UnsafeRawBufferPointer(rebasing: rest[..<length]), endsLine: true)
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
        if !batch.isCutShort { takeTail(&rest, tail, &batch) }
        batch.consumed = input.count - rest.count
        batch.lines = lines
        batch.stripAfter = stripper.state.rawValue
        output.count = cursor - output.bytes
        return batch
    }

    private mutating func takeTail(
        _ rest: inout UnsafeRawBufferPointer, _ tail: LineTail, _ batch: inout Batch
    ) {
        let wanted = tail == .kept && rest.count >= Limits.lineBytes ? .open : tail
        let hasSomething = !rest.isEmpty || (wanted == .closed && lead == .continues)
        guard wanted != .kept, hasSomething else { return }
        guard fits(rest.count) else {
            batch.isCutShort = true
            return
        }
        put(rest, endsLine: wanted == .closed)
        rest = UnsafeRawBufferPointer(rebasing: rest[rest.count...])
        batch.tail = wanted
    }

    /// A line with its head, and a newline on either side.
    private func fits(_ length: Int) -> Bool {
        limit - cursor >= output.headCount + length + 2
    }

    private mutating func put(_ text: UnsafeRawBufferPointer, endsLine: Bool) {
        if lead == .breaks { putNewline() }
        if lead != .continues {
            memcpy(cursor, output.head, output.headCount)
            cursor += output.headCount
        }
        lead = .newLine
        if let start = text.baseAddress { putText(start, text.count) }
        guard endsLine else { return }
        putNewline()
        stripper.state = .text
        lines += 1
    }

    private mutating func putText(_ start: UnsafeRawPointer, _ count: Int) {
        if strips, stripper.state != .text || memchr(start, escapeCode, count) != nil {
            let text = UnsafeRawBufferPointer(start: start, count: count)
            cursor += stripper.strip(text, into: cursor)
        } else {
            memcpy(cursor, start, count)
            cursor += count
        }
    }

    private mutating func putNewline() {
        cursor.storeBytes(of: UInt8(ascii: "\n"), as: UInt8.self)
        cursor += 1
    }
}

private let newlineCode: Int32 = 10
private let escapeCode: Int32 = 27
