// Bodies in parts: split, put together, and everything that must not come between.

import Bytes
import Messages
import Testing

@testable import Control

@Suite struct PartsTests {
    private func body(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    private func part(
        _ kind: ControlKind = .run, id: UInt32 = 1, more: Bool, _ bytes: [UInt8] = [1]
    ) -> [UInt8] {
        MessageHeader.datagram(
            kind: kind.rawValue, id: id, flags: more ? .more : [], body: bytes)
    }

    private func add(
        _ datagram: [UInt8], to collector: inout PartCollector
    ) throws(DecodeError) -> [UInt8]? {
        let header = try MessageHeader(decoding: datagram.span.bytes)
        return try collector.add(
            header, body: datagram.span.bytes.extracting(droppingFirst: MessageHeader.byteCount))
    }

    @Test(arguments: [0, 1, 16367, 16368, 16369, 32736, 32737, MessageLimits.planBytes])
    func whatIsSplitComesBack(_ count: Int) throws {
        let body = body(count)
        let datagrams = Parts.datagrams(kind: 0x0102, id: 5, body: body)
        #expect(datagrams.count == max(1, (count + Parts.bodyBytes - 1) / Parts.bodyBytes))
        var collector = PartCollector()
        for (index, datagram) in datagrams.enumerated() {
            let isLast = index == datagrams.count - 1
            #expect(try add(datagram, to: &collector) == (isLast ? body : nil))
            #expect(collector.isCollecting == !isLast)
        }
    }

    @Test func aCollectorServesOneBodyAfterTheOther() throws {
        var collector = PartCollector()
        #expect(try add(part(more: true, [1]), to: &collector) == nil)
        #expect(try add(part(more: false, [2]), to: &collector) == [1, 2])
        #expect(try add(part(.stop, id: 2, more: false, [3]), to: &collector) == [3])
        #expect(try add(part(.stop, id: 3, more: false, []), to: &collector) == [])
    }

    @Test func nothingForeignMayComeBetweenParts() throws {
        let foreign = [
            part(.run, id: 2, more: false), part(.run, id: 2, more: true),
            part(.list, id: 1, more: false), part(.list, id: 2, more: false),
        ]
        for datagram in foreign {
            var collector = PartCollector()
            _ = try add(part(more: true), to: &collector)
            #expect(throws: DecodeError.self) { try add(datagram, to: &collector) }
        }
    }

    @Test func anEmptyPartThatPromisesMoreIsRefused() throws {
        var collector = PartCollector()
        #expect(throws: DecodeError.truncated) { try add(part(more: true, []), to: &collector) }
        var begun = PartCollector()
        _ = try add(part(more: true), to: &begun)
        #expect(throws: DecodeError.truncated) { try add(part(more: true, []), to: &begun) }
    }

    @Test func theLimitHoldsForTheWholeBody() throws {
        var collector = PartCollector(limit: 10)
        #expect(try add(part(more: true, body(6)), to: &collector) == nil)
        #expect(throws: DecodeError.tooLong(11)) {
            try add(part(more: true, body(5)), to: &collector)
        }
        var exact = PartCollector(limit: 10)
        #expect(try add(part(more: true, body(6)), to: &exact) == nil)
        #expect(try add(part(more: false, body(4)), to: &exact) == body(6) + body(4))
    }

    @Test func endlessPartsEndAtThePlansLimit() throws {
        var collector = PartCollector()
        let datagram = part(more: true, body(Parts.bodyBytes))
        var taken = 0
        #expect(throws: DecodeError.self) {
            while try add(datagram, to: &collector) == nil { taken += Parts.bodyBytes }
        }
        #expect(taken <= MessageLimits.planBytes)
    }
}
