// What is too long, too many or too late, and what the client and the worker hear of it.

import Frames
import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct LimitTests {
        /// The whole text of a request is refused with `status`, and its connection closed.
        private func refuses(
            _ text: String, _ status: Int, _ change: (inout ServerSettings) -> Void
        ) throws {
            var settings = ServerSettings()
            change(&settings)
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(text)
                #expect(try client.nextAnswer().status == status)
                #expect(try client.end() == .closed(after: ""))
                try worker.expectSilence(milliseconds: 30)
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test func aLongLineIsRefused() throws {
            try refuses(get("/" + String(repeating: "a", count: 200)), 414) {
                $0.maxRequestLine = 128
            }
        }

        @Test func aLineWithoutEndIsRefused() throws {
            try refuses("GET /" + String(repeating: "a", count: 9000), 414) { _ in }
        }

        @Test func aLongHeadIsRefused() throws {
            try refuses(get("/", "X: " + String(repeating: "a", count: 1000)), 431) {
                $0.maxHeaderSize = 512
            }
        }

        @Test func tooManyFieldsAreRefused() throws {
            let fields = (0..<20).map { "X-\($0): 1\r\n" }.joined()
            try refuses("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n", 431) { $0.maxHeaders = 8 }
        }

        @Test func aLongBodyIsRefusedByItsLength() throws {
            try refuses(post(String(repeating: "a", count: 1001)), 413) { $0.maxBody = 1000 }
        }

        @Test func aLongBodyInChunksIsRefusedWhileItComes() throws {
            var settings = ServerSettings()
            settings.maxBody = 1000
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
                client.send("1f4\r\n" + String(repeating: "a", count: 500) + "\r\n")
                let request = try worker.nextRequest()
                client.send("1f5\r\n" + String(repeating: "a", count: 501) + "\r\n")
                #expect(try client.nextAnswer().status == 413)
                #expect(try client.end() == .closed(after: ""))
                _ = try closed(request, worker)
            }
        }

        @Test func aHeadThatDoesNotComeToItsEndTimesOut() throws {
            var settings = ServerSettings()
            settings.headerTimeout = 400
            try Stage.run(settings) { stage in
                try stage.openInstance()
                let client = try stage.connect()
                let clock = Stopwatch()
                client.send("GET / HTTP/1.1\r\nHost: a\r\n")
                // A byte now and then does not help.
                while !client.hasSomething(milliseconds: 50), clock.milliseconds < 5000 {
                    client.send("X")
                }
                #expect(try client.nextAnswer().status == 408)
                #expect(try client.end() == .closed(after: ""))
                #expect(clock.milliseconds >= 350)
                #expect(clock.milliseconds < 4000)
            }
        }

        @Test func whoSendsNothingIsClosedWithoutAWord() throws {
            var settings = ServerSettings()
            settings.headerTimeout = 300
            settings.keepAlive = 300
            try Stage.run(settings) { stage in
                try stage.openInstance()
                #expect(try stage.connect().end() == .closed(after: ""))
            }
        }

        @Test func aBodyThatStopsTimesOut() throws {
            var settings = ServerSettings()
            settings.bodyTimeout = 400
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
                let request = try worker.nextRequest()
                #expect(try client.nextAnswer().status == 408)
                #expect(try client.end() == .closed(after: ""))
                #expect(try closed(request, worker) == .clientStalled)
            }
        }

        @Test func aWorkerThatDoesNotAnswerTimesOut() throws {
            var settings = ServerSettings()
            settings.responseTimeout = 400
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let clock = Stopwatch()
                let request = try worker.nextRequest()
                #expect(try client.nextAnswer().status == 504)
                #expect(clock.milliseconds >= 350)
                #expect(clock.milliseconds < 4000)
                #expect(try worker.expect(.close, request.session).header.code == 2)
                #expect(try stage.settled.failed(worker) == 1)
                // It answers at last: too late, and no mistake.
                stage.forgetNotes()
                worker.respond(request, 200, [], "late")
                #expect(try stage.exchange().text == "hi")
                #expect(Wait.until { stage.figures.sessions(worker) == 0 })
            }
        }

        @Test func theTimeOfTheBodyIsNotTheWorkers() throws {
            var settings = ServerSettings()
            settings.responseTimeout = 600
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n")
                let request = try worker.nextRequest()
                for _ in 0..<12 {
                    #expect(!client.hasSomething(milliseconds: 100))
                    client.send("x")
                }
                #expect(try worker.body(of: request).bytes.count == 12)
                worker.respond(request, 200, [], "hi")
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func aClientThatTakesNothingIsCut() throws {
            var settings = ServerSettings()
            settings.sendTimeout = 500
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect(receiveBytes: 4096)
                client.send(get())
                let request = try worker.nextRequest()
                let window = FrameLimits.windowBytes
                worker.respond(request, 200, ["Content-Length: 100000000"], isEnd: false)
                let piece = [UInt8](repeating: 0x61, count: 32_768)
                var credit = window
                let deadline = Deadline.patient
                var end: StageFrame?
                while end == nil, !deadline.hasPassed {
                    while credit >= piece.count {
                        worker.data(request.session, piece)
                        credit -= piece.count
                    }
                    guard let frame = try worker.frame(Deadline(milliseconds: 100)) else {
                        continue
                    }
                    if frame.kind == .credit {
                        let more = frame.payload.withUnsafeBytes {
                            UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))
                        }
                        credit += Int(more)
                    } else if frame.kind == .close {
                        end = frame
                    }
                }
                #expect(end?.header.code == CloseReason.clientStalled.rawValue)
                worker.send(.close, request.session)
                #expect(client.swallow(100_000_000) < 100_000_000)
            }
        }

        @Test func withoutInstancesNobodyWaitsInVain() throws {
            try Stage.run(isExpected: false) { stage in
                let client = try stage.connect()
                client.send(get())
                let clock = Stopwatch()
                let answer = try client.nextAnswer()
                #expect(answer.status == 503)
                #expect(answer["retry-after"].count == 1)
                #expect(clock.milliseconds < 2000)
            }
        }

        @Test func theQueueIsServedInOrderAndBounded() throws {
            var settings = ServerSettings()
            settings.queueLimit = 3
            try Stage.run(settings) { stage in
                var clients: [Client] = []
                for number in 0..<3 {
                    let client = try stage.connect()
                    client.send(get("/\(number)"))
                    #expect(Wait.until { stage.figures.waiting() == UInt32(number + 1) })
                    clients.append(client)
                }
                let surplus = try stage.connect()
                surplus.send(get("/surplus"))
                let refusal = try surplus.nextAnswer()
                #expect(refusal.status == 503)
                #expect(refusal["retry-after"].count == 1)
                let worker = try stage.openInstance()
                for number in 0..<3 {
                    let request = try worker.nextRequest()
                    #expect(request.target == "/\(number)")
                    worker.respond(request, 200, [], "served")
                }
                for client in clients { #expect(try client.nextAnswer().text == "served") }
                #expect(try stage.settled.waiting() == 0)
            }
        }

        @Test func aBodyWaitsWithItsRequest() throws {
            try Stage.run { stage in
                let client = try stage.connect()
                let body = String(repeating: "q", count: 300_000)
                let sender = try Background { client.send(post(body)) }
                #expect(Wait.until { stage.figures.waiting() == 1 })
                let worker = try stage.openInstance()
                let request = try worker.nextRequest()
                #expect(try worker.body(of: request).bytes.text == body)
                sender.join()
                worker.respond(request)
                #expect(try client.nextAnswer().status == 200)
            }
        }

        @Test func waitingHasAnEnd() throws {
            var settings = ServerSettings()
            settings.queueTimeout = 400
            try Stage.run(settings) { stage in
                let client = try stage.connect()
                client.send(get())
                let clock = Stopwatch()
                let answer = try client.nextAnswer()
                #expect(answer.status == 503)
                #expect(answer["retry-after"].count == 1)
                #expect(clock.milliseconds >= 350)
                #expect(clock.milliseconds < 4000)
                #expect(try stage.settled.waiting() == 0)
            }
        }

        @Test func whoLeavesTheQueueIsForgotten() throws {
            try Stage.run { stage in
                let client = try stage.connect()
                client.send(get("/left"))
                #expect(Wait.until { stage.figures.waiting() == 1 })
                client.reset()
                #expect(Wait.until { stage.figures.waiting() == 0 })
                let worker = try stage.openInstance()
                try worker.expectSilence(milliseconds: 50)
            }
        }

        @Test func whenNobodyIsExpectedAnyMoreTheQueueIsDismissed() throws {
            try Stage.run { stage in
                let client = try stage.connect()
                client.send(get())
                #expect(Wait.until { stage.figures.waiting() == 1 })
                stage.openWorker(isExpected: false)
                #expect(try client.nextAnswer().status == 503)
            }
        }

        @Test(arguments: ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
        func anEarlyAnswerReachesAClientThatStillSends(_ framing: String) throws {
            var settings = ServerSettings()
            settings.maxBody = 100_000
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let discarding = try EchoInstance(greeting: worker)
                let client = try stage.connect()
                client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
                let chunk = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
                for _ in 0..<200 where !client.hasSomething(milliseconds: 0) {
                    _ = client.send(Array(chunk.utf8), Deadline(milliseconds: 100))
                }
                // What was under way when the answer came; it must not destroy it.
                _ = client.send(Array(chunk.utf8), Deadline(milliseconds: 100))
                usleep(50_000)
                #expect(try client.nextAnswer().status == 413)
                discarding.stop()
            }
        }

        /// What the proxy closed a session for; the worker agrees.
        private func closed(_ request: StageRequest, _ worker: Instance) throws -> CloseReason? {
            while true {
                let deadline = Deadline.patient
                guard let frame = try worker.frame(deadline) else {
                    throw StageError("the session was not closed")
                }
                guard frame.kind == .close, frame.session == request.session else { continue }
                worker.send(.close, request.session)
                return CloseReason(rawValue: frame.header.code)
            }
        }
    }
}
