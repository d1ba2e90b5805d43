// An answer of a worker, encoded as the daemon does it: what does not hold is a 502 as long as
// nothing is out, and afterwards the end of the connection.

import HTTPWire
import Samples

struct EncodedAnswer {
    private(set) var bytes: [UInt8] = []
    /// What we think of the connection behind it.
    private(set) var keepsAlive = false
    /// The connection was ended in the middle of it.
    private(set) var isCut = false
    /// The lines that may be among its fields.
    private(set) var lines: [[UInt8]] = []
    let isHead: Bool

    private let context: ResponseContext
    private static let date = HTTPDate.render(784_111_777)

    init(_ sample: Sample) {
        let words = String(decoding: sample.bytes("?"), as: UTF8.self).split(separator: " ")
        isHead = words.contains("HEAD")
        context = ResponseContext(
            isHead: isHead, isVersion10: words.contains("1.0"), keepsAlive: !words.contains("close")
        )
        let block = sample.bytes("<")
        let trailer = sample.bytes("t")
        lines = (block + trailer).split(separator: 0x0A).map { Array($0) }
        let status = Int(String(decoding: sample.bytes(":"), as: UTF8.self)) ?? 0
        var parts = sample.lines("+").map { ($0, false) }
        parts += sample.lines(".").map { ($0, true) }
        encode(status, block, parts, trailer)
    }

    private mutating func encode(
        _ status: Int, _ block: [UInt8], _ parts: [([UInt8], Bool)], _ trailer: [UInt8]
    ) {
        let room =
            ResponseEncoder.room(block: block.count, payload: 0)
            + parts.reduce(0) {
                $0 + ResponseEncoder.room(block: trailer.count, payload: $1.0.count)
            }
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * room + 2048, alignment: 1)
        defer { memory.deallocate() }
        var encoder = ResponseEncoder(into: memory)
        var body: ResponseBody?
        do throws(ResponseFault) {
            let first = parts.first ?? ([], false)
            var begun = try begin(&encoder, status, block, first)
            // An answer follows what was no answer yet.
            if begun.isInterim {
                begun = try begin(&encoder, 200, [], (Array("end".utf8), true))
                keepsAlive = begun.keepsAlive
                bytes = Array(encoder.writer.written)
                return
            }
            body = begun
            for (payload, isEnd) in parts.dropFirst() {
                let part = ResponsePart(payload.span.bytes, isEnd: isEnd)
                let lines = isEnd ? trailer : []
                try encoder.write(part, trailer: lines.span.bytes, of: &begun)
            }
            keepsAlive = begun.keepsAlive
        } catch {
            isCut = body != nil
            keepsAlive = !isCut && context.keepsAlive
            if !isCut {
                let isWritten = encoder.writeNotice(
                    status: 502, to: context, date: Self.date.span.bytes)
                precondition(isWritten, "no room for a notice")
            }
        }
        bytes = Array(encoder.writer.written)
    }

    private func begin(
        _ encoder: inout ResponseEncoder, _ status: Int, _ block: [UInt8], _ part: ([UInt8], Bool)
    ) throws(ResponseFault) -> ResponseBody {
        try encoder.begin(
            status: status, block: block.span.bytes,
            ResponsePart(part.0.span.bytes, isEnd: part.1), to: context,
            date: Self.date.span.bytes)
    }
}
