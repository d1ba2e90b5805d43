// Connections: how long they live, in which order answers come, and who closes them.

import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct ConnectionTests {
        @Test func aConnectionServesOneRequestAfterTheOther() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                for number in 0..<20 {
                    client.send(get("/\(number)"))
                    let request = try worker.nextRequest()
                    #expect(request.target == "/\(number)")
                    worker.respond(request, 200, ["X-Number: \(number)"], "body \(number)")
                    let answer = try client.nextAnswer()
                    #expect(answer.text == "body \(number)")
                    #expect(answer["x-number"] == ["\(number)"])
                    #expect(answer["connection"].isEmpty)
                }
                #expect(try stage.settled.accepted() == 1)
                #expect(try stage.settled.requests() == 20)
                #expect(try stage.settled.served(worker) == 20)
                #expect(try stage.settled.buckets(worker).reduce(0, +) == 20)
            }
        }

        @Test func pipelinedRequestsAreAnsweredInOrder() throws {
            try Stage.run { stage in
                let first = try stage.openInstance()
                let second = try stage.openInstance()
                let echo = { @Sendable (instance: Instance, frame: StageFrame) in
                    guard frame.kind == .request else { return }
                    let request = try StageRequest(frame)
                    instance.respond(request, 200, [], request.target)
                }
                let echoes = [try EchoInstance(first, echo), try EchoInstance(second, echo)]
                let client = try stage.connect()
                client.send((0..<100).map { get("/\($0)") }.joined())
                for number in 0..<100 {
                    #expect(try client.nextAnswer().text == "/\(number)")
                }
                for echo in echoes { echo.stop() }
                #expect(try stage.settled.served(first) > 0)
                #expect(try stage.settled.served(second) > 0)
            }
        }

        @Test func pipelinedBodiesAreNotMistakenForRequests() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                let inner = get("/smuggled")
                client.send(post(inner) + post("") + get("/last"))
                for expected in [inner, ""] {
                    let request = try worker.nextRequest()
                    #expect(request.method == "POST")
                    #expect(try worker.body(of: request).bytes.text == expected)
                    worker.respond(request)
                    #expect(try client.nextAnswer().status == 200)
                }
                let last = try worker.nextRequest()
                #expect(last.target == "/last")
                worker.respond(last)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func aRequestMayComeByteByByte() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                for byte in post("0123456789").utf8 { client.send([byte]) }
                let request = try worker.nextRequest()
                #expect(try worker.body(of: request).bytes.text == "0123456789")
                worker.respond(request, 200, [], "ok")
                #expect(try client.nextAnswer().text == "ok")
            }
        }

        @Test func whoAsksForCloseGetsIt() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/", "Connection: close") + get("/never"))
                worker.respond(try worker.nextRequest(), 200, [], "hi")
                let answer = try client.nextAnswer()
                #expect(answer["connection"] == ["close"])
                #expect(answer.text == "hi")
                #expect(try client.end() == .closed(after: ""))
                try worker.expectSilence()
            }
        }

        @Test func aClientThatSendsNoMoreGetsItsAnswer() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/half"))
                client.halfClose()
                let request = try worker.nextRequest()
                try worker.expectSilence(milliseconds: 100)
                worker.respond(request, 200, [], "all of it", isEnd: false)
                worker.data(request.session, ", and its end", isEnd: true)
                #expect(try client.nextAnswer().text == "all of it, and its end")
                #expect(try client.end() == .closed(after: ""))
            }
        }

        @Test func aClientThatGoesIsToldToTheWorker() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/gone"))
                let request = try worker.nextRequest()
                client.reset()
                let close = try worker.expect(.close, request.session)
                #expect(close.header.code == 0)
                worker.send(.close, request.session)
                #expect(Wait.until { stage.figures.sessions(worker) == 0 })
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test func anIdleConnectionIsClosedAfterKeepAlive() throws {
            var settings = ServerSettings()
            settings.keepAlive = 400
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let clock = Stopwatch()
                worker.respond(try worker.nextRequest(), 200, [], "hi")
                _ = try client.nextAnswer()
                #expect(try client.end() == .closed(after: ""))
                #expect(clock.milliseconds >= 350)
                #expect(clock.milliseconds < 4000)
            }
        }

        @Test func connectionsBeyondTheLimitWaitInTheBacklog() throws {
            var settings = ServerSettings()
            settings.maxConnections = 2
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let clients = try (0..<3).map { _ in try stage.connect() }
                for client in clients { client.send(get()) }
                for client in clients[..<2] {
                    worker.respond(try worker.nextRequest(), 200, [], "hi")
                    _ = client
                }
                for client in clients[..<2] { #expect(try client.nextAnswer().text == "hi") }
                try worker.expectSilence()
                #expect(try stage.settled.open() == 2)
                clients[0].close()
                worker.respond(try worker.nextRequest(), 200, [], "at last")
                #expect(try clients[2].nextAnswer().text == "at last")
            }
        }

        @Test func versionOneZeroIsClosedUnlessItAsks() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let kept = try worker.nextRequest()
                #expect(kept.version == "1.0")
                worker.respond(kept, 200, [], "kept")
                let answer = try client.nextAnswer()
                #expect(answer["connection"].map { $0.lowercased() } == ["keep-alive"])
                client.send("GET /b HTTP/1.0\r\n\r\n")
                worker.respond(try worker.nextRequest(), 200, [], "closed")
                #expect(try client.nextAnswer().text == "closed")
                #expect(try client.end() == .closed(after: ""))
            }
        }

        @Test func versionOneZeroGetsAStreamUntilTheEnd() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let request = try worker.nextRequest()
                worker.respond(request.session, 103, ["Link: </a>"], isEnd: false)
                worker.respond(request, 200, [], "one", isEnd: false)
                worker.data(request.session, "two", isEnd: true)
                let answer = try client.nextAnswer()
                #expect(answer.status == 200)
                #expect(answer.framing == .untilClose)
                #expect(answer.text == "onetwo")
            }
        }
    }
}
