// One answer of HTTP/1.1 as a client reads it, by the letter of RFC 9112.

struct Answer {
    let status: Int
    let version: String
    let fields: [(name: String, value: String)]
    let body: [UInt8]
    let trailer: String
    /// Where its body ends.
    let framing: Framing

    enum Framing: Equatable { case none, length, chunked, untilClose }

    /// The values of a field, whatever the case of its name.
    subscript(name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    var text: String { body.text }

    /// The answer at the beginning of `bytes` and its length; nil when it goes on. What is no
    /// answer throws.
    static func read(
        _ bytes: [UInt8], isHead: Bool, hasEnded: Bool
    ) throws -> (answer: Answer, count: Int)? {
        guard let headEnd = find([13, 10, 13, 10], in: bytes, from: 0) else { return nil }
        let lines = bytes[..<headEnd].text.components(by: "\r\n")
        let first = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard first.count == 3, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else {
            throw StageError("no status line: \(lines[0])")
        }
        let fields = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else {
                throw StageError("no field: \(line)")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (name: String(line[..<colon]), value: String(value))
        }
        func values(_ name: String) -> [String] {
            fields.filter { $0.name.lowercased() == name }.map(\.value)
        }
        let framing: Framing
        let body: (bytes: [UInt8], trailer: String, end: Int)
        let start = headEnd + 4
        let lengths = values("content-length")
        let codings = values("transfer-encoding")
        guard lengths.count + codings.count <= 1 else {
            throw StageError("two readings: \(lines)")
        }
        if isHead || status < 200 || status == 204 || status == 304 {
            (framing, body) = (.none, ([], "", start))
        } else if codings == ["chunked"] {
            guard let read = try chunks(bytes, from: start) else { return nil }
            (framing, body) = (.chunked, read)
        } else if let length = lengths.first.flatMap({ Int($0) }) {
            guard bytes.count >= start + length else { return nil }
            (framing, body) = (.length, (Array(bytes[start..<start + length]), "", start + length))
        } else {
            guard hasEnded else { return nil }
            (framing, body) = (.untilClose, (Array(bytes[start...]), "", bytes.count))
        }
        let answer = Answer(
            status: status, version: String(first[0]), fields: fields, body: body.bytes,
            trailer: body.trailer, framing: framing)
        return (answer, body.end)
    }

    private static func chunks(
        _ bytes: [UInt8], from start: Int
    ) throws -> (bytes: [UInt8], trailer: String, end: Int)? {
        var body: [UInt8] = []
        var place = start
        while true {
            guard let lineEnd = find([13, 10], in: bytes, from: place) else { return nil }
            guard let size = Int(bytes[place..<lineEnd].text, radix: 16) else {
                throw StageError("no chunk size: \(bytes[place..<lineEnd].text)")
            }
            place = lineEnd + 2
            if size == 0 { break }
            guard bytes.count >= place + size + 2 else { return nil }
            body += bytes[place..<place + size]
            place += size
            guard bytes[place] == 13, bytes[place + 1] == 10 else {
                throw StageError("a chunk does not end where it said")
            }
            place += 2
        }
        let trailerStart = place
        while true {
            guard let lineEnd = find([13, 10], in: bytes, from: place) else { return nil }
            defer { place = lineEnd + 2 }
            if lineEnd == place {
                return (body, bytes[trailerStart..<place].text, lineEnd + 2)
            }
        }
    }

    private static func find(_ mark: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        for place in start..<max(start, bytes.count - mark.count + 1)
        where bytes[place] == mark[0] && Array(bytes[place..<place + mark.count]) == mark {
            return place
        }
        return nil
    }
}

extension String {
    /// The parts between `separator`, which is more than one character on the wire.
    fileprivate func components(by separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
