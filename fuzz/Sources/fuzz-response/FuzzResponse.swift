// Fuzzes ResponseEncoder: whatever a worker says, a client that reads on its own (ClientReader)
// finds one answer, the next one right behind it, and what was said in it.
//
// An input is a byte of flags, a byte that chooses more, and what a worker sends, split at NULs:
// the head block, payloads, and behind two of these or more the block of the trailer.

import Bytes
import Fuzzing
import HTTPWire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let answer = Answer(input)
    checkAnswer(answer)
    // Not with each input: both take as long as the rest.
    switch answer.choice % 4 {
    case 0: checkShortOfRoom(answer)
    case 1: checkNotice(answer)
    default: break
    }
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    LineMutation.apply(start, count, room: room, seed: seed, from: 2, lines: lines)
}

private let lines: [StaticString] = [
    "a: b\n", "Date: d\n", "content-length: 2\n", "Content-Length: 0\n", "Connection: x\n",
    "keep-alive: 1\n", "transfer-encoding: gzip\n", "Transfer-Encoding: chunked\n", "upgrade: z\n",
    "trailer: a\n", "proxy-connection: a\n", "\0ok", "\0", "\0ok\0ok\0x: y\n", "\0\0host: a\n",
    "a: b\r\n", "a:b\n", "\n", "\r\n", "HTTP/1.1 200 OK\r\n", "a: \t\n", "set-cookie: a\n",
]

let date = HTTPDate.render(784_111_777)

/// What a worker says, and to whom.
struct Answer {
    let context: ResponseContext
    let status: Int
    let block: [UInt8]
    /// Payload, and whether it is the last one.
    let parts: [(payload: [UInt8], isEnd: Bool)]
    let trailer: [UInt8]
    /// Else the worker stops in the middle.
    let isEnded: Bool
    /// A rare status, or where memory ends.
    let choice: Int

    init(_ input: [UInt8]) {
        let flags = input[0]
        context = ResponseContext(
            isHead: flags & 1 != 0, isVersion10: flags & 2 != 0, keepsAlive: flags & 4 != 0)
        isEnded = flags & 8 == 0
        choice = Int(input[1])
        let statuses = [200, 200, 404, 204, 304, 103, 90 + choice, 345 + choice]
        status = statuses[Int(flags >> 5)]
        let pieces = unpack(input[2...], most: 4096)
            .split(separator: 0, omittingEmptySubsequences: false)
        block = Array(pieces[0])
        trailer = pieces.count > 2 ? Array(pieces[pieces.count - 1]) : []
        var payloads = pieces.count > 2 ? pieces[1..<(pieces.count - 1)] : pieces[1...]
        // Now and then the end comes alone.
        if payloads.isEmpty || flags & 16 != 0 { payloads.append([]) }
        let last = payloads.endIndex - 1
        let isEnded = isEnded
        parts = payloads.indices.map { (Array(payloads[$0]), isEnded && $0 == last) }
    }

    var memory: Int {
        ResponseEncoder.room(block: block.count, payload: 0)
            + parts.reduce(0) { $0 + ResponseEncoder.room(block: 0, payload: $1.payload.count) }
            + ResponseEncoder.room(block: trailer.count, payload: 0) * 2
    }
}

func withEncoder(_ room: Int, _ body: (inout ResponseEncoder) -> Void) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { memory.deallocate() }
    var encoder = ResponseEncoder(into: memory)
    body(&encoder)
}

extension ResponseEncoder {
    mutating func begin(_ answer: Answer) throws(ResponseFault) -> ResponseBody {
        let (payload, isEnd) = answer.parts[0]
        let date = date
        return try begin(
            status: answer.status, block: answer.block.span.bytes,
            ResponsePart(payload.span.bytes, isEnd: isEnd), to: answer.context,
            date: date.span.bytes)
    }
}

/// With too little memory nothing is written, and with what `room` says it is enough.
private func checkShortOfRoom(_ answer: Answer) {
    let enough = ResponseEncoder.room(
        block: answer.block.count, payload: answer.parts[0].payload.count)
    var written = 0
    withEncoder(enough) { encoder in
        do throws(ResponseFault) {
            _ = try encoder.begin(answer)
            written = encoder.writer.count
        } catch {
            require(error != .noRoom, "the room is enough")
        }
    }
    guard written > 0 else { return }
    withEncoder(answer.choice % written) { encoder in
        do throws(ResponseFault) {
            _ = try encoder.begin(answer)
            require(false, "that there is no room is noticed")
        } catch {
            require(error == .noRoom && encoder.writer.count == 0, "half an answer")
        }
    }
}

/// A notice is one answer, and `100 Continue` in front of it another.
private func checkNotice(_ answer: Answer) {
    withEncoder(answer.choice * 4) { encoder in
        let hasContinue = encoder.writeContinue()
        let start = encoder.writer.count
        require(hasContinue == (start > 0), "half a continue")
        let date = date
        let fits = encoder.writeNotice(
            status: answer.status, fields: "Retry-After: 1\r\n", to: answer.context,
            date: date.span.bytes)
        guard fits else {
            require(encoder.writer.count == start, "half a notice")
            return
        }
        let bytes = Array(encoder.writer.written)
        guard (400...599).contains(answer.status) else { return }
        if hasContinue {
            let interim = ClientReader.read(bytes, from: 0, isHead: false)
            require(interim.status == 100 && interim.end == start, "one continue")
        }
        let notice = ClientReader.read(bytes, from: start, isHead: answer.context.isHead)
        require(notice.fault == nil && notice.end == bytes.count, "one notice")
        require(notice.status == answer.status, "the status of a notice")
    }
}
