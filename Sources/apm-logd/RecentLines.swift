// The last lines of one worker, formatted, in a ring in the journal: a successor still has them.
//
//   header  u64 head, u64 tail: bytes ever written, and where the oldest record begins
//   ring    records: instance u16, length u16, that many bytes, the last one a newline
//
// A record is evicted before its bytes are overwritten and counted after it is written. Unlike the
// log, the ring may lack or repeat a line after a crash.

import CLinux
import Glibc
import Messages

struct RecentLines {
    private let header: UnsafeMutableRawPointer
    private let ring: UnsafeMutableRawPointer
    private static let room = JournalLayout.recentBytes
    private static let recordHeader = 4

    init(header: UnsafeMutableRawPointer, ring: UnsafeMutableRawPointer) {
        self.header = header
        self.ring = ring
    }

    private var head: Int {
        get { header.load(as: Int.self) }
        nonmutating set {
            header.storeBytes(of: newValue, as: Int.self)
            apm_order()
        }
    }

    private var tail: Int {
        get { header.load(fromByteOffset: 8, as: Int.self) }
        nonmutating set {
            header.storeBytes(of: newValue, toByteOffset: 8, as: Int.self)
            apm_order()
        }
    }

    /// Adds the lines of an output; the rest of a line that began in an earlier one is left out.
    func append(_ output: UnsafeRawBufferPointer, lead: LineLead, instance: UInt16) {
        var rest = output.withoutRest(of: lead)
        rest = Self.end(of: rest, atLeast: Self.room)
        while !rest.isEmpty {
            let length = rest.lineLength
            append(line: UnsafeRawBufferPointer(rebasing: rest[..<length]), instance)
            rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        }
    }

    /// The whole lines at the end of `output`, at least so many bytes: more would be evicted
    /// anyway.
    private static func end(
        of output: UnsafeRawBufferPointer, atLeast count: Int
    ) -> UnsafeRawBufferPointer {
        var first = max(0, output.count - count)
        while first > 0, output[first - 1] != UInt8(ascii: "\n") { first -= 1 }
        return UnsafeRawBufferPointer(rebasing: output[first...])
    }

    private func append(line: UnsafeRawBufferPointer, _ instance: UInt16) {
        let isWhole = line.last == UInt8(ascii: "\n") && line.count <= Limits.recentLineBytes
        let ending: [UInt8] = isWhole ? [] : Array("…\n".utf8)
        let kept = isWhole ? line.count : min(line.count, Limits.recentLineBytes) - 1
        let length = kept + ending.count
        makeRoom(for: Self.recordHeader + length)
        let place = head
        withUnsafeBytes(of: (instance, UInt16(length))) { copyIn($0, at: place) }
        copyIn(UnsafeRawBufferPointer(rebasing: line[..<kept]), at: place + Self.recordHeader)
        ending.withUnsafeBytes { copyIn($0, at: place + Self.recordHeader + kept) }
        apm_order()
        head = place + Self.recordHeader + length
    }

    private func makeRoom(for count: Int) {
        repair()
        var oldest = tail
        while head + count - oldest > Self.room, let record = record(at: oldest) {
            oldest = record.end
        }
        tail = head + count - oldest > Self.room ? head : oldest
    }

    /// A broken predecessor may have left anything: what cannot be a ring is an empty one.
    private func repair() {
        let (head, tail) = (self.head, self.tail)
        guard tail < 0 || head < tail || head - tail > Self.room || head > Int.max / 2 else {
            return
        }
        self.tail = 0
        self.head = 0
    }

    /// nil where none can begin.
    private func record(at place: Int) -> (instance: UInt16, text: Range<Int>, end: Int)? {
        let text = place + Self.recordHeader
        guard text <= head else { return nil }
        var fields: (UInt16, UInt16) = (0, 0)
        withUnsafeMutableBytes(of: &fields) { copyOut($0, at: place) }
        let end = text + Int(fields.1)
        return end <= head ? (fields.0, text..<end, end) : nil
    }

    /// The last `count` lines, oldest first; of one instance, or of all when it is 0.
    func last(_ count: Int, instance: UInt16) -> [UInt8] {
        repair()
        var texts: [Range<Int>] = []
        var place = tail
        while let record = record(at: place) {
            if instance == 0 || record.instance == instance { texts.append(record.text) }
            place = record.end
        }
        var lines: [UInt8] = []
        for text in texts.suffix(min(count, Limits.recentLines)) {
            lines += [UInt8](unsafeUninitializedCapacity: text.count) { buffer, filled in
                copyOut(UnsafeMutableRawBufferPointer(buffer)[..<text.count], at: text.lowerBound)
                filled = text.count
            }
        }
        return lines
    }

    func forget() {
        repair()
        tail = head
        _ = apm_release(ring, Self.room)
    }

    private func copyIn(_ bytes: UnsafeRawBufferPointer, at place: Int) {
        let offset = place % Self.room
        let first = min(bytes.count, Self.room - offset)
        guard let source = bytes.baseAddress else { return }
        memcpy(ring + offset, source, first)
        memcpy(ring, source + first, bytes.count - first)
    }

    private func copyOut(_ bytes: Slice<UnsafeMutableRawBufferPointer>, at place: Int) {
        copyOut(UnsafeMutableRawBufferPointer(rebasing: bytes), at: place)
    }

    private func copyOut(_ bytes: UnsafeMutableRawBufferPointer, at place: Int) {
        let offset = place % Self.room
        let first = min(bytes.count, Self.room - offset)
        guard let target = bytes.baseAddress else { return }
        memcpy(target, ring + offset, first)
        memcpy(target + first, ring, bytes.count - first)
    }
}

extension UnsafeRawBufferPointer {
    /// Bytes of the first line, its newline included.
    var lineLength: Int {
        guard let start = baseAddress, let newline = memchr(start, 10, count) else { return count }
        return UnsafeRawPointer(newline) - start + 1
    }

    /// An output for those who did not see what the log ended with before it.
    func withoutRest(of lead: LineLead) -> UnsafeRawBufferPointer {
        switch lead {
        case .newLine: self
        case .breaks: UnsafeRawBufferPointer(rebasing: dropFirst())
        case .continues: UnsafeRawBufferPointer(rebasing: self[lineLength...])
        }
    }
}
