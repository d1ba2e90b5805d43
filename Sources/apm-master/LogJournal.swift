// The master's side of the journal (JournalLayout): a memfd of fixed size that it keeps for
// apm-logd. It reads two words of it, and clears places before it gives them out: a new stream
// finds nothing of an old one, whoever left what there.

import CLinux
import Glibc
import Messages
import Posix

final class LogJournal {
    private let memory: Descriptor
    /// The page with the watch words.
    private let page: UnsafeMutableRawPointer

    init() throws(SystemError) {
        let number = apm_memfd("apm-journal", false)
        guard number >= 0 else { throw SystemError("memfd_create", negated: Int(number)) }
        memory = Descriptor(owning: number)
        guard ftruncate(number, JournalLayout.byteCount) == 0 else {
            throw SystemError("ftruncate", subject: "journal", code: errno)
        }
        // Who holds it may neither grow nor shrink it, so that looking at it cannot fault.
        _ = fcntl(number, Int32(APM_ADD_SEALS), Int32(APM_SEAL_SIZE))
        let mapped = mmap(
            nil, JournalLayout.watchBytes, PROT_READ, MAP_SHARED, number,
            off_t(JournalLayout.watchOffset))
        guard let mapped, mapped != MAP_FAILED else {
            throw SystemError("mmap", subject: "journal", code: errno)
        }
        page = mapped
    }

    deinit {
        munmap(page, JournalLayout.watchBytes)
    }

    /// For apm-logd.
    var descriptor: Int32 { memory.raw }

    /// Which pipe apm-logd touches, as it says itself.
    var sight: StallWatch.Sight {
        apm_order()
        let stream = page.load(fromByteOffset: 8, as: UInt32.self)
        let touches = page.load(as: UInt64.self)
        return StallWatch.Sight(
            touches: touches,
            place: (1...UInt32(MessageLimits.streams)).contains(stream) ? stream - 1 : nil)
    }

    func clear(stream: UInt32) {
        clear(Int(stream) * JournalLayout.headerBytes, JournalLayout.headerBytes)
    }

    func clear(recentLinesOf worker: UInt16) {
        clear(
            JournalLayout.recentHeadersOffset + Int(worker) * JournalLayout.headerBytes,
            JournalLayout.headerBytes)
    }

    func clear(log: UInt32) {
        clear(
            JournalLayout.logHeadersOffset + Int(log) * JournalLayout.logHeaderBytes,
            JournalLayout.logHeaderBytes)
    }

    private func clear(_ offset: Int, _ count: Int) {
        let nothing = [UInt8](repeating: 0, count: count)
        _ = pwrite(memory.raw, nothing, count, off_t(offset))
    }
}
