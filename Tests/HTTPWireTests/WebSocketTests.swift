// WebSocket frames and messages, after the cases of the Autobahn test suite: framing, pings,
// reserved bits, opcodes, fragmentation, UTF-8, closes, limits.

import Bytes
import Testing

@testable import HTTPWire

enum Socket {
    static let mask: UInt32 = 0x3D21_FA37

    /// A client's frame: masked.
    static func frame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true,
        mask: UInt32? = mask
    ) -> [UInt8] {
        let header = WebSocketHeader(
            opcode, isFinal: isFinal, mask: mask, payloadCount: UInt64(payload.count))
        var bytes = [UInt8](unsafeUninitializedCapacity: 16) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            header.write(into: &writer)
            count = writer.count
        }
        var masked = payload
        masked.withUnsafeMutableBytes { WebSocketHeader.applyMask(mask ?? 0, to: $0, phase: 0) }
        bytes += masked
        return bytes
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] {
        frame(.text, Array(text.utf8), isFinal: isFinal)
    }

    static func rest(_ text: String, isFinal: Bool = true) -> [UInt8] {
        frame(.continuation, Array(text.utf8), isFinal: isFinal)
    }
}

/// What a connection says, in words.
struct SocketReading: Equatable {
    var events: [String] = []
    private var message: [UInt8] = []

    init(_ bytes: [UInt8], pieces: Int = 1 << 20, limit: UInt64 = 1 << 20) {
        var reader = WebSocketReader(from: .client, messageBytes: limit)
        var window: [UInt8] = []
        var given = 0
        while given < bytes.count {
            let next = min(given + pieces, bytes.count)
            window += bytes[given..<next]
            given = next
            let taken = window.withUnsafeMutableBytes { take(&reader, $0) }
            window.removeFirst(taken)
        }
    }

    private mutating func take(
        _ reader: inout WebSocketReader, _ window: UnsafeMutableRawBufferPointer
    ) -> Int {
        var offset = 0
        while true {
            switch reader.next(in: window, at: offset) {
            case .message(let range, let isText, let isFirst, let isLast, let next):
                if isFirst { message = [] }
                message += window[range]
                if isLast { events.append("\(isText ? "text" : "binary") \(message.latin)") }
                offset = next
            case .ping(let range, let next):
                events.append("ping \(Array(window[range]).latin)")
                offset = next
            case .pong(let range, let next):
                events.append("pong \(Array(window[range]).latin)")
                offset = next
            case .close(let code, let range, let next):
                let code = code.map { "\($0)" } ?? "none"
                events.append("close \(code) \(Array(window[range]).latin)")
                offset = next
            case .incomplete(let from): return from
            case .refused(let fault):
                events.append("refused \(fault)")
                return window.count
            }
        }
    }
}

@Suite struct WebSocketReaderTests {
    private static let cases: [([UInt8], [String])] = [
        (Socket.text(""), ["text "]),
        (Socket.text("Hello"), ["text Hello"]),
        (Socket.frame(.binary, [0xFE, 0xFF]), ["binary \u{FE}\u{FF}"]),
        (Socket.frame(.text, [0x41], mask: 0), ["text A"]),
        (
            Socket.text("a", isFinal: false) + Socket.rest("b", isFinal: false) + Socket.rest("c"),
            ["text abc"]
        ),
        (
            Socket.text("a", isFinal: false) + Socket.frame(.ping, [0x70]) + Socket.rest("b"),
            ["ping p", "text ab"]
        ),
        (
            Socket.text("", isFinal: false) + Socket.rest("", isFinal: false) + Socket.rest(""),
            ["text "]
        ),
        (Socket.frame(.ping) + Socket.frame(.pong, [0x71]), ["ping ", "pong q"]),
        (
            Socket.frame(.ping, [UInt8](repeating: 0x61, count: 125)),
            ["ping " + String(repeating: "a", count: 125)]
        ),
        (Socket.frame(.ping, [UInt8](repeating: 0x61, count: 126)), ["refused badControl"]),
        (Socket.frame(.ping, isFinal: false), ["refused badControl"]),
        (Socket.frame(.close, isFinal: false), ["refused badControl"]),
        (Socket.rest("a"), ["refused badSequence"]),
        (Socket.text("a", isFinal: false) + Socket.text("b"), ["refused badSequence"]),
        (Socket.text("a") + Socket.rest("b"), ["text a", "refused badSequence"]),
        (Socket.frame(.text, [0x41], mask: nil), ["refused wrongMask"]),
        ([0xC1, 0x80, 0, 0, 0, 0], ["refused reserved"]),
        ([0xA1, 0x80, 0, 0, 0, 0], ["refused reserved"]),
        ([0x91, 0x80, 0, 0, 0, 0], ["refused reserved"]),
        ([0x83], ["refused reserved"]), ([0x87], ["refused reserved"]),
        ([0x8B], ["refused reserved"]), ([0x8F], ["refused reserved"]),
        ([0x81, 0xFE, 0, 125], ["refused badLength"]),
        ([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 255, 255], ["refused badLength"]),
        ([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], ["refused badLength"]),
        (
            [0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4],
            ["refused messageTooLong"]
        ),
    ]

    @Test(arguments: cases.indices)
    func framesBecomeMessages(_ index: Int) {
        let (bytes, events) = Self.cases[index]
        for pieces in [1 << 20, 1, 2, 3, 7] {
            #expect(SocketReading(bytes, pieces: pieces).events == events, "\(pieces)")
        }
    }

    private static let closes: [([UInt8], String)] = [
        ([], "close none "), ([3], "refused badClose"), ([3, 232], "close 1000 "),
        ([3, 232] + Array("bye".utf8), "close 1000 bye"),
        ([3, 232, 0xC3], "refused badText"), ([3, 232, 0xFF], "refused badText"),
    ]

    @Test(arguments: closes.indices)
    func aCloseHasACodeAndAReason(_ index: Int) {
        let (payload, event) = Self.closes[index]
        #expect(SocketReading(Socket.frame(.close, payload)).events == [event])
    }

    @Test func closeCodesAreThoseThatMayBeSent() {
        let allowed: [UInt16] = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
            4000, 4999,
        ]
        let others: [UInt16] = [
            0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ]
        for code in allowed + others {
            let payload = [UInt8(code >> 8), UInt8(code & 0xFF)]
            let expected = allowed.contains(code) ? "close \(code) " : "refused badClose"
            #expect(SocketReading(Socket.frame(.close, payload)).events == [expected])
        }
    }

    @Test func nothingIsReadBehindAClose() {
        #expect(SocketReading(Socket.frame(.close) + Socket.text("a")).events == ["close none "])
    }

    @Test func textIsUTF8AndSaidSoAtTheFirstWrongByte() {
        let split =
            Socket.frame(.text, [0xCE], isFinal: false) + Socket.frame(.continuation, [0xBA])
        #expect(SocketReading(split).events == ["text \u{CE}\u{BA}"])
        let cut = Socket.frame(.text, [0xCE])
        #expect(SocketReading(cut).events == ["refused badText"])
        let early = Socket.frame(.text, [0xF4, 0x90], isFinal: false)
        #expect(SocketReading(early).events == ["refused badText"])
        let binary =
            Socket.frame(.binary, [0xFF], isFinal: false) + Socket.frame(.continuation, [0xFF])
        #expect(SocketReading(binary).events == ["binary \u{FF}\u{FF}"])
    }

    @Test func messagesHaveALimitHoweverTheyAreCut() {
        let whole = Socket.text("12345")
        let pieces = Socket.text("123", isFinal: false) + Socket.rest("45")
        #expect(SocketReading(whole, limit: 5).events == ["text 12345"])
        #expect(SocketReading(pieces, limit: 5).events == ["text 12345"])
        #expect(SocketReading(whole, limit: 4).events == ["refused messageTooLong"])
        #expect(SocketReading(pieces, limit: 4).events == ["refused messageTooLong"])
    }

    @Test(arguments: WebSocketFault.allCases)
    func everyFaultHasACodeThatMayBeSent(_ fault: WebSocketFault) {
        #expect(WebSocketClose.isAllowed(fault.closeCode))
    }
}

@Suite struct WebSocketHeaderTests {
    @Test func lengthsHaveOneEncodingEach() throws {
        for count: UInt64 in [0, 125, 126, 65_535, 65_536, UInt64(Int64.max)] {
            for mask in [nil, Socket.mask] {
                var header = WebSocketHeader(.binary, mask: mask, payloadCount: count)
                let bytes = [UInt8](unsafeUninitializedCapacity: 16) { memory, written in
                    var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
                    header.write(into: &writer)
                    written = writer.count
                }
                header.byteCount = bytes.count
                let sender: WebSocketSender = mask == nil ? .server : .client
                let again = try WebSocketHeader(bytes.span.bytes, at: 0, from: sender)
                #expect(again == header)
                for length in 0..<bytes.count {
                    let cut = Array(bytes[..<length])
                    let none = try WebSocketHeader(cut.span.bytes, at: 0, from: sender)
                    #expect(none == nil)
                }
            }
        }
    }

    @Test func aMaskIsTheSameInAnyPieces() {
        let payload = (0..<100).map { UInt8($0) }
        let expected = payload.enumerated().map { index, byte in
            byte ^ UInt8(truncatingIfNeeded: Socket.mask >> UInt32(8 * (index % 4)))
        }
        for cut in 0...100 {
            var bytes = payload
            bytes.withUnsafeMutableBytes { memory in
                let first = UnsafeMutableRawBufferPointer(rebasing: memory[..<cut])
                let second = UnsafeMutableRawBufferPointer(rebasing: memory[cut...])
                WebSocketHeader.applyMask(Socket.mask, to: first, phase: 0)
                WebSocketHeader.applyMask(Socket.mask, to: second, phase: cut)
            }
            #expect(bytes == expected, "\(cut)")
        }
    }

    @Test func aCloseIsWrittenWithAReasonThatFits() {
        let reason = String(repeating: "é", count: 100)
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            WebSocketClose.write(code: 1001, reason: reason, into: &writer)
            count = writer.count
        }
        #expect(bytes[..<4] == [0x88, 124, 0x03, 0xE9])
        #expect(bytes.count == 126)
    }
}

@Suite struct UTF8CheckTests {
    private func isText(_ bytes: [UInt8], cut: Int) -> Bool {
        let first = Array(bytes[..<cut])
        let second = Array(bytes[cut...])
        var check = UTF8Check()
        return check.take(first.span.bytes) && check.take(second.span.bytes) && check.isComplete
    }

    @Test func itAgreesWithTheStandardLibrary() {
        var random = SystemRandomNumberGenerator()
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1,
            0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in edges {
            for second in edges {
                for third in edges {
                    let bytes = [first, second, third, edges.randomElement(using: &random) ?? 0]
                    let expected = String(validating: bytes, as: UTF8.self) != nil
                    #expect(isText(bytes, cut: 2) == expected, "\(bytes)")
                }
            }
        }
    }

    @Test func longTextIsLookedAtInWords() {
        let text = Array(String(repeating: "0123456789abcdé€😀", count: 20).utf8)
        for cut in 0...text.count { #expect(isText(text, cut: cut)) }
        for place in text.indices {
            var broken = text
            broken[place] = 0xFF
            #expect(!isText(broken, cut: 0))
        }
    }
}

@Suite struct WebSocketHandshakeTests {
    private func handshake(
        _ fields: String, line: String = "GET / HTTP/1.1"
    ) throws(WebSocketHandshake.Fault) -> WebSocketHandshake {
        let text =
            "\(line)\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\(fields)\r\n"
        let bytes = Array(text.utf8)
        var parser = RequestParser()
        var progress = HeadProgress()
        guard parser.parse(bytes.span.bytes, &progress) == .complete else { throw .badRequest }
        return try WebSocketHandshake(parser, bytes.span.bytes)
    }

    private let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    private let version = "Sec-WebSocket-Version: 13\r\n"

    @Test func theAnswerIsThatOfTheRFC() throws {
        let handshake = try handshake(key + version)
        #expect(handshake.accept.latin == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let protocols = Array("chat".utf8)
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            handshake.write(subprotocol: protocols.span.bytes, into: &writer)
            count = writer.count
        }
        #expect(
            bytes.latin == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: chat\r\n\r\n")
    }

    @Test func everythingElseIsRefused() {
        let wrong = [
            "", key, version, key + key + version, key + version + version,
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" + version,
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n" + version,
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j@Q==\r\n" + version,
            key + version + "Content-Length: 1\r\n",
        ]
        for fields in wrong {
            #expect(throws: WebSocketHandshake.Fault.badRequest) { try handshake(fields) }
        }
        #expect(throws: WebSocketHandshake.Fault.badRequest) {
            try handshake(key + version, line: "POST / HTTP/1.1")
        }
        #expect(throws: WebSocketHandshake.Fault.unknownVersion) {
            try handshake(key + "Sec-WebSocket-Version: 8\r\n")
        }
    }
}

@Suite struct SHA1Tests {
    private func digest(_ text: String) -> String {
        SHA1.digest(Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    /// FIPS 180's examples, and lengths around the padding's edges.
    @Test func digestsAreThoseOfTheStandard() {
        #expect(digest("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(digest("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            digest(String(repeating: "a", count: 1000))
                == "291e9a6c66994949b57ba5e650361e98fc36b1ba"
        )
    }

    @Test func base64IsThatOfTheRFC() {
        let pairs = [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
        for (plain, coded) in pairs {
            #expect(Base64.encode(Array(plain.utf8)).latin == coded)
        }
    }
}
