// apm-proxyd killed at any moment, and the next one on the same figures, listeners and pipes.

import Frames
import Glibc
import Messages
import Settings
import Testing

extension ProxydStage {
    @Suite struct SuccessorTests {
        @Test func wholeInstancesForgetAndServeOn() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                #expect(try stage.settled.greetings(worker) == 3)
                let client = try stage.connect()
                client.send(get("/lost"))
                let lost = try worker.nextRequest()
                try stage.ping()
                stage.kill()
                _ = try client.end()
                // Its connection waits in the backlog, which nobody closes.
                let early = try stage.connect()
                early.send(get("/early"))
                try stage.start()
                let clock = Stopwatch()
                let first = try #require(try worker.frame(.patient))
                #expect(first.kind == .forget)
                let request = try worker.nextRequest()
                #expect(request.target == "/early")
                #expect(request.session != lost.session)
                worker.respond(request, 200, [], "served")
                #expect(try early.nextAnswer().text == "served")
                #expect(clock.milliseconds < 1000)
            }
        }

        @Test func whatWasUnderWayIsNoNewSessions() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/lost"))
                let lost = try worker.nextRequest()
                try stage.ping()
                stage.kill()
                // Written before it can know.
                worker.respond(lost, 200, [], "for somebody else")
                try stage.start()
                for _ in 0..<4 {
                    let next = try stage.connect()
                    next.send(get("/new"))
                    let frame = try worker.expect(.request, passingOver: .forget)
                    worker.respond(frame.session, 200, [], "right")
                    #expect(try next.nextAnswer().text == "right")
                }
            }
        }

        @Test func anInstanceWhoseInputWasCutIsStartedAgain() throws {
            try Stage.run { stage in
                let cut = try stage.openInstance()
                let client = try stage.connect()
                // More than its pipe takes at once: the last frame stays half written.
                client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
                let upload = try cut.nextRequest()
                let whole = try stage.openInstance()
                for _ in 0..<16 { cut.credit(upload.session, 1 << 18) }
                let sender = try Background {
                    _ = client.send(
                        [UInt8](repeating: 0x61, count: 5_000_000), Deadline(milliseconds: 400))
                }
                sender.join()
                let offset = FiguresLayout.outgoingOffset
                #expect(Wait.until { stage.figures.piece(cut, offset) != 0 })
                stage.kill()
                try stage.start()
                try stage.expect(.instanceFailed(cut.place, .cutFrame))
                #expect(try whole.frame(.patient)?.kind == .forget)
                let next = try stage.connect()
                next.send(get())
                whole.respond(try whole.nextRequest(), 200, [], "hi")
                #expect(try next.nextAnswer().text == "hi")
            }
        }

        @Test func anInstanceWhoseOutputWasCutIsStartedAgain() throws {
            try Stage.run { stage in
                let cut = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try cut.nextRequest()
                let frame = cut.frame(
                    FrameHeader(.response, session: request.session, code: 200, flags: .end),
                    payload: Array("a whole answer".utf8))
                cut.write(Array(frame[..<20]))
                let offset = FiguresLayout.incomingOffset
                #expect(Wait.until { stage.figures.piece(cut, offset) == 2 })
                stage.kill()
                try stage.start()
                try stage.expect(.instanceFailed(cut.place, .cutFrame))
            }
        }

        @Test(arguments: [FiguresLayout.outgoingOffset, FiguresLayout.incomingOffset])
        func aPipeThatWasBeingTouchedIsNotTrusted(_ offset: Int) throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                stage.kill()
                stage.figures.set(worker, offset, FiguresLayout.Piece.touched)
                try stage.start()
                try stage.expect(.instanceFailed(worker.place, .cutFrame))
            }
        }

        /// One that was killed before the instance had greeted.
        @Test func aGreetingMayComeToTheSuccessor() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance(greets: false)
                _ = try worker.expect(.hello)
                try stage.ping()
                stage.kill()
                try stage.start()
                worker.write(
                    worker.frame(
                        FrameHeader(.hello, code: 1), head: Array("connector: late\n".utf8)))
                try stage.expect(.instanceReady(worker.place))
                let client = try stage.connect()
                client.send(get())
                let frame = try worker.expect(.request, passingOver: .forget)
                worker.respond(frame.session, 200, [], "hi")
                #expect(try client.nextAnswer().text == "hi")
            }
        }

        @Test func killedAgainAndAgainUnderLoad() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let echo = try EchoInstance(greeting: worker)
                for _ in 0..<20 {
                    let clients = try (0..<16).map { _ in try stage.connect() }
                    for client in clients { client.send(get() + get() + get()) }
                    usleep(useconds_t.random(in: 0...3000))
                    stage.kill()
                    try stage.start()
                    try stage.ping()
                    // Cut or whole, the proxy decides; whole ones serve at once.
                    if try stage.hasCome(.instanceFailed(worker.place, .cutFrame)) { break }
                    let client = try stage.connect()
                    client.send(get())
                    #expect(try client.nextAnswer().text == "hi")
                }
                echo.stop()
            }
        }
    }
}
