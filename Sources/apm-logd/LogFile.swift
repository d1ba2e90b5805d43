// One log: a descriptor open for appending, and who may write to it. One stream at a time has an
// intent here, so that the growth of the file is that stream's. Lines of APM's own wait until no
// intent is under way. Nothing else may write to the file meanwhile: the master gives one log id a
// file.

import CLinux
import Glibc
import Messages
import Posix

final class LogFile {
    let id: UInt32
    let header: LogHeader
    private let file: Descriptor
    /// The open streams that write here.
    var streams: Set<UInt32> = []
    /// The errno for which it cannot be written now; 0 = it can.
    var failure: Int32 = 0
    /// A stream whose predecessor died while it wrote, and that has not come back yet.
    var awaited: UInt32?
    var isClosing = false
    private var backlog: [UInt8] = []
    private var backlogLost = 0

    init(id: UInt32, file: consuming Descriptor, header: LogHeader) {
        self.id = id
        self.file = file
        self.header = header
    }

    /// Finds out whether a predecessor died in the middle of writing here.
    func adopt(from journal: Journal) {
        guard let writer = header.writer else { return }
        let stream = journal.streamHeader(writer)
        if stream.intent != nil, stream.log == id { awaited = writer } else { header.writer = nil }
    }

    /// The stream that it waited for does not come, or knows of nothing.
    func giveUpAwaiting() {
        awaited = nil
        header.writer = nil
    }

    /// Whether its streams have to wait.
    var isBlocked: Bool { failure != 0 || awaited != nil }

    /// Its size; -1 for /dev/null and the like.
    var size: Int64 { apm_file_size(file.raw) }

    /// Writes as much as can be. How much that was, and the errno that ended it or 0.
    func append(_ bytes: UnsafeRawBufferPointer) -> (written: Int, errno: Int32) {
        var written = 0
        while written < bytes.count, let start = bytes.baseAddress {
            let count = write(file.raw, start + written, bytes.count - written)
            if count > 0 {
                written += count
            } else if count == 0 {
                return (written, EIO)
            } else if errno != EINTR {
                return (written, errno)
            }
        }
        return (written, 0)
    }

    /// Adds a line of APM's own, with its newline. Lines that have no room are counted.
    func addOwn(_ line: [UInt8]) {
        if backlog.count + line.count > Limits.backlogBytes {
            backlogLost += 1
        } else {
            backlog += line
        }
    }

    var hasOwn: Bool { !backlog.isEmpty || backlogLost > 0 }

    /// Writes the lines of APM's own unless a stream is in the middle of writing. An errno, or 0.
    func writeOwn() -> Int32 {
        guard hasOwn, header.writer == nil else { return 0 }
        if header.unfinished != nil {
            backlog.insert(UInt8(ascii: "\n"), at: 0)
            header.unfinished = nil
        }
        if backlogLost > 0 {
            backlog += Array(
                "-- \(backlogLost) lines lost: this log could not be written --\n".utf8)
            backlogLost = 0
        }
        let (written, errno) = backlog.withUnsafeBytes { append($0) }
        backlog.removeFirst(written)
        return errno
    }
}
