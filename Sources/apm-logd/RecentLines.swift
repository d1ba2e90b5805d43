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
        var oldest = tail
        while head + count - oldest > Self.room {
            oldest += Self.recordHeader + record(at: oldest).length
        }
        tail = oldest
    }

    private func record(at place: Int) -> (instance: UInt16, length: Int) {
        var fields: (UInt16, UInt16) = (0, 0)
        withUnsafeMutableBytes(of: &fields) { copyOut($0, at: place) }
        return (fields.0, Int(fields.1))
    }

    /// The last `count` lines, oldest first; of one instance, or of all when it is 0.
    func last(_ count: Int, instance: UInt16) -> [UInt8] {
        var places: [Int] = []
        var place = tail
        while place < head {
            let record = record(at: place)
            if instance == 0 || record.instance == instance { places.append(place) }
            place += Self.recordHeader + record.length
        }
        var lines: [UInt8] = []
        for place in places.suffix(min(count, Limits.recentLines)) {
            let length = record(at: place).length
            lines += [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
                copyOut(UnsafeMutableRawBufferPointer(buffer)[..<length], at: place + 4)
                filled = length
            }
        }
        return lines
    }

    func forget() {
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
