// The master's side of the journal (JournalLayout), which it keeps for apm-logd: a new stream finds
// nothing of an old one, whoever left what there.

import Messages
import Posix

final class LogJournal {
    private let memory: HelperMemory

    init() throws(SystemError) {
        let watch = JournalLayout.watchOffset
        memory = try HelperMemory(
            "journal", byteCount: JournalLayout.byteCount,
            reading: watch..<watch + JournalLayout.watchBytes)
    }

    /// For apm-logd.
    var descriptor: Int32 { memory.descriptor }

    /// Which pipe apm-logd touches, as it says itself.
    var sight: StallWatch.Sight { memory.sight(ofPlaces: MessageLimits.streams) }

    func clear(stream: UInt32) {
        memory.clear(Int(stream) * JournalLayout.headerBytes, JournalLayout.headerBytes)
    }

    func clear(recentLinesOf worker: UInt16) {
        memory.clear(
            JournalLayout.recentHeadersOffset + Int(worker) * JournalLayout.headerBytes,
            JournalLayout.headerBytes)
    }

    func clear(log: UInt32) {
        memory.clear(
            JournalLayout.logHeadersOffset + Int(log) * JournalLayout.logHeaderBytes,
            JournalLayout.logHeaderBytes)
    }
}
