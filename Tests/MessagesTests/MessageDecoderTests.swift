// The decoder against every kind of message: valid, cut at every length, too long, out of turn.

import Bytes
import Testing

@testable import Messages

func decoded(
    _ datagram: [UInt8], from sender: Role, in phase: Phase, descriptors: Int
) throws(DecodeError) -> Message {
    try Message.decode(datagram.span.bytes, from: sender, in: phase, descriptors: descriptors)
}

/// The datagram with another body, its length set right.
func rebuilt(_ datagram: [UInt8], body: [UInt8]) -> [UInt8] {
    var bytes = Array(datagram[..<MessageHeader.byteCount]) + body
    let length = UInt32(bytes.count)
    for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
    return bytes
}

/// A message, and the way it would come.
struct Arrival: CustomTestStringConvertible {
    let message: Message
    let sender: Role
    let phase: Phase
    let descriptors: Int

    var datagram: [UInt8] { message.encoded(id: 7) }
    var testDescription: String { "\(message.kind) from \(sender)" }

    static var all: [Arrival] {
        MessageSamples.all.flatMap { message in
            MessageSamples.origins(of: message.kind).map { sender, phase in
                let row = Permit.row(for: message.kind, from: sender, in: phase)
                return Arrival(
                    message: message, sender: sender, phase: phase,
                    descriptors: Int(row?.descriptors ?? 0))
            }
        }
    }

    func decode(_ datagram: [UInt8]) throws(DecodeError) -> Message {
        try decoded(datagram, from: sender, in: phase, descriptors: descriptors)
    }
}

@Suite struct MessageDecoderTests {
    @Test func everyKindHasASampleThatMayCome() {
        #expect(Set(Arrival.all.map(\.message.kind)) == Set(MessageKind.allCases))
    }

    @Test(arguments: Arrival.all)
    func whatIsEncodedComesBack(_ arrival: Arrival) throws {
        #expect(try arrival.decode(arrival.datagram) == arrival.message)
    }

    @Test(arguments: Arrival.all)
    func aDatagramCutAnywhereIsRefused(_ arrival: Arrival) {
        let datagram = arrival.datagram
        for length in 0..<datagram.count {
            let expected: DecodeError = length < MessageHeader.byteCount ? .truncated : .wrongLength
            #expect(throws: expected) { try arrival.decode(Array(datagram[..<length])) }
        }
    }

    @Test(arguments: Arrival.all)
    func aBodyCutAnywhereIsTruncated(_ arrival: Arrival) {
        let body = arrival.datagram[MessageHeader.byteCount...]
        for length in 0..<body.count {
            let short = rebuilt(arrival.datagram, body: Array(body.prefix(length)))
            #expect(throws: DecodeError.truncated) { try arrival.decode(short) }
        }
    }

    @Test(arguments: Arrival.all)
    func aByteTooManyIsRefused(_ arrival: Arrival) {
        let long = rebuilt(
            arrival.datagram, body: arrival.datagram[MessageHeader.byteCount...] + [0])
        #expect(throws: DecodeError.trailingBytes(1)) { try arrival.decode(long) }
    }

    @Test(arguments: Arrival.all)
    func fromAnyoneElseOrOutOfTurnItIsRefused(_ arrival: Arrival) {
        for sender in Role.allCases {
            for phase in Phase.allCases
            where Permit.row(for: arrival.message.kind, from: sender, in: phase) == nil {
                #expect(throws: DecodeError.unexpectedKind(arrival.message.kind.rawValue)) {
                    try decoded(
                        arrival.datagram, from: sender, in: phase, descriptors: arrival.descriptors)
                }
            }
        }
    }

    @Test(arguments: Arrival.all)
    func otherDescriptorsThanItsOwnAreRefused(_ arrival: Arrival) {
        for received in 0...3 where received != arrival.descriptors {
            #expect(throws: DecodeError.wrongDescriptorCount) {
                try decoded(
                    arrival.datagram, from: arrival.sender, in: arrival.phase, descriptors: received
                )
            }
            var announced = arrival.datagram
            announced[14] = UInt8(received)
            #expect(throws: DecodeError.wrongDescriptorCount) { try arrival.decode(announced) }
        }
    }

    @Test(arguments: Arrival.all)
    func noFlagIsAllowed(_ arrival: Arrival) {
        for bit in 0..<16 {
            var flagged = arrival.datagram
            flagged[12 + bit / 8] |= 1 << UInt8(bit % 8)
            #expect(throws: DecodeError.undefinedFlag) { try arrival.decode(flagged) }
        }
    }

    @Test func unknownKindsAreRefused() {
        let known = Set(MessageKind.allCases.map(\.rawValue))
        for kind in UInt16.min...UInt16.max where !known.contains(kind) {
            let datagram = MessageHeader.datagram(kind: kind)
            #expect(throws: DecodeError.unexpectedKind(kind)) {
                try decoded(datagram, from: .master, in: .open, descriptors: 0)
            }
        }
    }
}

/// Fields out of range, one body each.
@Suite struct MessageFieldTests {
    private func decode(_ kind: MessageKind, _ write: (inout ByteWriter) -> Void) throws -> Message
    {
        let (sender, phase) = try #require(MessageSamples.origins(of: kind).first)
        let count = try #require(Permit.row(for: kind, from: sender, in: phase)).descriptors
        var writer = ByteWriter()
        write(&writer)
        let datagram = MessageHeader.datagram(
            kind: kind.rawValue, descriptorCount: count, body: writer.bytes)
        return try decoded(datagram, from: sender, in: phase, descriptors: Int(count))
    }

    @Test(arguments: [MessageKind.closeStream, .showStart, .forgetStart])
    func aStreamBeyondTheLimitIsRefused(_ kind: MessageKind) {
        for stream in [UInt32(MessageLimits.streams), .max] {
            #expect(throws: DecodeError.badValue) { try decode(kind) { $0.write(stream) } }
        }
    }

    @Test func aLogBeyondTheLimitIsRefused() {
        for log in [UInt32(MessageLimits.logs), .max] {
            #expect(throws: DecodeError.badValue) { try decode(.closeLog) { $0.write(log) } }
        }
    }

    @Test func aWorkerBeyondTheLimitIsRefused() {
        for worker in [UInt16(MessageLimits.workers), .max] {
            #expect(throws: DecodeError.badValue) { try decode(.forgetRecent) { $0.write(worker) } }
        }
    }

    @Test func unknownRolesLevelsAndSourcesAreRefused() throws {
        #expect(throws: DecodeError.badValue) {
            try decode(.hello) {
                $0.write(UInt8(200))
                $0.write("")
            }
        }
        #expect(throws: DecodeError.badValue) {
            try decode(.note) {
                $0.write(UInt8(3))
                $0.write("")
            }
        }
        var stream = try #require(MessageSamples.of(.openStream).first).encoded()
        stream[MessageHeader.byteCount + 12] = 4
        #expect(throws: DecodeError.badValue) {
            try decoded(stream, from: .master, in: .open, descriptors: 1)
        }
    }

    @Test func textsBeyondTheirLimitsAreRefused() {
        let tooLong = { (limit: Int) in String(repeating: "x", count: limit + 1) }
        #expect(throws: DecodeError.tooLong(MessageLimits.noteBytes + 1)) {
            try decode(.note) {
                $0.write(UInt8(0))
                $0.write(tooLong(MessageLimits.noteBytes))
            }
        }
        #expect(throws: DecodeError.tooLong(MessageLimits.versionBytes + 1)) {
            try decode(.hello) {
                $0.write(UInt8(1))
                $0.write(tooLong(MessageLimits.versionBytes))
            }
        }
        #expect(throws: DecodeError.tooLong(4097)) {
            try decode(.openLog) {
                $0.write(UInt32(0))
                $0.write(tooLong(4096))
            }
        }
    }

    @Test func forgedCountsOfATailAreRefusedBeforeTheListIsMade() {
        for count in [UInt16(MessageLimits.tailWorkers + 1), .max] {
            #expect(throws: DecodeError.tooMany(Int(count))) {
                try decode(.tailLog) { tail(&$0, count: count) }
            }
        }
        #expect(throws: DecodeError.truncated) { try decode(.tailLog) { tail(&$0, count: 64) } }
    }

    @Test func forgedCountsOfAgentsAreRefusedBeforeTheListIsMade() {
        #expect(throws: DecodeError.tooMany(MessageLimits.groups + 1)) {
            try decode(.accountResolved) {
                $0.write(UInt8(0))
                $0.write(Int32(0))
                $0.write("web")
                $0.write(UInt32(1))
                $0.write(UInt32(1))
                $0.write(UInt16(MessageLimits.groups + 1))
            }
        }
        for (count, error) in [
            (UInt16(MessageLimits.environmentEntries + 1), DecodeError.tooMany(4097)),
            (UInt16(MessageLimits.environmentEntries), .truncated),
        ] {
            #expect(throws: error) {
                try decode(.environmentFileRead) {
                    $0.write(UInt8(0))
                    $0.write(Int32(0))
                    $0.write(count)
                }
            }
        }
    }

    @Test func aLongEnvironmentComesInParts() throws {
        let entry = "A=" + String(repeating: "x", count: MessageLimits.environmentEntryBytes - 2)
        let file = EnvironmentFile(.read, entries: Array(repeating: entry, count: 31))
        let datagrams = Message.environmentFileRead(file).encodedParts()
        #expect(datagrams.count > 60)
        var collector = PartCollector()
        var body: [UInt8]?
        for datagram in datagrams {
            let header = try MessageHeader(decoding: datagram.span.bytes)
            _ = try Permit.check(header, from: .agent, in: .open, received: 0)
            body = try collector.add(
                header,
                body: datagram.span.bytes.extracting(droppingFirst: MessageHeader.byteCount))
        }
        let whole = try #require(body)
        #expect(
            try Message.decode(.environmentFileRead, body: whole.span.bytes)
                == .environmentFileRead(file))
    }

    private func tail(_ writer: inout ByteWriter, count: UInt16) {
        writer.write(UInt16(1))
        writer.write(false)
        writer.write(UInt16(0))
        writer.write(count)
    }
}
