// Commands: come back as they were, are refused when cut, too long, or out of turn.

import Bytes
import Messages
import Settings
import Testing

@testable import Control

/// The body that `datagrams` carry, put together as the receiver does it.
func collected(_ datagrams: [[UInt8]]) throws -> (kind: ControlKind, body: [UInt8]) {
    var collector = PartCollector()
    for (index, datagram) in datagrams.enumerated() {
        let header = try MessageHeader(decoding: datagram.span.bytes)
        let part = datagram.span.bytes.extracting(droppingFirst: MessageHeader.byteCount)
        if let body = try collector.add(header, body: part) {
            #expect(index == datagrams.count - 1)
            return (try #require(ControlKind(rawValue: header.kind)), body)
        }
    }
    throw DecodeError.truncated
}

func decodedCommand(_ kind: ControlKind, _ body: [UInt8]) throws(DecodeError) -> Command {
    try Command.decode(kind, body: body.span.bytes)
}

func decodedReply(_ kind: ControlKind, _ body: [UInt8]) throws(DecodeError) -> Reply {
    try Reply.decode(kind, body: body.span.bytes)
}

/// Lengths at which to cut a body: every one of a short body, a sample of a long one.
func cuts(of body: [UInt8]) -> [Int] {
    body.count <= 4096 ? Array(0..<body.count) : Array(stride(from: 0, to: body.count, by: 997))
}

@Suite struct CommandTests {
    @Test func everyRequestHasASample() {
        #expect(
            Set(ControlSamples.commands.map(\.kind))
                == Set(ControlKind.allCases.filter(\.isRequest)))
    }

    @Test func whatIsEncodedComesBack() throws {
        for command in ControlSamples.commands {
            let (kind, body) = try collected(command.encoded(id: 3))
            #expect(kind == command.kind)
            #expect(try decodedCommand(kind, body) == command)
        }
    }

    @Test func cutAnywhereItIsTruncated() throws {
        for command in ControlSamples.commands {
            let (kind, body) = try collected(command.encoded(id: 3))
            for length in cuts(of: body) {
                let short = Array(body[..<length])
                #expect(throws: DecodeError.truncated) {
                    try decodedCommand(kind, short)
                }
            }
        }
    }

    @Test func aByteTooManyIsRefused() throws {
        for command in ControlSamples.commands {
            let (kind, body) = try collected(command.encoded(id: 3))
            let long = body + [0]
            #expect(throws: DecodeError.trailingBytes(1)) {
                try decodedCommand(kind, long)
            }
        }
    }

    @Test func aReplyIsNoCommand() {
        for kind in ControlKind.allCases where !kind.isRequest {
            #expect(throws: DecodeError.unexpectedKind(kind.rawValue)) {
                try decodedCommand(kind, [])
            }
        }
    }

    @Test func aNameBeyondItsLimitIsRefused() throws {
        let name = ControlSamples.text(ControlLimits.nameBytes + 1)
        let (kind, body) = try collected(Command.stop(Selection(name: name)).encoded(id: 1))
        #expect(throws: DecodeError.tooLong(257)) {
            try decodedCommand(kind, body)
        }
    }
}

/// Which header may come when: every kind, phase, flag and count.
@Suite struct CommandPermitTests {
    private func header(
        _ kind: UInt16, flags: MessageHeader.Flags = [], descriptors: UInt16 = 0
    ) throws -> MessageHeader {
        let datagram = MessageHeader.datagram(
            kind: kind, flags: flags, descriptorCount: descriptors)
        return try MessageHeader(decoding: datagram.span.bytes)
    }

    @Test func helloComesFirstAndNeverAgain() throws {
        for kind in ControlKind.allCases {
            for phase in Phase.allCases {
                let header = try header(kind.rawValue)
                let mayCome = kind.isRequest && (kind == .hello) == (phase == .greeting)
                if mayCome {
                    #expect(try Command.permitted(header, in: phase, received: 0) == kind)
                } else {
                    #expect(throws: DecodeError.unexpectedKind(kind.rawValue)) {
                        try Command.permitted(header, in: phase, received: 0)
                    }
                }
            }
        }
    }

    @Test func unknownKindsAreRefused() throws {
        let known = Set(ControlKind.allCases.map(\.rawValue))
        for kind in UInt16.min...UInt16.max where !known.contains(kind) {
            let header = try header(kind)
            for phase in Phase.allCases {
                #expect(throws: DecodeError.unexpectedKind(kind)) {
                    try Command.permitted(header, in: phase, received: 0)
                }
            }
        }
    }

    @Test func noCommandCarriesADescriptor() throws {
        for kind in ControlKind.allCases where kind.isRequest {
            let phase = kind == .hello ? Phase.greeting : .open
            for (announced, received) in [(0, 1), (1, 0), (1, 1), (2, 2), (0, 253)] {
                let header = try header(kind.rawValue, descriptors: UInt16(announced))
                #expect(throws: DecodeError.wrongDescriptorCount) {
                    try Command.permitted(header, in: phase, received: received)
                }
            }
        }
    }

    @Test func definitionsAndEnvironmentsAloneComeInParts() throws {
        let long: Set<ControlKind> = [.run, .update, .load, .reload, .boot]
        for kind in ControlKind.allCases where kind.isRequest {
            let phase = kind == .hello ? Phase.greeting : .open
            let header = try header(kind.rawValue, flags: .more)
            if long.contains(kind) {
                #expect(try Command.permitted(header, in: phase, received: 0) == kind)
            } else {
                #expect(throws: DecodeError.undefinedFlag) {
                    try Command.permitted(header, in: phase, received: 0)
                }
            }
        }
    }
}
