// Decodes the chunked coding of a request's body where it lies: data is handed on as ranges, and a
// connection remembers a few numbers. Total, and the same whatever the bytes are cut into.

public enum ChunkStep: Equatable, Sendable {
    /// Bytes of the body, never none; the next step begins behind them.
    case data(Range<Int>)
    /// A field behind the last chunk; `next` is where the next step begins.
    case trailer(name: Range<Int>, value: Range<Int>, next: Int)
    /// The body has ended; the next request begins here.
    case end(Int)
    /// More bytes are needed; those from here on must be there again.
    case incomplete(Int)
    case refused(RequestFault)
}

public struct ChunkedBody: Equatable, Sendable {
    private enum Phase: UInt8 {
        case size, data, dataEnd, trailer, ended
    }

    private var phase = Phase.size
    /// Bytes of the chunk that have not come yet.
    private var left: UInt64 = 0
    /// How far beyond its beginning the line was looked at that is not complete.
    private var scanned = 0
    private var extensionBytes = HTTPLimits.extensionBytes
    private var trailerBytes = HTTPLimits.trailerBytes
    private var trailerFields = HTTPLimits.trailerFields

    public init() {}

    /// The step that begins at `offset`. After `.refused` there is no next one.
    public mutating func next(in window: RawSpan, at offset: Int = 0) -> ChunkStep {
        precondition(offset >= 0 && offset <= window.byteCount, "beyond the window")
        var offset = offset
        do throws(RequestFault) {
            while true {
                switch phase {
                case .size:
                    guard
                        let line = try line(
                            in: window, at: offset, most: HTTPLimits.chunkLineBytes, or: .badChunk)
                    else { return .incomplete(offset) }
                    try readSize(window, line)
                    offset = line.upperBound + 2
                case .data: return takeData(window, at: offset)
                case .dataEnd:
                    guard try hasEnd(window, at: offset) else { return .incomplete(offset) }
                    phase = .size
                    offset += 2
                case .trailer:
                    guard
                        let line = try line(
                            in: window, at: offset, most: trailerBytes - 2, or: .trailerTooLong)
                    else { return .incomplete(offset) }
                    if let step = try takeTrailer(window, line) { return step }
                    offset = line.upperBound + 2
                case .ended: return .end(offset)
                }
            }
        } catch {
            return .refused(error)
        }
    }

    /// The line that begins at `offset`, when its end is there.
    private mutating func line(
        in window: RawSpan, at offset: Int, most: Int, or fault: RequestFault
    ) throws(RequestFault) -> Range<Int>? {
        guard most >= 0 else { throw fault }
        switch LineScan.find(in: window, from: offset + scanned, last: offset + most) {
        case .badByte: throw .badByte
        case .tooLong: throw fault
        case .partial(let reached):
            scanned = reached - offset
            return nil
        case .line(let end):
            scanned = 0
            return offset..<end
        }
    }

    /// `1a`, or `1a; name=value`. Nothing of an extension is passed on.
    private mutating func readSize(_ window: RawSpan, _ line: Range<Int>) throws(RequestFault) {
        var index = line.lowerBound
        var size: UInt64 = 0
        while index < line.upperBound, let digit = Octet.hexadecimal(window.byte(index)) {
            guard index - line.lowerBound < HTTPLimits.chunkDigits else { throw .badChunk }
            size = size << 4 | UInt64(digit)
            index += 1
        }
        guard index > line.lowerBound else { throw .badChunk }
        let rest = window.trimmed(index..<line.upperBound)
        guard rest.isEmpty || window.byte(rest.lowerBound) == Octet.semicolon else {
            throw .badChunk
        }
        extensionBytes -= line.upperBound - index
        guard extensionBytes >= 0 else { throw .tooManyExtensions }
        extensionBytes = min(
            extensionBytes + Int(min(size, 1 << 20)) / 16, HTTPLimits.extensionBytes)
        left = size
        phase = size == 0 ? .trailer : .data
    }

    private mutating func takeData(_ window: RawSpan, at offset: Int) -> ChunkStep {
        let there = UInt64(window.byteCount - offset)
        guard there > 0 else { return .incomplete(offset) }
        let taken = min(there, left)
        left -= taken
        if left == 0 { phase = .dataEnd }
        return .data(offset..<offset + Int(taken))
    }

    /// CR LF behind a chunk's data, and nothing else.
    private func hasEnd(_ window: RawSpan, at offset: Int) throws(RequestFault) -> Bool {
        let there = window.byteCount - offset
        if there > 0, window.byte(offset) != Octet.carriageReturn { throw .badChunk }
        if there > 1, window.byte(offset + 1) != Octet.lineFeed { throw .badChunk }
        return there > 1
    }

    /// nil: a field that is not passed on.
    private mutating func takeTrailer(
        _ window: RawSpan, _ line: Range<Int>
    ) throws(RequestFault) -> ChunkStep? {
        let next = line.upperBound + 2
        if line.isEmpty {
            phase = .ended
            return .end(next)
        }
        guard let field = FieldLine(window, line: line), Self.mayTrail(window, field.name) else {
            throw .badTrailer
        }
        trailerFields -= 1
        trailerBytes -= line.count + 2
        guard trailerFields >= 0 else { throw .trailerTooLong }
        guard Self.isPassedOn(window, field.name) else { return nil }
        return .trailer(name: field.name, value: field.value, next: next)
    }

    /// What is not passed on in a head is not behind a body either: who it says the client is came
    /// too late to be looked at, and there are programs that put both together.
    private static func isPassedOn(_ bytes: RawSpan, _ name: Range<Int>) -> Bool {
        guard ClientField(bytes, name) == .none else { return false }
        return switch name.count {
        case 2: !bytes.equals(name, "te")
        case 5: !bytes.equals(name, "proxy")
        case 6: !bytes.equals(name, "expect")
        case 7: !bytes.equals(name, "upgrade")
        case 10: !bytes.equals(name, "keep-alive")
        case 16: !bytes.equals(name, "proxy-connection")
        case 18: !bytes.equals(name, "proxy-authenticate")
        case 19: !bytes.equals(name, "proxy-authorization")
        default: true
        }
    }

    /// Not where a request ends, whom it is for, or what the connection is.
    static func mayTrail(_ bytes: RawSpan, _ name: Range<Int>) -> Bool {
        !bytes.equals(name, "content-length") && !bytes.equals(name, "transfer-encoding")
            && !bytes.equals(name, "host") && !bytes.equals(name, "connection")
            && !bytes.equals(name, "trailer")
    }
}
