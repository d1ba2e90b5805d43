// The chunked coding: whole, cut at every byte, one byte at a time; and what is none.

import Testing

@testable import HTTPWire

/// What a body says: data, trailer fields, where it ends, or why it is none.
struct ChunkedReading: Equatable {
    var data: [UInt8] = []
    var trailers: [String] = []
    var end: Int?
    var fault: RequestFault?

    init(_ text: String, pieces: Int = 1 << 20) {
        self.init(Array(text.utf8), pieces: pieces)
    }

    init(_ bytes: [UInt8], pieces: Int = 1 << 20) {
        var body = ChunkedBody()
        var window: [UInt8] = []
        var dropped = 0
        var given = 0
        while given < bytes.count, end == nil, fault == nil {
            let next = min(given + pieces, bytes.count)
            window += bytes[given..<next]
            given = next
            let taken = take(&body, window, dropped)
            window.removeFirst(taken)
            dropped += taken
        }
    }

    private mutating func take(_ body: inout ChunkedBody, _ window: [UInt8], _ base: Int) -> Int {
        var offset = 0
        while true {
            switch body.next(in: window.span.bytes, at: offset) {
            case .data(let range):
                precondition(range.lowerBound >= offset && !range.isEmpty, "a step without bytes")
                data += window[range]
                offset = range.upperBound
            case .trailer(let name, let value, let next):
                trailers.append(Array(window[name]).latin + "=" + Array(window[value]).latin)
                offset = next
            case .end(let place):
                end = base + place
                return place
            case .incomplete(let place): return place
            case .refused(let reason):
                fault = reason
                return 0
            }
        }
    }
}

@Suite struct ChunkedBodyTests {
    private static let whole: [(String, String, [String])] = [
        ("0\r\n\r\n", "", []),
        ("000\r\n\r\n", "", []),
        ("1\r\na\r\n0\r\n\r\n", "a", []),
        ("a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij", []),
        ("00000000000000A\r\n0123456789\r\n0\r\n\r\n", "0123456789", []),
        ("3;x=y\r\nabc\r\n0;z\r\n\r\n", "abc", []),
        ("3 ; x=\"y;\"\t\r\nabc\r\n0\r\n\r\n", "abc", []),
        ("3 \t\r\nabc\r\n0\r\n\r\n", "abc", []),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", []),
        ("0\r\nX: y\r\nZ:\r\n\r\n", "", ["X=y", "Z="]),
        // Who the client is stands in no trailer, nor what is the connection's.
        (
            "0\r\nX-Forwarded-For: 1\r\nX: y\r\nx_real_ip: 2\r\nForwarded: 3\r\n"
                + "x-forwarded-proto: 4\r\nTrue-Client-IP: 5\r\n\r\n", "", ["X=y"]
        ),
        ("0\r\nTE: a\r\nProxy: b\r\nExpect: c\r\nKeep-Alive: d\r\n\r\n", "", []),
    ]

    @Test(arguments: whole.indices)
    func aBodyIsItsDataAndTrailer(_ index: Int) {
        let (text, data, trailers) = Self.whole[index]
        for pieces in [1, 2, 3, 5, 1 << 20] {
            let reading = ChunkedReading(text + "GET / HTTP/1.1", pieces: pieces)
            #expect(reading.data == Array(data.utf8))
            #expect(reading.trailers == trailers)
            #expect(reading.end == text.utf8.count && reading.fault == nil)
        }
        for length in 0..<text.utf8.count {
            let cut = ChunkedReading(Array(text.utf8.prefix(length)))
            #expect(cut.end == nil && cut.fault == nil, "\(length)")
        }
    }

    private static let refused: [(String, RequestFault)] = [
        ("\r\n", .badChunk), ("g\r\n", .badChunk), ("-1\r\n", .badChunk), ("+1\r\n", .badChunk),
        ("0x1\r\n", .badChunk), (" 1\r\n", .badChunk), (";x\r\n", .badChunk),
        ("1 1\r\n", .badChunk), ("1,\r\n", .badChunk),
        ("1000000000000000\r\n", .badChunk), ("fffffffffffffffff\r\n", .badChunk),
        ("0000000000000001\r\n", .badChunk),
        ("1\na\r\n0\r\n\r\n", .badByte), ("1\ra\r\n0\r\n\r\n", .badByte),
        ("1;\n\r\na\r\n", .badByte), ("1;\u{0}\r\na\r\n", .badByte),
        ("1\r\nab\r\n", .badChunk), ("1\r\na\n0\r\n\r\n", .badChunk),
        ("1\r\na\rb", .badChunk), ("1\r\na0\r\n\r\n", .badChunk),
        ("0\r\nX\r\n\r\n", .badTrailer), ("0\r\nX : y\r\n\r\n", .badTrailer),
        ("0\r\n X: y\r\n\r\n", .badTrailer), ("0\r\nX: y\r\n z\r\n\r\n", .badTrailer),
        ("0\r\nContent-Length: 5\r\n\r\n", .badTrailer),
        ("0\r\ntransfer-encoding: chunked\r\n\r\n", .badTrailer),
        ("0\r\nHost: b\r\n\r\n", .badTrailer), ("0\r\nX: \n\r\n\r\n", .badByte),
        ("0\r\n\n", .badByte),
        ("0\r\nGET / HTTP/1.1\r\n", .badTrailer),
    ]

    @Test(arguments: refused.indices)
    func anythingElseIsNone(_ index: Int) {
        let (text, fault) = Self.refused[index]
        for pieces in [1, 2, 7, 1 << 20] {
            #expect(ChunkedReading(text, pieces: pieces).fault == fault, "\(text) \(pieces)")
        }
    }

    @Test func linesAndTrailersHaveLimits() {
        let long = "1;" + String(repeating: "x", count: HTTPLimits.chunkLineBytes)
        #expect(ChunkedReading(long).fault == .badChunk)
        let fields = String(repeating: "X: y\r\n", count: HTTPLimits.trailerFields + 1)
        #expect(ChunkedReading("0\r\n\(fields)\r\n").fault == .trailerTooLong)
        let wide = "X: " + String(repeating: "y", count: HTTPLimits.trailerBytes)
        #expect(ChunkedReading("0\r\n\(wide)").fault == .trailerTooLong)
    }

    /// A body of many small chunks with long extensions costs more than it brings.
    @Test func extensionsHaveALimitThatDataRaises() {
        let small = "1;" + String(repeating: "x", count: 999) + "\r\na\r\n"
        #expect(ChunkedReading(String(repeating: small, count: 16)).fault == nil)
        #expect(ChunkedReading(String(repeating: small, count: 17)).fault == .tooManyExtensions)
        let data = String(repeating: "d", count: 0x4000)
        let large = "4000;" + String(repeating: "x", count: 999) + "\r\n\(data)\r\n"
        #expect(ChunkedReading(String(repeating: large, count: 40)).fault == nil)
    }

    @Test func anyBytesEndInAResult() {
        var random = SystemRandomNumberGenerator()
        let letters: [UInt8] = Array("0123aF;:X \r\n\r\n\n".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<24).map { _ in letters.randomElement(using: &random) ?? 0 }
            #expect(ChunkedReading(bytes) == ChunkedReading(bytes, pieces: 1), "\(bytes)")
        }
    }
}
