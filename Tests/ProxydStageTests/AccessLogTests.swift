// The lines of the access log: one a request, none that a client can forge.

import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct AccessLogTests {
        private func lines(_ pipe: Int32, _ count: Int) throws -> [String] {
            let bytes = try Pipe.read(pipe) { bytes in
                bytes.count(where: { $0 == 0x0A }) >= count
            }
            return bytes.text.split(separator: "\n").map(String.init)
        }

        @Test func eachRequestIsALine() throws {
            var settings = ServerSettings()
            settings.traceHeader = "X-Trace"
            try Stage.run(settings) { stage in
                let log = try stage.openAccessLog()
                let worker = try stage.openInstance()
                let client = try stage.connect()
                client.send(get("/one?a=b", "X-Forwarded-For: 203.0.113.9"))
                let request = try worker.nextRequest()
                worker.respond(request, 201, [], "12345")
                _ = try client.nextAnswer()
                client.send("BAD\r\n\r\n")
                _ = try client.nextAnswer()
                let lines = try lines(log, 2)
                #expect(lines.count == 2)
                #expect(lines[0].contains("203.0.113.9"))
                #expect(lines[0].contains("GET /one?a=b"))
                #expect(lines[0].contains(" 201 "))
                #expect(lines[0].contains(try #require(request["x-trace"].first)))
                #expect(lines[1].contains(" 400 "))
                close(log)
            }
        }

        @Test func noClientForgesALine() throws {
            try Stage.run { stage in
                let log = try stage.openAccessLog()
                let worker = try stage.openInstance()
                let client = try stage.connect()
                let target: [UInt8] = Array("/a\"".utf8)
                client.send(
                    Array("GET ".utf8) + target + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                if let frame = try worker.frame(Deadline(milliseconds: 500)) {
                    worker.respond(frame.session)
                }
                _ = try client.nextAnswer()
                client.send(Array("GET /\u{1B}[2J\u{7}\n\nHTTP/1.1\r\n\r\n".utf8))
                _ = try? client.nextAnswer()
                let bytes = try Pipe.read(log) { $0.contains(0x0A) } + Pipe.drain(log)
                #expect(!bytes.contains { $0 != 0x0A && $0 < 0x20 || $0 == 0x7F })
                #expect(!bytes.text.contains("/a\" "), "a quote ends no field")
                close(log)
            }
        }

        @Test func linesThatNobodyTakesAreCountedAndHoldUpNobody() throws {
            try Stage.run { stage in
                let log = try stage.openAccessLog(pipeBytes: 4096)
                let worker = try stage.openInstance()
                let echo = try EchoInstance(greeting: worker)
                let client = try stage.connect()
                let target = "/" + String(repeating: "l", count: 4000)
                for _ in 0..<400 {
                    client.send(get(target))
                    #expect(try client.nextAnswer().text == "hi")
                }
                #expect(try stage.settled.droppedLines() > 0)
                _ = Pipe.drain(log)
                client.send(get("/next"))
                #expect(try client.nextAnswer().text == "hi")
                let told = try Pipe.read(log) { bytes in
                    bytes.text.contains("dropped")
                }
                #expect(!told.isEmpty)
                echo.stop()
                close(log)
            }
        }
    }
}
