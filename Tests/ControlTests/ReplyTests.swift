// Replies: come back as they were, are refused when cut, too long, or forged.

import Bytes
import Messages
import Settings
import Testing

@testable import Control

@Suite struct ReplyTests {
    @Test func everyReplyHasASample() {
        #expect(
            Set(ControlSamples.replies.map(\.kind))
                == Set(ControlKind.allCases.filter { !$0.isRequest }))
    }

    @Test func whatIsEncodedComesBack() throws {
        for reply in ControlSamples.replies {
            let (kind, body) = try collected(reply.encoded(id: 3))
            #expect(kind == reply.kind)
            #expect(try decodedReply(kind, body) == reply)
        }
    }

    @Test func cutAnywhereItIsTruncated() throws {
        for reply in ControlSamples.replies {
            let (kind, body) = try collected(reply.encoded(id: 3))
            for length in cuts(of: body) {
                let short = Array(body[..<length])
                #expect(throws: DecodeError.truncated) {
                    try decodedReply(kind, short)
                }
            }
        }
    }

    @Test func aByteTooManyIsRefused() throws {
        for reply in ControlSamples.replies {
            let (kind, body) = try collected(reply.encoded(id: 3))
            let long = body + [0]
            #expect(throws: DecodeError.trailingBytes(1)) {
                try decodedReply(kind, long)
            }
        }
    }

    @Test func aCommandIsNoReply() {
        for kind in ControlKind.allCases where kind.isRequest {
            #expect(throws: DecodeError.unexpectedKind(kind.rawValue)) {
                try decodedReply(kind, [])
            }
        }
    }

    @Test func forgedCountsAreRefusedBeforeTheRowsAreMade() {
        #expect(throws: DecodeError.tooMany(1025)) { try listed(count: 1025) }
        #expect(throws: DecodeError.tooMany(65535)) { try listed(count: .max) }
        #expect(throws: DecodeError.truncated) { try listed(count: 1024) }
    }

    private func listed(count: UInt16) throws(DecodeError) -> Reply {
        var writer = ByteWriter()
        writer.write(count)
        writer.write(UInt64.max)
        return try Reply.decode(.listed, body: writer.bytes.span.bytes)
    }

    @Test func moreHelpersThanTheLimitAreRefused() throws {
        let status = DaemonStatus(
            version: "", pid: 1, uid: 0, uptimeMilliseconds: 0, workers: 0, instances: 0,
            running: 0, notesLost: 0,
            helpers: Array(repeating: HelperRow(role: .logd, pid: 1, restarts: 0), count: 9))
        let (kind, body) = try collected(Reply.statusTold(status).encoded(id: 1))
        #expect(throws: DecodeError.tooMany(9)) { try decodedReply(kind, body) }
    }

    @Test func descriptorsComeWithTheFirstPart() throws {
        let long = try #require(ControlSamples.replies(of: .listed).last)
        let datagrams = long.encoded(id: 1, descriptors: 1)
        #expect(datagrams.count > 1)
        let counts = try datagrams.map {
            try MessageHeader(decoding: $0.span.bytes).descriptorCount
        }
        #expect(counts.first == 1)
        #expect(counts.dropFirst().allSatisfy { $0 == 0 })
    }
}
