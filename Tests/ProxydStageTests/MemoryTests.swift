// What crowds and giants cost: slow clients, long bodies, readers that stall, and those who just
// stay.

import Frames
import Glibc
import Settings
import Testing

extension ProxydStage {
    @Suite struct MemoryTests {
        private static let bound = 64 << 20

        /// What the proxy's memory grew by at most while `body` ran.
        private func growth(_ stage: Stage, _ body: () throws -> Void) throws -> Int {
            let before = try stage.residentBytes()
            try body()
            return try max(stage.residentPeak(), stage.residentBytes()) - before
        }

        @Test func tenThousandSlowClients() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                var clients: [Client] = []
                let grown = try growth(stage) {
                    for _ in 0..<10_000 {
                        let client = try stage.connect()
                        client.send("GET /slow HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                        clients.append(client)
                    }
                    for _ in 0..<3 { for client in clients { client.send("x") } }
                    #expect(Wait.until { stage.figures.open() == 10_000 })
                    try stage.ping()
                }
                #expect(grown < Self.bound, "\(grown >> 10) KiB")
                // Each of them is served all the same.
                for client in [clients[0], clients[5000], clients[9999]] {
                    client.send("\r\n\r\n")
                    let request = try worker.nextRequest()
                    #expect(request["x-slow"] == ["xxx"])
                    worker.respond(request, 200, [], "hi")
                    #expect(try client.nextAnswer().text == "hi")
                }
                clients = []
                #expect(Wait.until { stage.figures.open() == 0 })
            }
        }

        @Test func aGigabyteUp() throws {
            var settings = ServerSettings()
            settings.maxBody = 1 << 30
            try Stage.run(settings) { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                let total = 1 << 30
                let grown = try growth(stage) {
                    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
                    let sender = try Background {
                        let piece = [UInt8](repeating: 0x75, count: 1 << 20)
                        for _ in 0..<total >> 20 { client.send(piece) }
                    }
                    let request = try worker.nextRequest()
                    #expect(try worker.swallow(request) == total)
                    sender.join()
                    worker.respond(request, 200, [], "all of it")
                    #expect(try client.nextAnswer().text == "all of it")
                }
                #expect(grown < Self.bound, "\(grown >> 10) KiB")
            }
        }

        @Test func aGigabyteDown() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let client = try stage.connect()
                let total = 1 << 30
                let grown = try growth(stage) {
                    client.send(get())
                    let request = try worker.nextRequest()
                    worker.respond(request, 200, ["Content-Length: \(total)"], isEnd: false)
                    _ = try client.read(until: "\r\n\r\n")
                    let sender = try Background {
                        do { try worker.pour(total, into: request) } catch {
                            Issue.record("\(error)")
                        }
                    }
                    #expect(client.swallow(total, Deadline(milliseconds: 60_000)) == total)
                    sender.join()
                }
                #expect(grown < Self.bound, "\(grown >> 10) KiB")
                client.send(get())
                worker.respond(try worker.nextRequest(), 200, [], "next")
                #expect(try client.nextAnswer().text == "next")
            }
        }

        @Test func readersThatStall() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                var clients: [Client] = []
                let grown = try growth(stage) {
                    for _ in 0..<64 {
                        let client = try stage.connect(receiveBytes: 4096)
                        client.send(get("/big"))
                        let request = try worker.nextRequest()
                        worker.respond(
                            request, 200, ["Content-Length: 1000000000"], isEnd: false)
                        clients.append(client)
                        try worker.pourWhatMayCome(into: request)
                    }
                    try stage.ping()
                }
                #expect(grown < Self.bound, "\(grown >> 10) KiB")
                #expect(try stage.exchange().text == "hi")
            }
        }

        /// Where a read ends within a frame, the next one is no shorter for that.
        @Test(
            .enabled(if: geteuid() == 0, "looking into other processes needs root"),
            arguments: [16_384, 30_000])
        func aCrowdOfLargeAnswersIsReadInFewPieces(byteCount: Int) throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                worker.enlargeOutput(1 << 20)
                let clients = try (0..<700_000 / byteCount).map { _ in try stage.connect() }
                for client in clients { client.send(get()) }
                let requests = try clients.map { _ in try worker.nextRequest() }
                let body = String(repeating: "x", count: byteCount)
                let before = try stage.readCalls()
                // All are in the pipe before the first is read.
                Glibc.kill(stage.pid, SIGSTOP)
                for request in requests { worker.respond(request, 200, [], body) }
                Glibc.kill(stage.pid, SIGCONT)
                for client in clients { #expect(try client.nextAnswer().text == body) }
                let calls = try stage.readCalls() - before
                #expect(calls <= requests.count / 4, "\(calls) for \(requests.count) answers")
            }
        }

        @Test func idleConnectionsCostNextToNothing() throws {
            try Stage.run { stage in
                let worker = try stage.openInstance()
                let echo = try EchoInstance(greeting: worker)
                var clients: [Client] = []
                func add(_ count: Int) throws {
                    for _ in 0..<count {
                        let client = try stage.connect()
                        client.send(get())
                        #expect(try client.nextAnswer().text == "hi")
                        clients.append(client)
                    }
                }
                try add(64)
                let before = try stage.residentBytes()
                try add(8000)
                let each = (try stage.residentBytes() - before) / 8000
                #expect(each <= 300, "\(each) bytes each")
                echo.stop()
            }
        }
    }
}

extension Stage {
    /// The most memory that it ever had.
    func residentPeak() throws -> Int { try 1024 * number("VmHWM:", in: "status") }

    /// How often it has called read, also where that found nothing; recv does not count.
    func readCalls() throws -> Int { try number("syscr:", in: "io") }

    private func number(_ name: String, in file: String) throws -> Int {
        let path = "/proc/\(pid)/\(file)"
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &room, room.count)
        try #require(count > 0, "\(path)")
        let line = room[..<count].text.split(separator: "\n").first { $0.hasPrefix(name) }
        let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" })
        return try #require(words?.dropFirst().first.flatMap { Int($0) })
    }
}

extension Instance {
    /// Takes the rest of a body with credit for all of it, and keeps nothing. Bytes of the whole.
    func swallow(_ request: StageRequest) throws -> Int {
        var count = request.payload.count
        var owed = count
        while true {
            let frame = try expect(.data, request.session)
            count += frame.payload.count
            owed += frame.payload.count
            if frame.isEnd { return count }
            if owed >= 131_072 {
                credit(request.session, UInt32(owed))
                owed = 0
            }
        }
    }

    /// Sends `total` bytes as the body of an answer that has begun, as credit comes.
    func pour(_ total: Int, into request: StageRequest) throws {
        let piece = [UInt8](repeating: 0x64, count: 65_535)
        var left = total
        var credit = FrameLimits.windowBytes
        while left > 0 {
            let next = min(left, piece.count)
            if credit >= next {
                left -= next
                credit -= next
                data(request.session, Array(piece[..<next]), isEnd: left == 0)
            } else {
                credit += try creditOf(expect(.credit, request.session))
            }
        }
    }

    /// Sends into the session until no more credit comes.
    func pourWhatMayCome(into request: StageRequest) throws {
        let piece = [UInt8](repeating: 0x64, count: 32_768)
        var credit = FrameLimits.windowBytes
        while true {
            while credit >= piece.count {
                data(request.session, piece)
                credit -= piece.count
            }
            guard let frame = try frame(Deadline(milliseconds: 10)) else { return }
            if frame.kind == .credit, frame.session == request.session {
                credit += creditOf(frame)
            }
        }
    }

    private func creditOf(_ frame: StageFrame) -> Int {
        Int(
            frame.payload.withUnsafeBytes {
                UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))
            })
    }
}
