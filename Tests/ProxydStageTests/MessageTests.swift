// Requests and answers: what of them passes, what is changed, and how bodies travel.

import Settings
import Testing

extension ProxydStage {
    @Suite struct MessageTests {
        /// One request and what the worker saw of it; it answers "ok".
        private func seen(
            _ text: String, _ settings: ServerSettings = ServerSettings(),
            _ look: (StageRequest) throws -> Void
        ) throws {
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(text)
                let request = try worker.nextRequest()
                try look(request)
                _ = try worker.body(of: request)
                worker.respond(request, 200, [], "ok")
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func theTargetIsThePathAsItWasWritten() throws {
            try seen(get("/a%2Fb/../c?x=1&y=%20")) {
                #expect($0.target == "/a%2Fb/../c?x=1&y=%20")
                #expect($0.version == "1.1")
                #expect($0.scheme == "http")
            }
        }

        @Test func anAbsoluteTargetBecomesItsPath() throws {
            try seen("GET http://stage.test/a?b HTTP/1.1\r\nHost: stage.test\r\n\r\n") {
                #expect($0.target == "/a?b")
                #expect($0["host"] == ["stage.test"])
            }
            try seen("GET http://stage.test HTTP/1.1\r\nHost: stage.test\r\n\r\n") {
                #expect($0.target == "/")
            }
        }

        @Test func anAsteriskStays() throws {
            try seen("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") {
                #expect($0.method == "OPTIONS")
                #expect($0.target == "*")
            }
        }

        @Test func fieldsOfTheConnectionStayBehind() throws {
            let text = get(
                "/", "Connection: X-Mine, keep-alive", "X-Mine: 1", "Keep-Alive: timeout=5",
                "TE: trailers", "Upgrade: h2c", "Proxy-Connection: close", "Proxy: http://evil",
                "Proxy-Authorization: Basic eA==", "X-Kept: 2", "X-kept: 3")
            try seen(text) { request in
                #expect(request["x-kept"] == ["2", "3"])
                let names = Set(request.fields.map { $0.name.lowercased() })
                #expect(names.isSubset(of: ["host", "x-kept", "x-forwarded-for"]), "\(names)")
            }
        }

        @Test func namesAreAsTheClientWroteThem() throws {
            try seen(get("/", "X-MiXeD: VaLuE")) { request in
                #expect(request.fields.contains(.init(name: "X-MiXeD", value: "VaLuE")))
            }
            var settings = ServerSettings()
            settings.lowercaseHeaders = true
            try seen(get("/", "X-MiXeD: VaLuE"), settings) { request in
                #expect(request.fields.contains(.init(name: "x-mixed", value: "VaLuE")))
                #expect(request.fields.contains(.init(name: "host", value: "stage.test")))
            }
        }

        @Test func eachRequestHasATraceOfItsOwn() throws {
            var settings = ServerSettings()
            settings.traceHeader = "X-Request-Id"
            settings.trustedProxies = []
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                var traces: Set<String> = []
                for _ in 0..<50 {
                    client.send(get("/", "x-request-id: forged"))
                    let request = try worker.nextRequest()
                    let values = request["X-Request-Id"]
                    #expect(values.count == 1)
                    traces.formUnion(values)
                    worker.respond(request)
                    _ = try client.nextAnswer()
                }
                #expect(traces.count == 50)
                #expect(!traces.contains("forged"))
                #expect(traces.allSatisfy { $0.utf8.count >= 16 })
            }
        }

        @Test func bodiesOfKnownLengthArrive() throws {
            for size in [0, 1, 1000, 65_535, 65_536, 200_000] {
                let body = String(repeating: "b", count: size)
                try Stage.run { stage in
                    let worker = try stage.openInstance()
                    let client = try stage.connect()
                    let sender = try Background { client.send(post(body)) }
                    let request = try worker.nextRequest()
                    #expect(request["content-length"] == ["\(size)"])
                    let (bytes, _) = try worker.body(of: request)
                    #expect(bytes.count == size)
                    #expect(bytes.allSatisfy { $0 == UInt8(ascii: "b") })
                    sender.join()
                    worker.respond(request, 200, [], body.prefix(60_000).description)
                    #expect(try client.nextAnswer().body.count == min(size, 60_000))
                }
            }
        }

        @Test func chunkedBodiesAndTheirTrailersArrive() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        + "Trailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n1\r\n,\r\n006\r\n world\r\n")
                let request = try worker.nextRequest()
                #expect(request["transfer-encoding"].isEmpty)
                #expect(request["content-length"].isEmpty)
                client.send("0\r\nX-Sum: 12\r\n\r\n" + get("/next"))
                let (bytes, trailer) = try worker.body(of: request)
                #expect(bytes.text == "hello, world")
                #expect(trailer.lowercased() == "x-sum: 12\n")
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
                let next = try worker.nextRequest()
                #expect(next.target == "/next")
                worker.respond(next)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func anAnswerInPiecesIsChunkedWithItsTrailer() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get() + get())
                var request = try worker.nextRequest()
                worker.respond(request, 200, ["Trailer: X-Sum"], "one", isEnd: false)
                worker.data(request.session, "")
                worker.data(request.session, "two")
                worker.data(
                    request.session, "", isEnd: true,
                    trailer: "X-Sum: 2\nContent-Length: 5\n")
                let answer = try client.nextAnswer()
                #expect(answer.framing == .chunked)
                #expect(answer.text == "onetwo")
                #expect(answer.trailer == "X-Sum: 2\r\n")
                request = try worker.nextRequest()
                worker.respond(request, 200, ["Content-Length: 6"], "one", isEnd: false)
                worker.data(request.session, "two", isEnd: true)
                let sized = try client.nextAnswer()
                #expect(sized.framing == .length)
                #expect(sized.text == "onetwo")
            }
        }

        @Test func theWorkerSaysNothingOfTheConnection() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get() + get())
                worker.respond(
                    try worker.nextRequest(), 200,
                    [
                        "Connection: close", "Keep-Alive: max=1", "Transfer-Encoding: gzip",
                        "Upgrade: h2c", "Set-Cookie: a=1", "Set-Cookie: b=2", "Date: then",
                    ], "hi")
                let answer = try client.nextAnswer()
                #expect(answer["set-cookie"] == ["a=1", "b=2"])
                #expect(answer["date"] == ["then"])
                for name in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
                    #expect(answer[name].isEmpty)
                }
                worker.respond(try worker.nextRequest(), 200, [], "hi")
                let dated = try client.nextAnswer()
                #expect(dated["date"].count == 1)
                #expect(dated["date"].first?.hasSuffix(" GMT") == true)
            }
        }

        @Test func answersWithoutBodyHaveNone() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                worker.respond(try worker.nextRequest(), 200, [], "a body")
                let head = try client.nextAnswer(isHead: true)
                #expect(head["content-length"] == ["6"])
                for status in [204, 304] as [UInt16] {
                    client.send(get())
                    worker.respond(try worker.nextRequest(), status, ["ETag: \"e\""], "a body")
                    let answer = try client.nextAnswer()
                    #expect(answer.status == Int(status))
                    #expect(answer["etag"] == ["\"e\""])
                    #expect(answer["transfer-encoding"].isEmpty)
                }
                // Nothing of those bodies was sent: the next answer is at its place.
                client.send(get())
                worker.respond(try worker.nextRequest(), 200, [], "next")
                #expect(try client.nextAnswer().text == "next")
            }
        }

        @Test func interimAnswersComeBeforeTheAnswer() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try worker.nextRequest()
                worker.respond(request, 103, ["Link: </style.css>"], isEnd: false)
                let hint = try client.nextAnswer()
                #expect(hint.status == 103)
                #expect(hint["link"] == ["</style.css>"])
                worker.respond(request, 200, [], "hi")
                #expect(try client.nextAnswer().text == "hi")
            }
        }

        @Test func whoWaitsForContinueIsTold() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                        + "Expect: 100-continue\r\n\r\n")
                #expect(try client.nextAnswer().status == 100)
                let request = try worker.nextRequest()
                #expect(request["expect"].isEmpty)
                client.send("body")
                #expect(try worker.body(of: request).bytes.text == "body")
                worker.respond(request, 200, [], "hi")
                #expect(try client.nextAnswer().text == "hi")
            }
        }

        @Test func whoIsRefusedIsNotToldToContinue() throws {
            var settings = ServerSettings()
            settings.maxBody = 1000
            try Stage.run(settings) { stage in
                try stage.openInstance()
                let client = try stage.connect()
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
                        + "Expect: 100-continue\r\n\r\n")
                let answer = try client.nextAnswer()
                #expect(answer.status == 413)
                #expect(answer["connection"] == ["close"])
                #expect(try client.end() == .closed(after: ""))
                #expect(try stage.settled.refused() == 1)
            }
        }

        @Test func aWorkerMayAnswerBeforeTheBodyHasCome() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc")
                let request = try worker.nextRequest()
                worker.respond(request, 403, [], "no")
                #expect(try client.nextAnswer().text == "no")
                client.send([UInt8](repeating: 0x62, count: 99_997))
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test(arguments: [
            "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", "\u{16}\u{3}\u{1}\r\n\r\n",
        ])
        func whatCanBeReadInTwoWaysIsRefused(_ text: String) throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(text + get("/smuggled"))
                #expect(try client.nextAnswer().status == 400)
                #expect(try client.end() == .closed(after: ""))
                try worker.expectSilence(milliseconds: 30)
                #expect(try stage.settled.refused() == 1)
            }
        }

        @Test(arguments: ["g\r\n", "1\n", "-1\r\n", "1\r\nabc\r\n", "fffffffffffffffff\r\n"])
        func aBadChunkSpoilsItsRequest(_ chunk: String) throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                // In one piece, so that what comes with the head is in the request's frame.
                let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                client.send(head + "1\r\na\r\n")
                let request = try worker.nextRequest()
                client.send(chunk)
                #expect(try client.nextAnswer().status == 400)
                #expect(try client.end() == .closed(after: ""))
                let close = try worker.expect(.close, request.session, passingOver: .data)
                #expect(close.header.code == 4)
                worker.send(.close, request.session)
            }
        }
    }
}
