// Requests that another instance gets: because one passes them on, or dies before it had them.

import Frames
import Settings
import Testing

extension ProxydStage {
    @Suite struct PassTests {
        @Test func aPassedRequestComesToTheNextInstance() throws {
            try Stage.run { stage in
                try stage.openInstance()
                try stage.openInstance()
                let client = try stage.connect()
                client.send(post("the body", "X-A: b"))
                let (first, request) = try stage.nextRequest()
                #expect(!request.isRestored)
                first.send(.save, request.session, "replaced")
                first.send(.save, request.session, "kept")
                first.send(.pass, request.session)
                let (second, passed) = try stage.nextRequest()
                #expect(second !== first)
                #expect(passed.isRestored)
                #expect(passed["x-a"] == ["b"])
                let save = try second.expect(.save, passed.session)
                #expect(save.payload.text == "kept")
                #expect(try second.body(of: passed).bytes.text == "the body")
                second.respond(passed, 200, [], "by the second")
                #expect(try client.nextAnswer().text == "by the second")
            }
        }

        @Test func withoutSaveNothingIsRestored() throws {
            try Stage.run { stage in
                try stage.openInstance()
                try stage.openInstance()
                let client = try stage.connect()
                client.send(get())
                let (first, request) = try stage.nextRequest()
                first.send(.pass, request.session)
                let (second, passed) = try stage.nextRequest()
                second.respond(passed, 200, [], "hi")
                #expect(try client.nextAnswer().text == "hi")
                try second.expectSilence(milliseconds: 30)
            }
        }

        @Test func whenAllPassTheClientIsTold() throws {
            try Stage.run { stage in
                for _ in 0..<3 { try stage.openInstance() }
                let client = try stage.connect()
                client.send(get())
                var asked: Set<UInt16> = []
                for _ in 0..<3 {
                    let (instance, request) = try stage.nextRequest()
                    asked.insert(instance.place)
                    instance.send(.pass, request.session)
                }
                #expect(asked.count == 3)
                #expect([502, 503].contains(try client.nextAnswer().status))
                try stage.expectNote("w0")
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test func whatADeadInstanceNeverReadIsAnothersToAnswer() throws {
            try Stage.run { stage in
                let dying = try stage.openInstance()
                let living = try stage.openInstance()
                // Its pipe is full of one upload, so that nothing more is written to it.
                let upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n"
                let (uploader, _) = try stage.place(on: dying, upload)
                _ = uploader.send(
                    [UInt8](repeating: 0x61, count: 1_000_000), Deadline(milliseconds: 300))
                let clients = try (0..<6).map { _ in try stage.connect() }
                for client in clients { client.send(get("/unread")) }
                #expect(Wait.until { stage.figures.sessions(dying) > 1 })
                try stage.ping()
                let unread = stage.figures.sessions(dying) - 1
                #expect(unread > 0)
                try stage.closeInstance(dying)
                for _ in clients { living.respond(try living.nextRequest(), 200, [], "served") }
                for client in clients { #expect(try client.nextAnswer().text == "served") }
                #expect(try uploader.nextAnswer().status == 502)
            }
        }

        @Test func requestsGoRound() throws {
            try Stage.run { stage in
                let workers = try (0..<3).map { _ in try stage.openInstance() }
                for _ in 0..<30 { #expect(try stage.exchange().status == 200) }
                for worker in workers { #expect(try stage.settled.served(worker) == 10) }
            }
        }
    }
}
