// Checks the fields that a worker wants in its answer and copies them to where the client's bytes
// are made. A worker's word is not believed: no byte of it ends a line, nothing of it says where
// the body ends, and nothing of it speaks for the connection.

import Bytes

/// Why an answer cannot be passed on. Before its head is out the client gets a 502, afterwards the
/// connection is cut.
public enum ResponseFault: Error, Equatable, Sendable {
    case badStatus
    /// A line that is no `name: value`, or with a control character.
    case badField
    case tooManyFields
    /// Two Content-Lengths, or one that is no number.
    case badLength
    /// More body than its Content-Length.
    case bodyTooLong
    /// The end before the Content-Length is reached.
    case bodyTooShort
    /// The caller's memory is too small; nothing was written.
    case noRoom
}

/// What was found among the fields.
struct ResponseFields {
    private(set) var length: UInt64?
    private(set) var hasDate = false

    /// Copies the fields of `block`, lines ended by LF, into `writer` with CR LF; those that are
    /// the connection's are left out. In a trailer, what says where a body ends is too.
    init(
        _ block: RawSpan, isTrailer: Bool = false, into writer: inout BufferWriter
    ) throws(ResponseFault) {
        var start = 0
        var fields = 0
        while start < block.byteCount {
            let line = try Self.line(in: block, from: start)
            fields += 1
            guard fields <= HTTPLimits.responseFields else { throw .tooManyFields }
            guard let field = FieldLine(block, line: line),
                field.name.upperBound + 1 < line.upperBound,
                block.byte(field.name.upperBound + 1) == Octet.space
            else { throw .badField }
            let isPassed =
                isTrailer
                ? ChunkedBody.mayTrail(block, field.name) : try note(field, block)
            if isPassed {
                writer.write(block.extracting(line))
                writer.write("\r\n")
            }
            start = line.upperBound + 1
        }
    }

    /// The line that begins at `start`: only LF ends it, and it has no other control character.
    private static func line(in block: RawSpan, from start: Int) throws(ResponseFault) -> Range<Int>
    {
        switch LineScan.findFeed(in: block, from: start) {
        case .some(let end): return start..<end
        case .none: throw .badField
        }
    }

    /// True when the field is passed on as it is.
    private mutating func note(
        _ field: FieldLine, _ block: RawSpan
    ) throws(ResponseFault) -> Bool {
        let name = field.name
        switch name.count {
        case 4: if block.equals(name, "date") { hasDate = true }
        case 7: return !block.equals(name, "upgrade") && !block.equals(name, "trailer")
        case 10: return !block.equals(name, "connection") && !block.equals(name, "keep-alive")
        case 14 where block.equals(name, "content-length"):
            guard length == nil, let number = block.decimal(field.value) else { throw .badLength }
            length = number
            return false
        case 16: return !block.equals(name, "proxy-connection")
        case 17: return !block.equals(name, "transfer-encoding")
        default: break
        }
        return true
    }
}
