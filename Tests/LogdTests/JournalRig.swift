// A journal, a pipe and a log in memory, and logger after logger working on them.

import CLinux
import Glibc
import Messages
import Posix
import Testing

@testable import apm_logd

final class JournalRig {
    let journal: Journal
    private let journalFile: Descriptor
    private let logFile: Descriptor
    private let reading: Descriptor
    private var writing: Int32
    let output = OutputBuffer()
    var clock = LocalClock()

    init() throws {
        journalFile = try Self.memory(Int64(JournalLayout.byteCount))
        logFile = try Self.memory(0)
        _ = fcntl(logFile.raw, F_SETFL, O_APPEND)
        journal = try Journal(descriptor: journalFile.raw)
        let pipe = try DescriptorPair.pipe()
        reading = Descriptor(owning: pipe.reading)
        writing = pipe.writing
    }

    deinit {
        closePipe()
    }

    private static func memory(_ size: Int64) throws -> Descriptor {
        let file = Descriptor(owning: apm_memfd("rig", false))
        try #require(ftruncate(file.raw, off_t(size)) == 0)
        return file
    }

    /// A stream as the next logger would open it.
    func open(_ id: UInt32 = 3, log: UInt32 = 1, strips: Bool = false) throws -> LogStream {
        let file = LogFile(id: log, file: try logFile.duplicate(), header: journal.logHeader(log))
        let plan = StreamPlan(
            stream: id, log: log, worker: 0, instance: 1, source: .standardOutput,
            stripsANSI: strips, keepsStart: false, prefix: "ç1-pçR-", timeFormat: "%F")
        let header = journal.streamHeader(id)
        try #require(header.adopt(for: log))
        return LogStream(plan: plan, pipe: try reading.duplicate(), log: file, header: header)
    }

    func print(_ text: String) {
        let count = Glibc.write(writing, text, text.utf8.count)
        precondition(count == text.utf8.count, "the pipe is full")
    }

    func closePipe() {
        if writing >= 0 { close(writing) }
        writing = -1
    }

    /// Prints and has the stream read it.
    func feed(_ text: String, to stream: LogStream) {
        print(text)
        guard case .bytes = stream.fill(into: journal.descriptor) else {
            Issue.record("nothing was read")
            return
        }
    }

    func write(_ stream: LogStream, stamp: Int64 = 42) -> LogStream.Outcome {
        stream.writeNext(output, &clock, stamp: stamp)
    }

    func resume(_ stream: LogStream) -> LogStream.Outcome { stream.resume(output, &clock) }

    /// What the log holds.
    var logged: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            count = pread(logFile.raw, buffer.baseAddress, buffer.count, 0)
        }
    }

    func truncateLog(to size: Int) { _ = ftruncate(logFile.raw, off_t(size)) }

    /// Sets one field of a stream's header, as its layout has it.
    func patch<Value: BitwiseCopyable>(_ value: Value, at field: Int, of stream: UInt32 = 3) {
        let offset = off_t(Int(stream) * JournalLayout.headerBytes + field)
        withUnsafeBytes(of: value) {
            _ = pwrite(journalFile.raw, $0.baseAddress, $0.count, offset)
        }
    }
}

/// The fields of a stream's header that tests set by hand.
enum HeaderField {
    static let end = 0
    static let start = 8
    static let carry = 12
    static let phase = 16
    static let lines = 48
}

extension Descriptor {
    /// A second descriptor of the same open file, CLOEXEC.
    fileprivate func duplicate() throws(SystemError) -> Descriptor {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw SystemError("dup", code: errno) }
        return Descriptor(owning: copy)
    }
}
