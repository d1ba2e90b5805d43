// Answers: what a client gets of what a worker said, and what is not passed on.

import Testing

@testable import HTTPWire

@Suite struct ResponseEncoderTests {
    private static let date = HTTPDate.render(784_111_777)

    /// One part of an answer, as a worker sends it.
    private struct Part {
        var payload = ""
        var isEnd = false
        var trailer = ""
    }

    /// The bytes for the client, and the body as it stands then.
    private func answer(
        _ status: Int, _ block: String = "", _ parts: [Part],
        to context: ResponseContext = ResponseContext(), room: Int = 4096
    ) throws(ResponseFault) -> (String, ResponseBody?) {
        var text: [UInt8] = []
        var body: ResponseBody?
        var fault: ResponseFault?
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
        defer { memory.deallocate() }
        var encoder = ResponseEncoder(into: memory)
        do throws(ResponseFault) {
            for part in parts {
                let payload = Array(part.payload.utf8)
                let lines = Array((body == nil ? block : part.trailer).utf8)
                let piece = ResponsePart(payload.span.bytes, isEnd: part.isEnd)
                if var begun = body {
                    try encoder.write(piece, trailer: lines.span.bytes, of: &begun)
                    body = begun
                } else {
                    body = try encoder.begin(
                        status: status, block: lines.span.bytes, piece, to: context,
                        date: Self.date.span.bytes)
                }
            }
        } catch {
            fault = error
        }
        text = Array(encoder.writer.written)
        if let fault { throw fault }
        return (text.latin, body)
    }

    private func text(
        _ status: Int, _ block: String = "", _ parts: [Part],
        to context: ResponseContext = ResponseContext()
    ) throws(ResponseFault) -> String {
        let whole = try answer(status, block, parts, to: context).0
        let lines = whole.split(separator: "\r\n", omittingEmptySubsequences: false)
        return lines.filter { !$0.hasPrefix("Date: ") }.joined(separator: ">")
    }

    private let end = [Part(payload: "ok", isEnd: true)]
    private let open = [Part(payload: "ok")]

    @Test func anAnswerThatEndsAtOnceGetsItsLength() throws {
        #expect(
            try answer(200, "a: b\n", end).0 == "HTTP/1.1 200 OK\r\na: b\r\n"
                + "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nok")
    }

    @Test func anAnswerThatGoesOnIsChunked() throws {
        let parts =
            open + [
                Part(), Part(payload: "0123456789abcdef"), Part(isEnd: true, trailer: "x: y\n"),
            ]
        #expect(
            try text(200, "", parts) == "HTTP/1.1 200 OK>Transfer-Encoding: chunked>>"
                + "2>ok>10>0123456789abcdef>0>x: y>>")
    }

    @Test func anOldClientReadsToTheEndOfTheConnection() throws {
        let context = ResponseContext(isVersion10: true, keepsAlive: true)
        #expect(try text(200, "", open, to: context) == "HTTP/1.1 200 OK>Connection: close>>ok")
        #expect(
            try text(200, "", end, to: context)
                == "HTTP/1.1 200 OK>Content-Length: 2>Connection: keep-alive>>ok")
        #expect(try answer(200, "", open, to: context).1?.keepsAlive == false)
    }

    @Test func aConnectionThatEndsIsSaidToEnd() throws {
        let context = ResponseContext(keepsAlive: false)
        #expect(
            try text(404, "", end, to: context)
                == "HTTP/1.1 404 Not Found>Content-Length: 2>Connection: close>>ok")
    }

    @Test func aWorkersLengthIsKeptTo() throws {
        #expect(
            try text(200, "Content-Length: 4\n", open + [Part(payload: "ok", isEnd: true)])
                == "HTTP/1.1 200 OK>Content-Length: 4>>okok")
        for (parts, fault) in [
            (open + open + open, ResponseFault.bodyTooLong), (end, .bodyTooShort),
            (open + [Part(isEnd: true)], .bodyTooShort),
        ] {
            #expect(throws: fault) { try text(200, "content-length: 4\n", parts) }
        }
    }

    @Test func answersWithoutABodyHaveNone() throws {
        #expect(try text(204, "Content-Length: 2\n", end) == "HTTP/1.1 204 No Content>>")
        #expect(try text(304, "", open) == "HTTP/1.1 304 Not Modified>>")
        #expect(
            try text(304, "Content-Length: 9\n", open)
                == "HTTP/1.1 304 Not Modified>Content-Length: 9>>")
        let head = ResponseContext(isHead: true)
        #expect(try text(200, "", end + end, to: head) == "HTTP/1.1 200 OK>Content-Length: 2>>")
        #expect(
            try text(200, "content-length: 7\n", open, to: head)
                == "HTTP/1.1 200 OK>Content-Length: 7>>")
        #expect(try text(200, "", [Part(isEnd: true)], to: head) == "HTTP/1.1 200 OK>>")
    }

    @Test func informationGoesToClientsThatKnowIt() throws {
        #expect(
            try answer(103, "Link: a\n", [Part()]).0
                == "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
        #expect(try answer(103, "Link: a\n", [Part()]).1?.isInterim == true)
        #expect(try answer(103, "", [Part()], to: ResponseContext(isVersion10: true)).0 == "")
    }

    @Test func fieldsOfTheConnectionAreNotAWorkers() throws {
        let block =
            "Connection: x\nKeep-Alive: 1\nTransfer-Encoding: gzip\nUpgrade: y\nTrailer: z\n"
            + "Proxy-Connection: w\nServer: s\nSet-Cookie: a\nSet-Cookie: b\n"
        #expect(
            try text(200, block, end)
                == "HTTP/1.1 200 OK>Server: s>Set-Cookie: a>Set-Cookie: b>Content-Length: 2>>ok")
    }

    @Test func aWorkersDateStays() throws {
        let whole = try answer(200, "Date: today\n", end).0
        #expect(whole.contains("Date: today\r\n") && !whole.contains("1994"))
    }

    @Test(arguments: [
        "a\n", "a:b\n", ": b\n", "a b: c\n", "a: b", "a: b\r\n", "a: b\rc: d\n", "a: \u{0}\n",
        "a: \u{7F}\n", "\n", " a: b\n", "a : b\n", "a: b\n\nc: d\n", "\u{E9}: b\n",
    ])
    func aBlockThatCouldEndALineIsRefused(_ block: String) {
        #expect(throws: ResponseFault.badField) { try text(200, block, end) }
    }

    @Test func trailersAreChecked() throws {
        #expect(throws: ResponseFault.badField) {
            try text(200, "", open + [Part(isEnd: true, trailer: "a: b\r\n\r\nHTTP/1.1 200\n")])
        }
        let last = Part(isEnd: true, trailer: "Content-Length: 3\nb: c\n")
        #expect(try text(200, "", open + [last]).hasSuffix("0>b: c>>"))
    }

    @Test func lengthsOfWorkersAreNumbers() {
        for block in [
            "content-length: x\n", "content-length: -1\n", "content-length: 1\nContent-Length: 1\n",
        ] {
            #expect(throws: ResponseFault.badLength) { try text(200, block, end) }
        }
    }

    @Test(arguments: [0, 99, 101, 600, 999])
    func otherStatusesAreRefused(_ status: Int) {
        #expect(throws: ResponseFault.badStatus) { try text(status, "", [Part()]) }
    }

    @Test func whatDoesNotFitIsNotBegun() throws {
        let size = try answer(200, "a: b\n", end).0.utf8.count
        for room in 0..<size {
            #expect(throws: ResponseFault.noRoom) { try answer(200, "a: b\n", end, room: room) }
        }
        #expect(size <= ResponseEncoder.room(block: 5, payload: 2))
    }

    @Test func aNoticeIsAWholeAnswer() {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 1)
        defer { memory.deallocate() }
        var encoder = ResponseEncoder(into: memory)
        let fits = encoder.writeNotice(
            status: 503, fields: "Retry-After: 1\r\n", to: ResponseContext(),
            date: Self.date.span.bytes)
        #expect(fits)
        let text = Array(encoder.writer.written).latin
        #expect(
            text
                == "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 24\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 1\r\n"
                + "\r\n503 Service Unavailable\n")
    }
}
