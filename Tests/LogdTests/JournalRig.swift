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

    func openLog(_ log: UInt32 = 1) throws -> LogFile {
        LogFile(id: log, file: try logFile.duplicate(), header: journal.logHeader(log))
    }

    /// A stream as the next logger would open it.
    func open(_ id: UInt32 = 3, log: UInt32 = 1, strips: Bool = false) throws -> LogStream {
        let file = try openLog(log)
        let header = journal.streamHeader(id)
        try #require(header.adopt(id, in: file))
        return try stream(id, in: file, strips: strips)
    }

    /// A stream whose place was looked at.
    func stream(
        _ id: UInt32, in file: LogFile, strips: Bool = false, timeFormat: String = "%F"
    ) throws -> LogStream {
        let plan = StreamPlan(
            stream: id, log: file.id, worker: 0, instance: 1, source: .standardOutput,
            stripsANSI: strips, keepsStart: false, prefix: "ç1-pçR-", timeFormat: timeFormat)
        return LogStream(
            plan: plan, pipe: try reading.duplicate(), log: file,
            header: journal.streamHeader(id))
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

    /// Puts bytes anywhere into the journal.
    func put(_ bytes: [UInt8], at offset: Int) {
        _ = pwrite(journalFile.raw, bytes, bytes.count, off_t(offset))
    }

    /// Gives the place of a stream a log, an end and a start that can be.
    func makeSound(_ stream: UInt32, log: UInt32) {
        let front = Int64(JournalLayout.inputOffset + Int(stream) * JournalLayout.inputBytes)
        let end = Int64.random(in: 0...Int64(JournalLayout.inputBytes))
        patch(front + end, at: HeaderField.end, of: stream)
        patch(UInt32.random(in: 0...UInt32(end)), at: HeaderField.start, of: stream)
        patch(UInt32(0), at: HeaderField.carry, of: stream)
        patch(log, at: HeaderField.log, of: stream)
    }

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
    static let log = 28
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
