// The journal, mapped: a memfd of the master's that outlives this process (JournalLayout). A killed
// process leaves in it exactly the stores it had made, in program order: every store that matters
// is followed by `apm_order()`.

import CLinux
import Glibc
import Messages
import Posix

final class Journal {
    /// Where `apm_splice` writes to.
    let descriptor: Int32
    private let memory: UnsafeMutableRawPointer

    /// Maps the journal for good, so that what points into it needs no owner; `descriptor` stays
    /// open.
    init(descriptor: Int32) throws(SystemError) {
        guard apm_file_size(descriptor) >= Int64(JournalLayout.byteCount) else {
            throw SystemError("journal", code: EINVAL)
        }
        let mapped = mmap(
            nil, JournalLayout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let mapped, mapped != MAP_FAILED else { throw SystemError("mmap", code: errno) }
        self.descriptor = descriptor
        memory = mapped
    }

    func streamHeader(_ stream: UInt32) -> StreamHeader {
        let offset = JournalLayout.inputOffset + Int(stream) * JournalLayout.inputBytes
        return StreamHeader(
            words: memory + Int(stream) * JournalLayout.headerBytes, input: memory + offset,
            inputOffset: Int64(offset))
    }

    func logHeader(_ log: UInt32) -> LogHeader {
        LogHeader(
            words: memory + JournalLayout.logHeadersOffset
                + Int(log) * JournalLayout.logHeaderBytes)
    }

    /// Where the master sees which pipe is being touched.
    var watch: WatchWords { WatchWords(words: memory + JournalLayout.watchOffset) }

    func recentLines(_ worker: UInt16) -> RecentLines {
        RecentLines(
            header: memory + JournalLayout.recentHeadersOffset
                + Int(worker) * JournalLayout.headerBytes,
            ring: memory + JournalLayout.recentOffset + Int(worker) * JournalLayout.recentBytes)
    }
}

/// Which pipe is being touched. Reading or closing a pipe takes its lock, and who holds the other
/// end can keep that as long as it likes (by splice from a socket that brings nothing); the call
/// cannot even be killed then. The master looks here for one that does not come back.
struct WatchWords {
    private let words: UnsafeMutableRawPointer

    init(words: UnsafeMutableRawPointer) {
        self.words = words
    }

    func begin(_ stream: UInt32) {
        words.storeBytes(of: words.load(as: UInt64.self) &+ 1, as: UInt64.self)
        apm_order()
        words.storeBytes(of: stream + 1, toByteOffset: 8, as: UInt32.self)
        apm_order()
    }

    func end() {
        apm_order()
        words.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        apm_order()
    }
}

/// What the journal knows of one log.
struct LogHeader {
    /// Offset 0, u32: stream + 1 of the stream that is about to write or was writing; 0 = none.
    /// Offset 4, u32: stream + 1 whose line the log ends with, unfinished; 0 = none. Its upper 16
    /// bits hold that line's `ANSIStripper.State`.
    private let words: UnsafeMutableRawPointer

    init(words: UnsafeMutableRawPointer) {
        self.words = words
    }

    /// The one stream whose intent may be under way; set before it, cleared after it.
    var writer: UInt32? {
        get { Self.stream(words.load(as: UInt32.self)) }
        nonmutating set {
            words.storeBytes(of: newValue.map { $0 + 1 } ?? 0, as: UInt32.self)
            apm_order()
        }
    }

    struct Unfinished: Equatable {
        var stream: UInt32
        var stripState: UInt8
    }

    /// Whose unfinished line the log ends with.
    var unfinished: Unfinished? {
        get {
            let word = words.load(fromByteOffset: 4, as: UInt32.self)
            guard let stream = Self.stream(word & 0xFFFF) else { return nil }
            return Unfinished(stream: stream, stripState: UInt8(truncatingIfNeeded: word >> 16))
        }
        nonmutating set {
            let word = newValue.map { $0.stream + 1 | UInt32($0.stripState) << 16 } ?? 0
            words.storeBytes(of: word, toByteOffset: 4, as: UInt32.self)
            apm_order()
        }
    }

    /// nil for 0, and for what no predecessor can have meant.
    private static func stream(_ word: UInt32) -> UInt32? {
        (1...UInt32(MessageLimits.streams)).contains(word) ? word - 1 : nil
    }
}
