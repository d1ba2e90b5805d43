// What the master reads of apm-proxyd's figures, whatever stands in them.

import Control
import Glibc
import Messages
import Testing

@testable import apm_master

@Suite struct ProxyFiguresTests {
    private let figures: ProxyFigures

    init() throws { figures = try ProxyFigures() }

    private func write(_ value: some FixedWidthInteger, at offset: Int) {
        let written = withUnsafeBytes(of: value) {
            pwrite(figures.descriptor, $0.baseAddress, $0.count, off_t(offset))
        }
        #expect(written == value.bitWidth / 8)
    }

    private func instance(_ place: Int) -> Int {
        FiguresLayout.instancesOffset + place * FiguresLayout.instanceBytes
    }

    @Test func trafficIsReadAndSummedUp() {
        let last = MessageLimits.connectedInstances - 1
        for place in [0, last] {
            write(UInt32(2), at: instance(place) + FiguresLayout.sessionsOffset)
            write(UInt64(100), at: instance(place) + FiguresLayout.servedOffset)
            write(UInt64(3), at: instance(place) + FiguresLayout.failedOffset)
        }
        let buckets = FiguresLayout.bucketsOffset
        let fast = FiguresLayout.bucket(microseconds: 100)
        let slow = FiguresLayout.bucket(microseconds: 10_000)
        write(UInt32(98), at: instance(0) + buckets + 4 * fast)
        write(UInt32(2), at: instance(0) + buckets + 4 * slow)
        write(UInt32(100), at: instance(last) + buckets + 4 * fast)
        var sum = ProxyFigures.Sum()
        let first = figures.traffic(ofInstance: 0, addingTo: &sum)
        #expect(
            first
                == Traffic(
                    open: 2, requests: 100, failed: 3,
                    median: FiguresLayout.longest(inBucket: fast),
                    slowest: FiguresLayout.longest(inBucket: slow)))
        _ = figures.traffic(ofInstance: UInt16(last), addingTo: &sum)
        write(UInt64(250), at: FiguresLayout.workersOffset + FiguresLayout.requestsOffset)
        write(UInt32(7), at: FiguresLayout.workersOffset + FiguresLayout.openOffset)
        let server = figures.server(0, sum)
        #expect(server.connections == 7)
        #expect(server.traffic.requests == 250)
        #expect(server.traffic.open == 4 && server.traffic.failed == 6)
        // 2 of 200 are slow: 99 of 100 are not.
        #expect(server.traffic.slowest == FiguresLayout.longest(inBucket: fast))
    }

    @Test func nothingIsKnownBeforeTheFirstAnswer() {
        var sum = ProxyFigures.Sum()
        #expect(figures.traffic(ofInstance: 5, addingTo: &sum) == Traffic())
        #expect(figures.server(5, sum) == ServerFigures())
    }

    @Test func anyNumbersAreReadWithoutHarm() {
        let bytes = [UInt8](repeating: 0xFF, count: FiguresLayout.instanceBytes)
        let written = pwrite(figures.descriptor, bytes, bytes.count, off_t(instance(1)))
        #expect(written == bytes.count)
        var sum = ProxyFigures.Sum()
        for _ in 0..<3 { _ = figures.traffic(ofInstance: 1, addingTo: &sum) }
        #expect(figures.server(1, sum).traffic.median != nil)
        write(UInt32.max, at: FiguresLayout.watchOffset + 8)
        #expect(figures.sight.place == nil)
        write(UInt32(MessageLimits.connectedInstances), at: FiguresLayout.watchOffset + 8)
        #expect(figures.sight.place == UInt32(MessageLimits.connectedInstances - 1))
    }

    @Test func aPlaceThatIsGivenOutIsClear() {
        write(UInt64(9), at: instance(3) + FiguresLayout.servedOffset)
        write(UInt64(9), at: instance(4) + FiguresLayout.servedOffset)
        figures.clear(instance: 3)
        var sum = ProxyFigures.Sum()
        #expect(figures.traffic(ofInstance: 3, addingTo: &sum).requests == 0)
        #expect(figures.traffic(ofInstance: 4, addingTo: &sum).requests == 9)
    }
}
