// Thousands of streams that were never written by hand: the process lives, and forgets them all.

import Frames
import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct NoiseTests {
        /// A numbered sequence of choices: a failure names its seed, and comes again with it.
        struct Dice: RandomNumberGenerator {
            private var state: UInt64
            init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }
            mutating func next() -> UInt64 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return state
            }

            /// Changes a few bytes: flips, cuts, doubles, puts others in.
            mutating func spoil(_ bytes: [UInt8]) -> [UInt8] {
                var spoilt = bytes
                for _ in 0..<Int.random(in: 0...4, using: &self) where !spoilt.isEmpty {
                    let place = Int.random(in: 0..<spoilt.count, using: &self)
                    switch UInt8.random(in: 0...5, using: &self) {
                    case 0: spoilt[place] ^= 1 << UInt8.random(in: 0...7, using: &self)
                    case 1:
                        spoilt[place] =
                            [0, 9, 10, 13, 32, 58, 255].randomElement(using: &self) ?? 0
                    case 2: spoilt.removeSubrange(place...)
                    case 3: spoilt.remove(at: place)
                    case 4: spoilt.insert(contentsOf: spoilt[place...].prefix(40), at: place)
                    default: spoilt[place] = UInt8.random(in: 0...255, using: &self)
                    }
                }
                return spoilt
            }
        }

        private static let requests = [
            get("/a?b", "X-A: b", "Accept: */*"), post("a body"), get("/", "Connection: close"),
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            "HEAD http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
            get("/", "X-Forwarded-For: 1.2.3.4, ::1"),
        ]

        @Test func clientsThatSendAnything() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let echo = try EchoInstance(greeting: worker)
                for batch in 0..<40 {
                    let clients = try (0..<50).map { number in
                        var dice = Dice(seed: UInt64(batch * 50 + number))
                        let client = try stage.connect()
                        for _ in 0..<Int.random(in: 1...3, using: &dice) {
                            let text = Self.requests.randomElement(using: &dice) ?? ""
                            _ = client.send(dice.spoil(Array(text.utf8)), .patient)
                        }
                        if Bool.random(using: &dice) { client.halfClose() } else { client.reset() }
                        return client
                    }
                    for (number, client) in clients.enumerated() where client.descriptor >= 0 {
                        do { _ = try client.end() } catch {
                            Issue.record("seed \(batch * 50 + number): \(error)")
                        }
                    }
                    try #require(stage.isAlive, "died in batch \(batch)")
                }
                #expect(Wait.until { stage.figures.open() == 0 })
                #expect(Wait.until { stage.figures.sessions(worker) == 0 })
                #expect(try stage.settled.accepted() == 2000)
                // Neither side of the parser was left out.
                #expect(stage.figures.served(worker) > 200)
                #expect(stage.figures.refused() > 200)
                echo.stop()
                #expect(try stage.exchange().text == "hi")
            }
        }

        @Test func workersThatSendAnything() throws {
            try Stage.run { stage in
                for seed in 0..<2000 {
                    var dice = Dice(seed: UInt64(seed))
                    let worker = try stage.openInstance()
                    let clients = [try stage.connect(), try stage.connect()]
                    for client in clients { client.send(get()) }
                    let sessions = try clients.map { _ in try worker.nextRequest().session }
                    for _ in 0..<Int.random(in: 1...4, using: &dice) {
                        worker.write(Self.stream(worker, sessions, &dice))
                    }
                    try stage.closeInstance(worker)
                    for client in clients {
                        client.halfClose()
                        do { _ = try client.end() } catch {
                            Issue.record("seed \(seed): \(error)")
                        }
                    }
                    #expect(try stage.settled.sessions(worker) == 0, "seed \(seed)")
                    try #require(stage.isAlive, "died of seed \(seed)")
                }
                #expect(Wait.until { stage.figures.open() == 0 })
            }
        }

        /// A few frames that could be an answer, spoilt or not.
        private static func stream(
            _ worker: Instance, _ sessions: [SessionID], _ dice: inout Dice
        ) -> [UInt8] {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &dice) {
                let session = sessions.randomElement(using: &dice) ?? .none
                let flags: FrameFlags = Bool.random(using: &dice) ? .end : []
                switch UInt8.random(in: 0...7, using: &dice) {
                case 0, 1, 2:
                    let head = ["", "X-A: b\n", "Content-Length: 4\n"].randomElement(using: &dice)
                    bytes += worker.frame(
                        FrameHeader(.response, session: session, code: 200, flags: flags),
                        head: Array((head ?? "").utf8), payload: Array("body".utf8))
                case 3:
                    bytes += worker.frame(
                        FrameHeader(.data, session: session, flags: flags), payload: [1, 2, 3])
                case 4:
                    bytes += worker.frame(
                        FrameHeader(.credit, session: session), payload: [0, 1, 0, 0])
                case 5: bytes += worker.frame(FrameHeader(.close, session: session))
                case 6: bytes += worker.frame(FrameHeader(.log), payload: Array("text\n".utf8))
                default:
                    bytes += worker.frame(
                        FrameHeader(.save, session: session), payload: Array("kept".utf8))
                }
            }
            return dice.spoil(bytes)
        }
    }
}
