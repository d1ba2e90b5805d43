// The request parser against the samples: whole, cut at every byte, in any pieces, at its limits.

import Bytes
import Testing

@testable import HTTPWire

extension [UInt8] {
    var latin: String { String(String.UnicodeScalarView(map { Unicode.Scalar($0) })) }
}

extension RequestSample: CustomTestStringConvertible {
    var testDescription: String { text.debugDescription }
}

/// How a request is read, as a sample says it.
struct Reading: Equatable {
    var meaning = ""
    var fault: RequestFault?
    var byteCount = 0
    var fields: [HeaderField] = []

    init(_ step: HeadStep, _ parser: RequestParser, _ window: [UInt8]) {
        switch step {
        case .incomplete: meaning = "incomplete"
        case .refused(let reason): fault = reason
        case .complete:
            meaning = Self.meaning(of: parser, window)
            byteCount = parser.head.byteCount
            fields = parser.fields
        }
    }

    private static func meaning(of parser: RequestParser, _ window: [UInt8]) -> String {
        let head = parser.head
        let block = parser.block(window)
        let line = String(block.prefix { $0 != "\n" })
        var words = [line, window[head.host.range].map { $0 }.latin]
        switch head.body {
        case .none: words.append("none")
        case .length(let length): words.append("\(length)")
        case .chunked: words.append("chunked")
        }
        if head.keepsAlive { words.append("keeps") }
        if head.isVersion10 { words.append("1.0") }
        if head.expectsContinue { words.append("expects") }
        if head.upgrade != .none { words.append("\(head.upgrade)") }
        return words.joined(separator: " ")
    }

    /// Hands `bytes` over in pieces; `step` each time with all that came so far.
    init(
        _ bytes: [UInt8], pieces sizes: [Int], _ parser: inout RequestParser
    ) {
        var progress = HeadProgress()
        var given = 0
        var turn = 0
        var step = HeadStep.incomplete
        while given < bytes.count, step == .incomplete {
            given = min(given + sizes[turn % sizes.count], bytes.count)
            turn += 1
            let there = Array(bytes[..<given])
            step = parser.parse(there.span.bytes, &progress)
        }
        self.init(step, parser, bytes)
    }
}

extension RequestParser {
    /// The block that a worker gets, each byte a character.
    func block(
        _ window: [UInt8], lowercasing: Bool = false, isTrusted: Bool = false
    ) -> String {
        [UInt8](unsafeUninitializedCapacity: 70_000) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            let address = Array("::1".utf8)
            let origin = RequestOrigin(
                address: address.span.bytes, isSecure: true, isTrusted: isTrusted)
            writeBlock(window.span.bytes, from: origin, lowercasing: lowercasing, into: &writer)
            count = writer.count
        }.latin
    }
}

@Suite struct RequestParserTests {
    private func read(_ bytes: [UInt8], limits: RequestLimits = RequestLimits()) -> Reading {
        var parser = RequestParser(limits: limits)
        return Reading(bytes, pieces: [1 << 20], &parser)
    }

    @Test(arguments: RequestSamples.all)
    func aRequestIsReadAsTheSampleSays(_ sample: RequestSample) {
        let reading = read(sample.bytes)
        #expect(reading.meaning == sample.meaning)
        #expect(reading.fault == sample.fault)
    }

    @Test func theSamplesAreMany() {
        #expect(RequestSamples.all.count > 150)
        #expect(Set(RequestSamples.all.compactMap(\.fault)).count >= 14)
    }

    @Test(arguments: RequestSamples.all)
    func aRequestInPiecesIsReadAsInOne(_ sample: RequestSample) {
        let whole = read(sample.bytes)
        var parser = RequestParser()
        for size in 1...7 {
            #expect(Reading(sample.bytes, pieces: [size], &parser) == whole, "\(size)")
            #expect(Reading(sample.bytes, pieces: [size, 11], &parser) == whole, "\(size), 11")
        }
    }

    @Test(arguments: RequestSamples.all.filter { $0.fault == nil })
    func aRequestCutAnywhereIsIncomplete(_ sample: RequestSample) {
        let bytes = sample.bytes
        for length in 0..<bytes.count {
            #expect(read(Array(bytes[..<length])).meaning == "incomplete", "\(length)")
        }
    }

    /// No control character stands anywhere in a head, whatever comes before and behind it.
    @Test func everyControlCharacterIsRefusedEverywhere() {
        let request = Array("POST /abc HTTP/1.1\r\nHost: abc\r\nX-Long: 0123456789\r\n\r\n".utf8)
        let controls = (0x00...0x1F).map { UInt8($0) } + [0x7F]
        for place in 0...request.count - 4 {
            for byte in controls where byte != 0x09 {
                var bytes = request
                bytes.insert(byte, at: place)
                // A CR before a CR LF, an LF behind one: both alone, too.
                #expect(read(bytes).fault != nil, "\(byte) at \(place)")
            }
        }
    }

    @Test func manyConnectionsShareOneParser() {
        var parser = RequestParser()
        let requests = RequestSamples.accepted.map(\.bytes)
        var progress = requests.map { _ in HeadProgress() }
        var results: [Int: Reading] = [:]
        let longest = requests.map(\.count).max() ?? 0
        for length in 1...longest {
            for (index, bytes) in requests.enumerated() where results[index] == nil {
                let there = Array(bytes.prefix(length))
                let step = parser.parse(there.span.bytes, &progress[index])
                if step != .incomplete { results[index] = Reading(step, parser, there) }
            }
        }
        for (index, bytes) in requests.enumerated() {
            #expect(results[index] == read(bytes))
        }
    }

    @Test func theNextRequestBeginsBehindTheHead() {
        let bytes = RequestSamples.accepted[0].bytes
        #expect(read(bytes + bytes).byteCount == bytes.count)
        #expect(read(bytes + [0, 0]).byteCount == bytes.count)
    }

    @Test func aRequestLineHasALimit() {
        let limits = RequestLimits(lineBytes: 64, headBytes: 256)
        for length in 40...60 {
            let line = "GET /" + String(repeating: "a", count: length) + " HTTP/1.1"
            let reading = read(Array("\(line)\r\nHost: a\r\n\r\n".utf8), limits: limits)
            #expect(reading.fault == (line.count > 64 ? .lineTooLong : nil), "\(line.count)")
        }
        #expect(read([UInt8](repeating: 0x41, count: 64), limits: limits).fault == nil)
        #expect(read([UInt8](repeating: 0x41, count: 65), limits: limits).fault == .lineTooLong)
    }

    @Test func aHeadHasALimit() {
        let limits = RequestLimits(lineBytes: 64, headBytes: 128)
        for length in 1...128 {
            let text =
                "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "b", count: length))\r\n\r\n"
            var parser = RequestParser(limits: limits)
            let whole = read(Array(text.utf8), limits: limits)
            #expect(whole.fault == (text.utf8.count > 128 ? .headTooLong : nil), "\(length)")
            #expect(Reading(Array(text.utf8), pieces: [1], &parser) == whole)
        }
    }

    @Test func fieldsHaveALimit() {
        for count in 1...6 {
            let fields = (0..<count).map { "X\($0): y\r\n" }.joined()
            let bytes = Array("GET / HTTP/1.0\r\n\(fields)\r\n".utf8)
            let reading = read(bytes, limits: RequestLimits(fields: 4))
            #expect(reading.fault == (count > 4 ? .tooManyFields : nil))
        }
    }

    @Test func aHeadThatComesByteByByteLeavesTheTableAlone() {
        var parser = RequestParser(limits: RequestLimits(fields: 4))
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n".utf8)
        for _ in 0..<100 {
            _ = Reading(bytes, pieces: [1], &parser)
            #expect(parser.fields.count <= 4)
        }
    }

    @Test(arguments: RequestFault.allCases)
    func everyFaultHasAStatusOfItsOwnClass(_ fault: RequestFault) {
        #expect([400, 405, 414, 417, 431, 501, 505].contains(fault.status))
        #expect(StatusReason.phrase(of: fault.status).utf8CodeUnitCount > 0)
    }
}

@Suite struct RequestBlockTests {
    private func block(_ text: String, lowercasing: Bool = false) -> String {
        let bytes = Array(text.utf8)
        var parser = RequestParser()
        var progress = HeadProgress()
        let step = parser.parse(bytes.span.bytes, &progress)
        #expect(step == .complete)
        return parser.block(bytes, lowercasing: lowercasing)
    }

    @Test func aWorkerGetsLinesOfText() {
        let text = "GET /a?b HTTP/1.1\r\nHost:x\r\nX-Y:  z w \r\n\r\n"
        #expect(block(text) == "GET /a?b\n::1 https 1.1\nHost: x\nX-Y: z w\n")
        #expect(block(text, lowercasing: true) == "GET /a?b\n::1 https 1.1\nhost: x\nx-y: z w\n")
    }

    @Test func aHostThatOnlyTheTargetNamesIsAField() {
        let text = "GET http://a:8080/b HTTP/1.0\r\nX: 1\r\n\r\n"
        #expect(block(text) == "GET /b\n::1 https 1.0\nHost: a:8080\nX: 1\n")
        #expect(block(text, lowercasing: true) == "GET /b\n::1 https 1.0\nhost: a:8080\nx: 1\n")
        let both = "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(block(both) == "GET /b\n::1 https 1.1\nHost: a\n")
        #expect(block("GET /b HTTP/1.0\r\n\r\n") == "GET /b\n::1 https 1.0\n")
    }

    @Test func fieldsOfTheConnectionAreNotPassedOn() {
        let text =
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Own, host, content-length\r\n"
            + "x-own: 1\r\nContent-Length: 3\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
            + "Expect: 100-continue\r\nUpgrade: h2c\r\nProxy: evil\r\nProxy-Connection: close\r\n"
            + "Proxy-Authenticate: a\r\nProxy-Authorization: b\r\nX-Owner: 2\r\n\r\n"
        #expect(
            block(text) == "POST /\n::1 https 1.1\nHost: x\nContent-Length: 3\nX-Owner: 2\n")
    }

    @Test func codingsAreTheConnectionsBusiness() {
        let text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n"
        #expect(block(text) == "POST /\n::1 https 1.1\nHost: x\nTrailer: a\n")
    }

    @Test func aHeadNeverGrowsBeyondAFrame() {
        let fields = String(repeating: "a:b\r\n", count: HTTPLimits.fields - 1)
        let text = "GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
        let bytes = Array(text.utf8)
        var parser = RequestParser(
            limits: RequestLimits(headBytes: HTTPLimits.headBytes, fields: HTTPLimits.fields))
        var progress = HeadProgress()
        let step = parser.parse(bytes.span.bytes, &progress)
        #expect(step == .complete)
        #expect(parser.block(bytes).unicodeScalars.count <= bytes.count + 64)
    }
}
