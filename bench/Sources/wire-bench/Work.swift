// The work of a proxy for one request, without the kernel's: a head is read, a frame is made of it,
// and an answer of what a worker said.

import Bytes
import Frames
import Glibc
import HTTPWire

/// What every round has at hand; nothing is allocated in one.
struct Stage {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 8)
    var parser = RequestParser()
    let key = FrameKey(random: 0x5C7A_31F9)
    let session = SessionID(slot: 7, generation: 3)
    let address = Array("203.0.113.7".utf8)
    let date = HTTPDate.render(784_111_777)
    let hello: [UInt8]
    let browser: [UInt8]
    let answerHead = Array("content-type: text/plain\nx-powered-by: worker\n".utf8)
    let payload = [UInt8](repeating: 0x61, count: 16)
    let frames: [UInt8]

    init() {
        hello = Array("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n".utf8)
        browser = Array(Self.browserHead.utf8)
        var encoder = FrameEncoder(key: key, into: memory)
        let header = FrameHeader(.response, session: session, code: 200, flags: .end)
        let head = answerHead
        let body = payload
        encoder.write(header, head: head.span.bytes, payload: body.span.bytes)
        frames = Array(encoder.writer.written)
    }

    /// About what a browser sends: 14 fields, 800 bytes.
    private static let browserHead = [
        "GET /account/orders?page=2&sort=date HTTP/1.1", "Host: shop.example.org",
        "Connection: keep-alive", "Cache-Control: max-age=0",
        "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"", "sec-ch-ua-mobile: ?0",
        "Upgrade-Insecure-Requests: 1",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            + "Chrome/124.0.0.0 Safari/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
            + "*/*;q=0.8",
        "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate",
        "Referer: https://shop.example.org/account/orders", "Accept-Encoding: gzip, deflate, br",
        "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
        "Cookie: session=0f8c6ad1b2e94c7f8a53d6e1; theme=dark; consent=1; basket=31337",
        "", "",
    ].joined(separator: "\r\n")

    mutating func parse(_ request: [UInt8]) -> Int {
        var progress = HeadProgress()
        guard parser.parse(request.span.bytes, &progress) == .complete else { exit(1) }
        return parser.head.byteCount
    }

    func frame(_ request: [UInt8], lowercasing: Bool) -> Int {
        var encoder = FrameEncoder(key: key, into: memory)
        let origin = RequestOrigin(address: address.span.bytes, isSecure: true)
        encoder.begin(FrameHeader(.request, session: session, flags: .end))
        parser.writeBlock(
            request.span.bytes, from: origin, lowercasing: lowercasing, into: &encoder.writer)
        guard encoder.finish() else { exit(1) }
        return encoder.writer.count
    }

    func decode() -> Int {
        var decoder = FrameDecoder(key: key, sender: .worker)
        guard case .frame(_, _, let payload) = decoder.next(in: frames.span.bytes) else { exit(1) }
        return payload.upperBound
    }

    func answer() -> Int {
        var encoder = ResponseEncoder(into: memory)
        let part = ResponsePart(payload.span.bytes, isEnd: true)
        guard
            let body = try? encoder.begin(
                status: 200, block: answerHead.span.bytes, part, to: ResponseContext(),
                date: date.span.bytes), body.keepsAlive
        else { exit(1) }
        return encoder.writer.count
    }
}

struct Work: Sendable {
    /// Times that a round does the work.
    static let times = 20_000

    let name: String
    let run: @Sendable (inout Stage) -> Int

    static let all = [
        Work(name: "parse-hello") { $0.parse($0.hello) },
        Work(name: "parse-browser") { $0.parse($0.browser) },
        Work(name: "parse-and-frame-hello") {
            $0.parse($0.hello) + $0.frame($0.hello, lowercasing: false)
        },
        Work(name: "parse-and-frame-browser") {
            $0.parse($0.browser) + $0.frame($0.browser, lowercasing: false)
        },
        Work(name: "parse-and-frame-lowercased") {
            $0.parse($0.browser) + $0.frame($0.browser, lowercasing: true)
        },
        Work(name: "decode-frame") { $0.decode() },
        Work(name: "answer") { $0.answer() },
    ]

    func leastNanoseconds(rounds: Int) -> Double {
        var stage = Stage()
        var least = Double.infinity
        var bytes = 0
        for _ in 0..<max(rounds, 1) {
            let start = Self.now()
            for _ in 0..<Self.times { bytes &+= run(&stage) }
            least = min(least, Double(Self.now() - start) / Double(Self.times))
        }
        // What nobody looks at need not be done.
        if bytes == 0 { exit(1) }
        return least
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
