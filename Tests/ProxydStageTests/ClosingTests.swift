// Instances that are drained, servers that close, and settings that change while all goes on.

import Frames
import Glibc
import Messages
import Settings
import Testing

extension ProxydStage {
    @Suite struct ClosingTests {
        @Test func aDrainedInstanceEndsWhatItHasAndGetsNothingNew() throws {
            try Stage.run { stage in
                let old = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/old"))
                let request = try old.nextRequest()
                let next = try stage.openInstance()
                stage.drain(old)
                _ = try old.expect(.drain)
                for _ in 0..<4 {
                    let other = try stage.connect()
                    other.send(get("/new"))
                    next.respond(try next.nextRequest(), 200, [], "new")
                    #expect(try other.nextAnswer().text == "new")
                }
                #expect(try !stage.hasCome(.instanceDrained(old.place)))
                old.respond(request, 200, [], "to its end")
                #expect(try client.nextAnswer().text == "to its end")
                try stage.expect(.instanceDrained(old.place))
                try old.expectSilence(milliseconds: 30)
            }
        }

        @Test func anIdleInstanceIsDrainedAtOnce() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                stage.drain(worker)
                try stage.expect(.instanceDrained(worker.place))
            }
        }

        @Test func whileTheLastIsDrainedRequestsWaitForTheNext() throws {
            try Stage.run { stage in
                let old = try stage.openInstance()
                stage.drain(old)
                try stage.expect(.instanceDrained(old.place))
                let client = try stage.connect()
                client.send(get("/waits"))
                #expect(Wait.until { stage.figures.waiting() == 1 })
                try stage.closeInstance(old)
                let next = try stage.openInstance()
                next.respond(try next.nextRequest(), 200, [], "served")
                #expect(try client.nextAnswer().text == "served")
            }
        }

        @Test func aServerThatClosesLetsAnswersOut() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let idle = try stage.connect()
                idle.send(get())
                worker.respond(try worker.nextRequest(), 200, [], "hi")
                _ = try idle.nextAnswer()
                let busy = try stage.connect()
                busy.send(get("/busy"))
                let request = try worker.nextRequest()
                let port = stage.port()
                stage.closeServer()
                #expect(try idle.end() == .closed(after: ""))
                worker.respond(request, 200, [], "to its end")
                let answer = try busy.nextAnswer()
                #expect(answer.text == "to its end")
                #expect(answer["connection"] == ["close"])
                #expect(try busy.end() == .closed(after: ""))
                try stage.ping()
                // Nobody listens any more.
                #expect(throws: StageError.self) { try Client(to: "127.0.0.1", port: port) }
            }
        }

        @Test func twoServersOfOneWorkerAreApart() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                try stage.openServer(1)
                let first = try stage.connect(0)
                let second = try stage.connect(1)
                for client in [first, second] {
                    client.send(get())
                    worker.respond(try worker.nextRequest(), 200, [], "hi")
                    #expect(try client.nextAnswer().text == "hi")
                }
                stage.closeServer(0)
                #expect(try first.end() == .closed(after: ""))
                second.send(get())
                worker.respond(try worker.nextRequest(), 200, [], "hi")
                #expect(try second.nextAnswer().text == "hi")
            }
        }

        @Test func workersAreApart() throws {
            try Stage.run { stage in
                stage.openWorker(worker: 5)
                try stage.openServer(5, worker: 5)
                let mine = try stage.openInstance()
                let theirs = try stage.openInstance(worker: 5)
                let client = try stage.connect(5)
                client.send(get("/theirs"))
                theirs.respond(try theirs.nextRequest(), 200, [], "theirs")
                #expect(try client.nextAnswer().text == "theirs")
                try mine.expectSilence(milliseconds: 30)
                #expect(try stage.settled.requests(worker: 5) == 1)
                #expect(try stage.settled.requests(worker: 0) == 0)
                try stage.closeInstance(theirs)
                stage.closeServer(5)
                stage.closeWorker(5)
                try stage.ping()
                #expect(try stage.exchange().status == 200)
            }
        }

        @Test func newSettingsHoldForOpenConnections() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(post("twelve bytes"))
                let request = try worker.nextRequest()
                _ = try worker.body(of: request)
                worker.respond(request, 200, [], "hi")
                _ = try client.nextAnswer()
                var settings = ServerSettings()
                settings.maxBody = 10
                stage.openWorker(settings)
                try stage.ping()
                client.send(post("twelve bytes"))
                #expect(try client.nextAnswer().status == 413)
            }
        }

        @Test func placesAreGivenOutAgain() throws {
            try Stage.run { stage in
                for round in 0..<300 {
                    let worker = try stage.openInstance()
                    let client = try stage.connect()
                    client.send(get("/\(round)"))
                    worker.respond(try worker.nextRequest(), 200, [], "\(round)")
                    #expect(try client.nextAnswer().text == "\(round)")
                    try stage.closeInstance(worker)
                }
                #expect(try stage.settled.requests() == 300)
            }
        }
    }
}
