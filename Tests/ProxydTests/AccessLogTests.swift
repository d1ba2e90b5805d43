// Lines of an access log, ids of requests, and the time in both.

import Bytes
import Testing

@testable import apm_proxyd

@Suite struct AccessLogTests {
    private func line(_ request: [UInt8], status: Int = 200, instance: UInt16 = 1) throws -> String
    {
        let client = try #require(HostAddress(text: "203.0.113.7"))
        let entry = AccessEntry(
            client: client, status: status, sentBytes: 512, microseconds: 840, instance: instance)
        let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            request.withUnsafeBytes { request in
                Array("1994-11-06T08:49:37Z".utf8).withUnsafeBytes { stamp in
                    AccessLog.write(entry, request: request, stamp: stamp, into: &writer) {
                        if status == 200 { TraceID(process: 1, seed: 0).write(0, into: &$0) }
                    }
                }
            }
            count = writer.count
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aLineSaysWhoWantedWhatAndWhatBecameOfIt() throws {
        #expect(
            try line(Array("GET /a?b=1 HTTP/1.1".utf8))
                == "203.0.113.7 1994-11-06T08:49:37Z \"GET /a?b=1 HTTP/1.1\" 200 512 840 1 "
                + "00000000000000010000000000000000\n")
        #expect(
            try line([], status: 400, instance: 0)
                == "203.0.113.7 1994-11-06T08:49:37Z \"\" 400 512 840 - -\n")
    }

    @Test func nothingOfARequestEndsItsLineOrItsQuotes() throws {
        let line = try line(Array("GET /\"\\\n\u{1B}[31m\u{7F}é".utf8))
        #expect(line.contains("\"GET /\\x22\\x5c\\x0a\\x1b[31m\\x7f\\xc3\\xa9\""))
    }

    @Test func aLongRequestLineIsCut() throws {
        let line = try line([UInt8](repeating: 0x61, count: 100_000))
        #expect(line.utf8.count < Limits.accessLineBytes + 200)
    }
}

@Suite struct TraceIDTests {
    private func id(_ trace: TraceID, _ number: UInt64) -> String {
        String(
            decoding: [UInt8](unsafeUninitializedCapacity: 64) { memory, count in
                var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
                trace.write(number, into: &writer)
                count = writer.count
            }, as: UTF8.self)
    }

    @Test func noTwoAreTheSame() {
        let trace = TraceID()
        let ids = Set((0..<100_000).map { id(trace, $0) })
        #expect(ids.count == 100_000)
        #expect(ids.allSatisfy { $0.utf8.count == TraceID.byteCount })
        #expect(id(TraceID(), 1) != id(TraceID(), 1))
    }
}

@Suite struct DateLineTests {
    @Test func isRenderedForEachSecond() {
        var date = DateLine()
        date.render(0, 784_111_777_250_000)
        #expect(String(decoding: date.field, as: UTF8.self) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(String(decoding: date.stamp, as: UTF8.self) == "1994-11-06T08:49:37Z")
        // Still valid within the second, and not behind it.
        date.refresh(749_999_999)
        #expect(String(decoding: date.stamp, as: UTF8.self) == "1994-11-06T08:49:37Z")
        date.refresh(750_000_000)
        #expect(String(decoding: date.stamp, as: UTF8.self) != "1994-11-06T08:49:37Z")
    }
}
