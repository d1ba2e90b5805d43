// The access log of one worker: a line for each answer, on its way to a pipe that apm-logd reads.
//
//   203.0.113.7 2026-11-06T08:49:37Z "GET /a?b=1 HTTP/1.1" 200 512 840 1 0f8c6ad1...
//
// client, time, request line, status, bytes that were sent, microseconds, instance, trace id; what
// is not there is a hyphen. What does not fit while the pipe is full is counted, and told.

import Bytes
import Glibc
import Posix

struct AccessEntry {
    var client: HostAddress
    var status: Int
    var sentBytes: UInt64
    var microseconds: UInt64
    /// 0 = no instance has had it.
    var instance: UInt16
}

final class AccessLog {
    let pipe: Descriptor
    private var pending = Buffer()
    private(set) var dropped: UInt64 = 0
    /// The pipe is full: the loop looks for room.
    var isBlocked = false
    var isDirty = false

    init(pipe: consuming Descriptor) {
        self.pipe = pipe
    }

    var isEmpty: Bool { pending.isEmpty }

    /// False when there was no room. `trace` writes the id, or nothing.
    func add(
        _ entry: AccessEntry, request: UnsafeRawBufferPointer, stamp: UnsafeRawBufferPointer,
        pool: BufferPool, trace: (inout BufferWriter) -> Void
    ) -> Bool {
        guard pending.count < Limits.accessBytes else {
            dropped += 1
            return false
        }
        if dropped > 0 { tellDropped(pool) }
        pool.reserve(&pending, 4 * Limits.accessLineBytes + 256)
        var writer = BufferWriter(pending.room)
        Self.write(entry, request: request, stamp: stamp, into: &writer, trace: trace)
        pending.end += UInt32(writer.count)
        return true
    }

    /// What its pipe did not take is lost with it.
    func abandon(_ pool: BufferPool) {
        pool.release(&pending)
    }

    private func tellDropped(_ pool: BufferPool) {
        pool.reserve(&pending, 64)
        var writer = BufferWriter(pending.room)
        writer.write("- ")
        writer.writeDecimal(dropped)
        writer.write(" lines were dropped here\n")
        pending.end += UInt32(writer.count)
        dropped = 0
    }

    static func write(
        _ entry: AccessEntry, request: UnsafeRawBufferPointer, stamp: UnsafeRawBufferPointer,
        into writer: inout BufferWriter, trace: (inout BufferWriter) -> Void
    ) {
        entry.client.write(into: &writer)
        writer.write(" ")
        writer.write(stamp.bytes)
        writer.write(" \"")
        for byte in request.prefix(Limits.accessLineBytes) { write(byte, into: &writer) }
        writer.write("\" ")
        writer.writeDecimal(UInt64(entry.status))
        writer.write(" ")
        writer.writeDecimal(entry.sentBytes)
        writer.write(" ")
        writer.writeDecimal(entry.microseconds)
        writer.write(" ")
        if entry.instance == 0 {
            writer.write("-")
        } else {
            writer.writeDecimal(UInt64(entry.instance))
        }
        writer.write(" ")
        let start = writer.count
        trace(&writer)
        if writer.count == start { writer.write("-") }
        writer.write("\n")
    }

    /// Whoever reads a log in a terminal, or by its quotes, must not be led astray.
    private static func write(_ byte: UInt8, into writer: inout BufferWriter) {
        if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            return writer.write(byte)
        }
        writer.write("\\x")
        writer.writeHexadecimal(UInt64(byte >> 4))
        writer.writeHexadecimal(UInt64(byte & 15))
    }

    /// Writes what the pipe takes; an errno when it is broken.
    func flush(_ pool: BufferPool) -> Int32 {
        while !pending.isEmpty {
            let bytes = pending.bytes
            let count = Glibc.write(pipe.raw, bytes.baseAddress, bytes.count)
            if count > 0 {
                pool.consume(count, of: &pending)
            } else if errno == EAGAIN {
                return 0
            } else if errno != EINTR {
                let code = errno
                pool.release(&pending)
                return code
            }
        }
        return 0
    }
}
