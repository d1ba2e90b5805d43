// Workers that break the rules. Whatever one does, only its own sessions suffer, the client never
// takes half an answer for a whole one, and the log says what was wrong.

import Frames
import Glibc
import Messages
import Settings
import Testing

extension ProxydStage {
    @Suite struct HostileWorkerTests {
        /// Something that a worker does to one of its sessions, and what its client sees.
        struct Misdeed: CustomTestStringConvertible, Sendable {
            let testDescription: String
            /// Before the head is out: 502. Afterwards: the connection is cut.
            let isAfterHead: Bool
            /// To close a session is its right.
            let isNoted: Bool
            let body: @Sendable (Instance, StageRequest) -> Void

            init(
                _ name: String, isAfterHead: Bool = false, isNoted: Bool = true,
                _ body: @escaping @Sendable (Instance, StageRequest) -> Void
            ) {
                testDescription = name
                self.isAfterHead = isAfterHead
                self.isNoted = isNoted
                self.body = body
            }

            static func badHead(_ name: String, _ fields: [String], _ body: String = "") -> Self {
                Misdeed(name) { $0.respond($1, 200, fields, body) }
            }
        }

        static let misdeeds: [Misdeed] = [
            Misdeed("data before the response") { $0.data($1.session, "early") },
            Misdeed("an informational response with a body") {
                $0.respond($1, 103, [], "body", isEnd: false)
            },
            Misdeed("an informational response as the end") { $0.respond($1, 103, []) },
            Misdeed("101, which is not for it to say") { $0.respond($1, 101, [], isEnd: false) },
            Misdeed("a status that is none") { $0.respond($1, 600, []) },
            Misdeed("a status that is none, and more to come") {
                $0.respond($1, 99, [], isEnd: false)
            },
            Misdeed("close instead of an answer", isNoted: false) { $0.send(.close, $1.session) },
            Misdeed("no credit at all") { $0.credit($1.session, 0) },
            Misdeed("more credit than there is") { $0.credit($1.session, .max) },
            .badHead("a CR in a value", ["X-A: b\rX-Evil: c"]),
            .badHead("a NUL in a value", ["X-A: b\u{0}"]),
            .badHead("another control character", ["X-A: b\u{7F}"]),
            .badHead("an empty line", ["X-A: b", "", "HTTP/1.1 200 OK"]),
            .badHead("a line without a colon", ["X-A"]),
            .badHead("a blank in a name", ["X A: b"]),
            .badHead("a blank before the colon", ["X-A : b"]),
            .badHead("a folded line", ["X-A: b", " c: d"]),
            .badHead("two lengths", ["Content-Length: 1", "Content-Length: 1"], "a"),
            .badHead("two other lengths", ["Content-Length: 1", "content-length: 2"], "a"),
            .badHead("a length that is none", ["Content-Length: 1x"], "a"),
            .badHead("a length with a sign", ["Content-Length: +1"], "a"),
            .badHead("a body longer than its length", ["Content-Length: 1"], "ab"),
            .badHead("a body shorter than its length", ["Content-Length: 3"], "ab"),
            .badHead("more fields than there may be", (0..<600).map { "X-\($0): a" }),
            Misdeed("a second response", isAfterHead: true) {
                $0.respond($1, 200, [], "one", isEnd: false)
                $0.respond($1, 200, [], "two")
            },
            Misdeed("a body that grows beyond its length", isAfterHead: true) {
                $0.respond($1, 200, ["Content-Length: 4"], "one", isEnd: false)
                $0.data($1.session, "two", isEnd: true)
            },
            Misdeed("a body that ends before its length", isAfterHead: true) {
                $0.respond($1, 200, ["Content-Length: 7"], "one", isEnd: false)
                $0.data($1.session, "two", isEnd: true)
            },
            Misdeed("a trailer with a CR", isAfterHead: true) {
                $0.respond($1, 200, [], "one", isEnd: false)
                $0.data($1.session, "", isEnd: true, trailer: "X-A: b\rc\n")
            },
            Misdeed("close in the middle of the answer", isAfterHead: true, isNoted: false) {
                $0.respond($1, 200, [], "one", isEnd: false)
                $0.send(.close, $1.session)
            },
            Misdeed("pass behind the head", isAfterHead: true) {
                $0.respond($1, 200, [], "one", isEnd: false)
                $0.send(.pass, $1.session)
            },
        ]

        @Test(arguments: misdeeds)
        func aSpoiltSessionSpoilsNothingElse(_ misdeed: Misdeed) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let beside = try Bystander(on: stage, bad)
                let elsewhere = try Bystander(on: stage, good)
                let (client, request) = try stage.place(on: bad, get("/victim"))
                misdeed.body(bad, request)
                if misdeed.isAfterHead {
                    try client.expectCut()
                } else {
                    #expect(try client.nextAnswer().status == 502)
                    // The stream of this client is sound: it can be used again.
                }
                try beside.expectAnswer()
                try elsewhere.expectAnswer()
                if misdeed.isNoted { try stage.expectNote("w0") }
                #expect(try stage.settled.failed(bad) == 1)
                #expect(try stage.settled.failed(good) == 0)
            }
        }

        static let refusedEnds = [
            FrameHeader(.response, code: 600, flags: .end),
            FrameHeader(.response, code: 100, flags: .end),
            FrameHeader(.response, code: 200, flags: [.end, .restored]),
            FrameHeader(.data, flags: .end), FrameHeader(.close, code: 3),
            FrameHeader(.pass, flags: .end),
        ]

        /// The worker takes its session for ended and will say no more of it: none is left.
        @Test(arguments: refusedEnds)
        func aRefusedEndIsAnEnd(_ header: FrameHeader) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let (client, request) = try stage.place(on: bad, get("/victim"))
                var header = header
                header.session = request.session
                bad.write(bad.frame(header))
                #expect(try client.nextAnswer().status == 502)
                try stage.expectNote("w0", "refused")
                #expect(Wait.until { stage.figures.sessions(bad) == 0 })
            }
        }

        @Test func aFlowBeyondItsCreditIsCut() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let elsewhere = try Bystander(on: stage, good)
                let (client, request) = try stage.place(on: bad, get("/victim"))
                bad.respond(request, 200, [], isEnd: false)
                let piece = [UInt8](repeating: 0x61, count: 65_000)
                // Far more than the window, and than what sockets hold.
                for _ in 0..<200 { bad.data(request.session, piece) }
                try elsewhere.expectAnswer()
                try client.expectCut()
                try stage.expectNote("w0")
            }
        }

        /// What is no frame for one of its sessions, and does it no harm.
        struct Noise: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let isNoted: Bool
            let bytes: @Sendable (Instance, _ foreign: SessionID, _ past: SessionID) -> [UInt8]

            init(
                _ name: String, isNoted: Bool = true,
                _ bytes: @escaping @Sendable (Instance, SessionID, SessionID) -> [UInt8]
            ) {
                testDescription = name
                self.isNoted = isNoted
                self.bytes = bytes
            }
        }

        static let noises: [Noise] = [
            Noise("text", isNoted: false) { _, _, _ in Array("only text\n".utf8) },
            Noise("bytes of all kinds", isNoted: false) { instance, _, _ in
                (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                    .filter { $0 != instance.key.firstByte }
            },
            Noise("a frame with a wrong key", isNoted: false) { instance, foreign, _ in
                instance.frame(
                    FrameHeader(.response, session: foreign, code: 200, flags: .end),
                    payload: Array("forged".utf8), key: instance.key.rawValue ^ 0x100)
            },
            Noise("huge lengths with a wrong key", isNoted: false) { instance, _, _ in
                Array([0xFE, 1, 2, 3, 0x11, 0, 200, 0, 1, 0, 0, 0, 255, 255, 255, 255])
            },
            Noise("an unknown kind") { instance, _, _ in
                var frame = instance.frame(FrameHeader(.log), payload: [0x78])
                frame[4] = 0x7F
                return frame
            },
            Noise("a kind of the proxy") { instance, foreign, _ in
                instance.frame(FrameHeader(.request, session: foreign))
            },
            Noise("an undefined flag") { instance, foreign, _ in
                var frame = instance.frame(FrameHeader(.response, session: foreign, code: 200))
                frame[5] = 0x80
                return frame
            },
            Noise("a response without session") { instance, _, _ in
                instance.frame(FrameHeader(.response, code: 200, flags: .end))
            },
            Noise("a response to another instance's session") { instance, foreign, _ in
                instance.frame(
                    FrameHeader(.response, session: foreign, code: 200, flags: .end),
                    payload: Array("forged".utf8))
            },
            Noise("a close of another instance's session") { instance, foreign, _ in
                instance.frame(FrameHeader(.close, session: foreign))
            },
            Noise("data for sessions that never were") { instance, _, _ in
                (1..<200).flatMap { slot in
                    instance.frame(
                        FrameHeader(
                            .data, session: SessionID(slot: UInt32(slot) * 5000, generation: 9)),
                        payload: [0x78])
                }
            },
            Noise("an answer to a session that is over", isNoted: false) { instance, _, past in
                instance.frame(
                    FrameHeader(.response, session: past, code: 200, flags: .end),
                    payload: Array("again".utf8))
            },
            Noise("a second hello") { instance, _, _ in
                instance.frame(
                    FrameHeader(.hello, code: 1), head: Array("connector: again\n".utf8))
            },
        ]

        @Test(arguments: noises)
        func noiseHarmsNoSession(_ noise: Noise) throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let (pastClient, past) = try stage.place(on: bad, get("/past"))
                bad.respond(past, 200, [], "past")
                #expect(try pastClient.nextAnswer().text == "past")
                let beside = try Bystander(on: stage, bad)
                let (foreignClient, foreign) = try stage.place(on: good, get("/foreign"))
                stage.forgetNotes()
                bad.write(noise.bytes(bad, foreign.session, past.session))
                try beside.expectAnswer()
                good.respond(foreign, 200, [], "true")
                #expect(try foreignClient.nextAnswer().text == "true")
                if noise.isNoted { try stage.expectNote("w0") }
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test func aWorkerThatStopsReadingHoldsUpNobody() throws {
            var settings = ServerSettings()
            settings.responseTimeout = 1500
            try Stage.run(settings) { stage in
                let bad = try stage.openInstance()
                // More than its pipe holds, from many clients, none of it read.
                let clients = try (0..<40).map { _ in try stage.connect() }
                let body = String(repeating: "z", count: 60_000)
                for client in clients { client.send(post(body)) }
                #expect(Wait.until { stage.figures.requests() == 40 })
                let good = try EchoInstance(greeting: try stage.openInstance())
                let quick = try stage.connect()
                let clock = Stopwatch()
                // Every second one at least comes to the other instance.
                repeat { quick.send(get("/quick")) } while try quick.nextAnswer().status != 200
                #expect(clock.milliseconds < 4000)
                let statuses = try clients.map { try $0.nextAnswer().status }
                #expect(statuses.contains(504))
                #expect(statuses.allSatisfy { $0 == 504 || $0 == 200 })
                good.stop()
                _ = bad
            }
        }

        @Test func aFloodHoldsUpNobody() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let elsewhere = try Bystander(on: stage, good)
                let isOver = EchoInstance.Flag()
                let flood = try Background {
                    let text = [UInt8](repeating: 0x66, count: 1 << 20)
                    while !isOver.isSet { _ = bad.write(text, Deadline(milliseconds: 20)) }
                }
                let isClosed = EchoInstance.Flag()
                let swallowing = try Background {
                    while !isClosed.isSet {
                        if Wait.readable(bad.text, Deadline(milliseconds: 20)) {
                            _ = Pipe.drain(bad.text)
                        }
                    }
                }
                defer { isClosed.set() }
                let clock = Stopwatch()
                try elsewhere.expectAnswer()
                #expect(clock.milliseconds < 1000)
                isOver.set()
                flood.join()
                try stage.closeInstance(bad)
                isClosed.set()
                swallowing.join()
            }
        }

        @Test func aFloodOfForeignFramesIsNotedNowAndThen() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let beside = try Bystander(on: stage, bad)
                let (foreignClient, foreign) = try stage.place(on: good, get("/foreign"))
                let frame = bad.frame(
                    FrameHeader(.response, session: foreign.session, code: 200, flags: .end))
                let flood = Array((0..<4096).map { _ in frame }.joined())
                for _ in 0..<50 { bad.write(flood) }
                try beside.expectAnswer()
                good.respond(foreign, 200, [], "true")
                #expect(try foreignClient.nextAnswer().text == "true")
                try stage.expectNote("w0")
                #expect(stage.notes.count < 200)
            }
        }

        /// Heads that are no answer yet need no credit, and a client that does not read lets them
        /// pile up.
        @Test func interimAnswersWithoutEndSpoilTheirSessionAlone() throws {
            try Stage.run { stage in
                let bad = try stage.openInstance()
                let good = try stage.openInstance()
                let elsewhere = try Bystander(on: stage, good)
                let (client, request) = try stage.place(on: bad, get("/victim"))
                let hint = ["Link: </" + String(repeating: "a", count: 60_000) + ">"]
                let before = try stage.residentBytes()
                for _ in 0..<2000 { bad.respond(request, 103, hint, isEnd: false) }
                try elsewhere.expectAnswer()
                #expect(try stage.residentPeak() - before < 16 << 20)
                try stage.expectNote("w0")
                client.close()
            }
        }
    }
}
