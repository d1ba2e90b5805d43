// Workers that die: before their answer, in the middle of it, in the middle of a frame, by halves.

import Frames
import Glibc
import Messages
import Testing

extension ProxydStage {
    @Suite struct DyingWorkerTests {
        enum Death: CaseIterable { case process, standardOutput }

        @Test(arguments: Death.allCases)
        func deathBeforeTheHeadIsA502(_ death: Death) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let elsewhere = try Bystander(on: stage, good)
                let (client, _) = try stage.place(on: bad, get("/victim"))
                switch death {
                case .process: try stage.closeInstance(bad)
                case .standardOutput: bad.closeOutput()
                }
                #expect(try client.nextAnswer().status == 502)
                try elsewhere.expectAnswer()
                try expectService(of: good, stage)
                if death == .standardOutput {
                    try stage.expect(.instanceFailed(bad.place, .closedPipe))
                }
            }
        }

        /// The instances that are left serve on.
        private func expectService(of instance: Instance, _ stage: Stage) throws {
            for _ in 0..<4 {
                let next = try stage.connect()
                next.send(get())
                instance.respond(try instance.nextRequest(), 200, [], "hi")
                #expect(try next.nextAnswer().text == "hi")
            }
        }

        /// What it has read it may still answer.
        @Test func aWorkerThatClosesItsInputGetsNothingMore() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let (client, request) = try stage.place(on: bad, get("/read"))
                bad.closeInput()
                try expectService(of: good, stage)
                bad.respond(request, 200, [], "still")
                #expect(try client.nextAnswer().text == "still")
                try stage.expect(.instanceFailed(bad.place, .closedPipe))
            }
        }

        /// Without anything to write.
        @Test(arguments: [false, true])
        func aClosedInputIsSeenByItself(_ greets: Bool) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance(greets: greets)
                if !greets { _ = try bad.expect(.hello) }
                bad.closeInput()
                try stage.expect(.instanceFailed(bad.place, .closedPipe), within: 1000)
            }
        }

        @Test func oneOfFourDiesAgainAndAgainUnderLoad() throws {
            try Stage.run { stage in
                var echoes: [(instance: Instance, echo: EchoInstance)] = []
                for _ in 0..<4 {
                    let instance = try stage.openInstance()
                    echoes.append((instance, try EchoInstance(greeting: instance)))
                }
                let clients = try (0..<16).map { _ in try stage.connect() }
                var failed = 0
                for round in 0..<50 {
                    for client in clients { client.send(get("/\(round)")) }
                    // It answers no more, and some of the requests are its.
                    let (dying, echo) = echoes.removeFirst()
                    echo.stop()
                    try stage.closeInstance(dying)
                    for client in clients {
                        let answer = try client.nextAnswer()
                        #expect([200, 502].contains(answer.status))
                        if answer.status == 502 { failed += 1 }
                    }
                    let next = try stage.openInstance()
                    echoes.append((next, try EchoInstance(greeting: next)))
                }
                #expect(failed <= 50 * 6, "more than were in flight on one of four")
                for (_, echo) in echoes { echo.stop() }
            }
        }

        @Test(arguments: [[], ["Content-Length: 10"]])
        func deathBehindTheHeadCutsTheConnection(_ fields: [String]) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try bad.nextRequest()
                bad.respond(request, 200, fields, "half", isEnd: false)
                _ = try client.read(until: "half")
                try stage.closeInstance(bad)
                try client.expectCut()
            }
        }

        /// Where the end of the connection is the end of the body, only an RST can say that there
        /// should be more.
        @Test func deathInAStreamOfVersionOneZeroIsNoCleanEnd() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let client = try stage.connect()
                client.send("GET / HTTP/1.0\r\n\r\n")
                let request = try bad.nextRequest()
                bad.respond(request, 200, [], "half", isEnd: false)
                _ = try client.read(until: "half")
                try stage.closeInstance(bad)
                #expect(try client.end() == .reset)
            }
        }

        @Test(arguments: [1, 4, 10, 16, 20, 40])
        func deathInTheMiddleOfAFrameBringsNothingOfIt(_ count: Int) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try bad.nextRequest()
                let frame = bad.frame(
                    FrameHeader(.response, session: request.session, code: 200, flags: .end),
                    head: Array("X-A: b\n".utf8), payload: Array("a whole answer".utf8))
                bad.write(Array(frame[..<min(count, frame.count - 1)]))
                try stage.closeInstance(bad)
                #expect(try client.nextAnswer().status == 502)
                #expect(Pipe.drain(bad.text).count < 4, "a cut frame is no text")
            }
        }

        @Test func whatItSaidBeforeItsDeathCounts() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let request = try bad.nextRequest()
                bad.write("last words\n")
                bad.respond(request, 200, [], "done")
                try stage.closeInstance(bad)
                #expect(try client.nextAnswer().text == "done")
                #expect(Pipe.drain(bad.text).text == "last words\n")
            }
        }

        /// Nobody takes its text any more: that holds its end up for a while, once.
        @Test func textThatNobodyTakesIsLostInTheEnd() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance(textPipeBytes: 4096)
                let text = [UInt8](repeating: 0x74, count: 400_000)
                #expect(bad.write(text, Deadline(milliseconds: 300)) < text.count)
                let clock = Stopwatch()
                try stage.closeInstance(bad)
                #expect(clock.milliseconds < 8000)
                try stage.expectNote("w0", "lost")
            }
        }

        /// One of another version, or one that names nobody.
        @Test(arguments: [(2, "connector: x\n"), (1, "nothing\n"), (1, "other: x\n")])
        func aBadHelloMakesNoInstanceReady(_ version: UInt16, _ head: String) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance(greets: false)
                bad.write(bad.frame(FrameHeader(.hello, code: version), head: Array(head.utf8)))
                let client = try stage.connect()
                client.send(get())
                #expect(Wait.until { stage.figures.waiting() == 1 })
                #expect(try !stage.hasCome(.instanceReady(bad.place)))
                try stage.expect(.instanceFailed(bad.place, .badHello))
                let good = try stage.openInstance()
                good.respond(try good.nextRequest(), 200, [], "hi")
                #expect(try client.nextAnswer().text == "hi")
            }
        }
    }
}
