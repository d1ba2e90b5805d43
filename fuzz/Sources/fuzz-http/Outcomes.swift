// What comes out of bytes that come in pieces: the same as of all at once, else a reader is wrong.

import Bytes
import HTTPWire

/// Hands bytes over in pieces; `take` says how many of those that are there are done with.
private func feed(_ bytes: [UInt8], piece: Int, _ take: (inout [UInt8]) -> Int?) {
    var window: [UInt8] = []
    var given = 0
    while given < bytes.count {
        let next = min(given + piece, bytes.count)
        window += bytes[given..<next]
        given = next
        guard let taken = take(&window) else { return }
        window.removeFirst(taken)
    }
}

struct RequestOutcome: Equatable {
    var step = HeadStep.incomplete
    var head: RequestHead?
    var fields: [HeaderField] = []
    var block: [UInt8] = []
    var accept: WebSocketHandshake?

    init(_ bytes: [UInt8], piece: Int) {
        var parser = RequestParser(
            limits: RequestLimits(lineBytes: 256, headBytes: 768, fields: 24))
        var progress = HeadProgress()
        feed(bytes, piece: piece) { window in
            step = parser.parse(window.span.bytes, &progress)
            precondition(parser.fields.count <= 24, "more fields than the limit")
            guard step == .complete else { return step == .incomplete ? 0 : nil }
            head = parser.head
            fields = parser.fields
            block = Self.block(of: parser, window)
            accept = try? WebSocketHandshake(parser, window.span.bytes)
            return nil
        }
    }

    private static func block(of parser: RequestParser, _ window: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4096) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            let address = Array("::1".utf8)
            let origin = RequestOrigin(address: address.span.bytes, isSecure: false)
            parser.writeBlock(window.span.bytes, from: origin, lowercasing: true, into: &writer)
            precondition(!writer.isFull, "a block that grows")
            count = writer.count
        }
    }
}

struct ChunkedOutcome: Equatable {
    var data: [UInt8] = []
    var trailers: [[UInt8]] = []
    var isEnded = false
    var fault: RequestFault?

    init(_ bytes: [UInt8], piece: Int) {
        var body = ChunkedBody()
        feed(bytes, piece: piece) { take(&body, $0) }
    }

    private mutating func take(_ body: inout ChunkedBody, _ window: [UInt8]) -> Int? {
        var offset = 0
        while true {
            switch body.next(in: window.span.bytes, at: offset) {
            case .data(let range):
                precondition(range.lowerBound >= offset && !range.isEmpty, "no progress")
                data += window[range]
                offset = range.upperBound
            case .trailer(let name, let value, let next):
                trailers.append(Array(window[name]) + [0x3A] + window[value])
                offset = next
            case .incomplete(let place): return place
            case .end:
                isEnded = true
                return nil
            case .refused(let reason):
                fault = reason
                return nil
            }
        }
    }
}

struct SocketOutcome: Equatable {
    var messages: [[UInt8]] = []
    var controls: [[UInt8]] = []
    var fault: WebSocketFault?
    private var message: [UInt8] = []

    init(_ bytes: [UInt8], piece: Int) {
        var reader = WebSocketReader(from: .client, messageBytes: 512)
        feed(bytes, piece: piece) { window in
            window.withUnsafeMutableBytes { take(&reader, $0) }
        }
        message = []
    }

    private mutating func take(
        _ reader: inout WebSocketReader, _ window: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var offset = 0
        while true {
            switch reader.next(in: window, at: offset) {
            case .message(let range, let isText, let isFirst, let isLast, let next):
                if isFirst { message = [isText ? 1 : 2] }
                message += window[range]
                precondition(message.count <= 513, "more than the limit")
                if isLast { messages.append(message) }
                offset = next
            case .ping(let range, let next):
                controls.append([9] + window[range])
                offset = next
            case .pong(let range, let next):
                controls.append([10] + window[range])
                offset = next
            case .close(let code, let range, let next):
                controls.append([8, UInt8((code ?? 0) >> 8)] + window[range])
                offset = next
            case .incomplete(let place): return place
            case .refused(let reason):
                fault = reason
                return nil
            }
        }
    }
}

/// A head block and a payload behind a NUL: whatever they are, the head that a client gets has no
/// line more than the block and the encoder's own.
func checkResponse(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let block = Array(parts[0])
    let payload = parts.count > 1 ? Array(parts[1]) : []
    let date = HTTPDate.render(0)
    for context in [ResponseContext(), ResponseContext(isHead: true, isVersion10: true)] {
        let room = ResponseEncoder.room(block: block.count, payload: payload.count)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
        defer { memory.deallocate() }
        var encoder = ResponseEncoder(into: memory)
        let part = ResponsePart(payload.span.bytes, isEnd: payload.count % 2 == 0)
        var body: ResponseBody
        do throws(ResponseFault) {
            body = try encoder.begin(
                status: 200, block: block.span.bytes, part, to: context, date: date.span.bytes)
        } catch {
            precondition(error != .noRoom && encoder.writer.count == 0, "half an answer")
            continue
        }
        checkHead(Array(encoder.writer.written), lines: block.count { $0 == 0x0A })
        encoder.writer.rewind(to: 0)
        let last = ResponsePart(payload.span.bytes, isEnd: true)
        try? encoder.write(last, trailer: block.span.bytes, of: &body)
    }
}

private func checkHead(_ answer: [UInt8], lines: Int) {
    var found = 0
    for index in answer.indices where answer[index] == 0x0A {
        precondition(index > 0 && answer[index - 1] == 0x0D, "a bare LF")
        found += 1
        if index >= 3, answer[index - 3...index].elementsEqual([13, 10, 13, 10]) { break }
    }
    precondition(found <= lines + 5, "more lines than were asked for")
}
