// The journal's areas follow each other without a gap or an overlap.

import Messages
import Testing

@Suite struct JournalLayoutTests {
    /// Where each area begins, and how much has to fit before the next one.
    private let areas: [(offset: Int, bytes: Int)] = [
        (0, MessageLimits.streams * JournalLayout.headerBytes),
        (JournalLayout.recentHeadersOffset, MessageLimits.workers * JournalLayout.headerBytes),
        (JournalLayout.recentOffset, MessageLimits.workers * JournalLayout.recentBytes),
        (JournalLayout.inputOffset, MessageLimits.streams * JournalLayout.inputBytes),
        (JournalLayout.logHeadersOffset, MessageLimits.logs * JournalLayout.logHeaderBytes),
        (JournalLayout.watchOffset, JournalLayout.watchBytes),
    ]

    @Test func areasFollowEachOther() {
        for (area, next) in zip(areas, areas.dropFirst()) {
            #expect(area.offset + area.bytes == next.offset)
        }
        #expect(areas.last.map { $0.offset + $0.bytes } == JournalLayout.byteCount)
    }

    @Test func areasBeginOnPages() {
        for offset in [
            JournalLayout.recentOffset, JournalLayout.inputOffset, JournalLayout.watchOffset,
        ] {
            #expect(offset % 4096 == 0)
        }
    }
}
