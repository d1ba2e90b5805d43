// The encoder: what it announces in the header is what the permit table demands.

import Bytes
import Testing

@testable import Messages

@Suite struct MessageEncoderTests {
    @Test(arguments: MessageSamples.all)
    func theHeaderAnnouncesWhatThePermitTableDemands(_ message: Message) throws {
        let header = try MessageHeader(decoding: message.encoded(id: 9).span.bytes)
        #expect(header.kind == message.kind.rawValue)
        #expect(header.id == 9)
        #expect(header.flags == [])
        for (sender, phase) in MessageSamples.origins(of: message.kind) {
            let row = try #require(Permit.row(for: message.kind, from: sender, in: phase))
            #expect(header.descriptorCount == row.descriptors)
        }
    }

    @Test func fieldsStandInTheOrderOfTheDocument() throws {
        let plan = StreamPlan(
            stream: 1, log: 2, worker: 3, instance: 4, source: .standardError, stripsANSI: true,
            keepsStart: false, prefix: "p", timeFormat: "%T")
        let body = Message.openStream(plan).encoded()[MessageHeader.byteCount...]
        #expect(
            Array(body) == [
                1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 4, 0, 2, 1, 0, 1, 0, 0x70, 2, 0, 0x25, 0x54,
            ])
        let tail = Message.tailLog(
            TailRequest(lines: 1, follows: true, instance: 2, workers: [5, 6], uid: 7))
        #expect(
            Array(tail.encoded()[MessageHeader.byteCount...]) == [
                1, 0, 1, 2, 0, 2, 0, 5, 0, 6, 0, 7, 0, 0, 0,
            ])
    }

    @Test func aMessageNeverExceedsItsLimit() {
        for message in MessageSamples.all {
            #expect(message.encoded().count <= MessageLimits.messageBytes)
        }
    }
}
