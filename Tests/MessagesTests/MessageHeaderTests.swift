// The 16 bytes before every message.

import Bytes
import Messages
import Testing

@Suite struct MessageHeaderTests {
    private func header(_ bytes: [UInt8]) throws(DecodeError) -> MessageHeader {
        try MessageHeader(decoding: bytes.span.bytes)
    }

    @Test func layoutIsAsDocumented() throws {
        let datagram = MessageHeader.datagram(
            kind: 0x0203, id: 0x0807_0605, flags: .more, descriptorCount: 2, body: [42])
        #expect(datagram == [0xA9, 1, 3, 2, 17, 0, 0, 0, 5, 6, 7, 8, 1, 0, 2, 0, 42])
        let header = try header(datagram)
        #expect(header.kind == 0x0203)
        #expect(header.length == 17)
        #expect(header.id == 0x0807_0605)
        #expect(header.flags == .more)
        #expect(header.descriptorCount == 2)
    }

    @Test func anotherMagicOrVersionIsForeign() {
        for offset in 0..<2 {
            for bit in 0..<8 {
                var datagram = MessageHeader.datagram(kind: 0)
                datagram[offset] ^= 1 << UInt8(bit)
                #expect(throws: DecodeError.foreignProtocol) { try header(datagram) }
            }
        }
    }

    @Test func lengthAndDatagramMustAgree() {
        let datagram = MessageHeader.datagram(kind: 0, body: [1, 2, 3])
        #expect(throws: DecodeError.wrongLength) { try header(datagram + [0]) }
        #expect(throws: DecodeError.wrongLength) { try header(datagram.dropLast()) }
        var forged = datagram
        forged[7] = 0xFF
        #expect(throws: DecodeError.wrongLength) { try header(forged) }
    }

    @Test func aDatagramBeyondTheLimitIsRefused() throws {
        let room = MessageLimits.messageBytes - MessageHeader.byteCount
        var largest = MessageHeader.datagram(kind: 0, body: [UInt8](repeating: 0, count: room))
        #expect(try header(largest).length == UInt32(MessageLimits.messageBytes))
        largest.append(0)
        largest[4] = 1
        #expect(throws: DecodeError.wrongLength) { try header(largest) }
    }

    @Test func undefinedFlagsAreRefused() {
        for bit in 1..<16 {
            var datagram = MessageHeader.datagram(kind: 0)
            datagram[12 + bit / 8] = 1 << UInt8(bit % 8)
            #expect(throws: DecodeError.undefinedFlag) { try header(datagram) }
        }
    }

    @Test func moreDescriptorsThanTheLimitAreRefused() {
        for count in [UInt8(MessageLimits.descriptors + 1), 255] {
            var datagram = MessageHeader.datagram(kind: 0)
            datagram[14] = count
            #expect(throws: DecodeError.wrongDescriptorCount) { try header(datagram) }
        }
        var datagram = MessageHeader.datagram(kind: 0)
        datagram[15] = 1
        #expect(throws: DecodeError.wrongDescriptorCount) { try header(datagram) }
    }

    @Test func aBodyTooLongForADatagramTraps() async {
        await #expect(processExitsWith: .failure) {
            _ = MessageHeader.datagram(
                kind: 0, body: [UInt8](repeating: 0, count: MessageLimits.messageBytes))
        }
    }
}
