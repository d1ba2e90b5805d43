// The time of now as answers and access logs have it, rendered once a second.

import Bytes
import HTTPWire
import Posix

struct DateLine {
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 8)
    /// Until when what is rendered is right; monotonic nanoseconds.
    private var validUntil = Int64.min
    private static let stampStart = 32

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    var field: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[..<HTTPDate.byteCount])
    }

    /// `1994-11-06T08:49:37Z`
    var stamp: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[Self.stampStart..<Self.stampStart + 20])
    }

    @inline(__always)
    mutating func refresh(_ now: Int64) {
        if now >= validUntil { render(now, Clock.realtimeMicroseconds) }
    }

    mutating func render(_ now: Int64, _ microseconds: Int64) {
        let seconds = microseconds / 1_000_000
        validUntil = now + (1_000_000 - microseconds % 1_000_000) * 1000
        memory.copyBytes(from: HTTPDate.render(seconds))
        let (year, month, day) = HTTPDate.civil(seconds / 86_400)
        var writer = BufferWriter(
            UnsafeMutableRawBufferPointer(rebasing: memory[Self.stampStart...]))
        Self.write(year / 100, "", into: &writer)
        Self.write(year % 100, "-", into: &writer)
        Self.write(month, "-", into: &writer)
        Self.write(day, "T", into: &writer)
        Self.write(seconds / 3600 % 24, ":", into: &writer)
        Self.write(seconds / 60 % 60, ":", into: &writer)
        Self.write(seconds % 60, "Z", into: &writer)
    }

    private static func write(
        _ number: Int64, _ behind: StaticString, into writer: inout BufferWriter
    ) {
        writer.write(UInt8(truncatingIfNeeded: 0x30 + number / 10 % 10))
        writer.write(UInt8(truncatingIfNeeded: 0x30 + number % 10))
        writer.write(behind)
    }
}
