// A stream of bytes as the parser reads it: head by head, each with its body.

import HTTPWire
import Samples

/// Reads a stream as the daemon does: head, body, next head, until it ends or is refused.
struct StreamReader {
    private let bytes: [UInt8]
    private var parser = RequestParser()
    private var offset = 0
    private var reading = StreamReading()

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func read(_ bytes: [UInt8]) -> StreamReading {
        var reader = StreamReader(bytes)
        while reader.readRequest() {}
        return reader.reading
    }

    /// True when another request may follow.
    private mutating func readRequest() -> Bool {
        let window = Array(bytes[offset...])
        guard !window.isEmpty else { return false }
        var progress = HeadProgress()
        switch parser.parse(window.span.bytes, &progress) {
        case .refused(let fault): return ends(.refused(fault.status))
        case .incomplete: return ends(.waits)
        case .complete: break
        }
        let head = parser.head
        offset += head.byteCount
        guard let body = readBody(head.body) else { return false }
        reading.requests.append(
            FoundRequest(
                method: Array(window[head.method.range]), target: target(window),
                host: head.host.isEmpty ? Array("-".utf8) : Array(window[head.host.range]),
                body: body))
        return head.keepsAlive
    }

    private mutating func ends(_ end: StreamEnd) -> Bool {
        reading.end = end
        return false
    }

    private func target(_ window: [UInt8]) -> [UInt8] {
        let target = Array(window[parser.head.target.range])
        let isPath = parser.head.form != .absolute || target.first == 0x2F
        return isPath ? target : [0x2F] + target
    }

    /// Nil when it is refused or not there as a whole.
    private mutating func readBody(_ framing: BodyFraming) -> [UInt8]? {
        switch framing {
        case .none: return []
        case .length(let length):
            guard UInt64(bytes.count - offset) >= length else {
                reading.end = .waits
                return nil
            }
            defer { offset += Int(length) }
            return Array(bytes[offset..<offset + Int(length)])
        case .chunked: return readChunks()
        }
    }

    private mutating func readChunks() -> [UInt8]? {
        var body = ChunkedBody()
        var data: [UInt8] = []
        while true {
            switch body.next(in: bytes.span.bytes, at: offset) {
            case .data(let range):
                data += bytes[range]
                offset = range.upperBound
            case .trailer(_, _, let next): offset = next
            case .end(let next):
                offset = next
                return data
            case .incomplete: return ends(.waits) ? data : nil
            case .refused(let fault): return ends(.refused(fault.status)) ? data : nil
            }
        }
    }
}
