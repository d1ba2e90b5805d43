// A reader of request heads that is slow, simple and has all bytes at once; nothing in it is shared
// with RequestParser. It knows the grammar of lines; checkHead says what they mean.

typealias Bytes = ArraySlice<UInt8>

struct RequestModel {
    enum Reading {
        /// No empty line yet.
        case unfinished
        case malformed
        case head(RequestModel)
    }

    var method: Bytes = []
    var target: Bytes = []
    var isVersion10 = false
    var fields: [(name: [UInt8], value: Bytes)] = []
    var lineBytes = 0
    var byteCount = 0

    static func read(_ bytes: [UInt8]) -> Reading {
        let start = bytes.starts(with: [13, 10]) ? 2 : 0
        var lines: [Bytes] = []
        var begin = start
        for index in bytes.indices.dropFirst(start + 1)
        where index > begin && bytes[index] == 10 && bytes[index - 1] == 13 {
            lines.append(bytes[begin..<index - 1])
            begin = index + 1
            if lines.last?.isEmpty == true { break }
        }
        guard lines.last?.isEmpty == true else { return .unfinished }
        guard let model = RequestModel(lines.dropLast(), byteCount: begin) else {
            return .malformed
        }
        return .head(model)
    }

    private init?(_ lines: ArraySlice<Bytes>, byteCount: Int) {
        guard let first = lines.first, !lines.joined().contains(where: isControl) else {
            return nil
        }
        self.byteCount = byteCount
        lineBytes = first.count
        let words = first.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, (1...32).contains(words[0].count), words[0].allSatisfy(isToken),
            !words[1].isEmpty, words[1].allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 })
        else { return nil }
        method = words[0]
        target = words[1]
        isVersion10 = words[2].elementsEqual("HTTP/1.0".utf8)
        guard isVersion10 || words[2].elementsEqual("HTTP/1.1".utf8) else { return nil }
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
                line[..<colon].allSatisfy(isToken)
            else { return nil }
            fields.append((small(line[..<colon]), trim(line[(colon + 1)...])))
        }
    }

    func values(of name: String) -> [Bytes] {
        fields.filter { $0.name.elementsEqual(name.utf8) }.map { $0.value }
    }

    /// What the Connection fields name.
    var options: [[UInt8]] {
        values(of: "connection").flatMap { $0.split(separator: 0x2C) }
            .map { small(trim($0)) }.filter { !$0.isEmpty }
    }
}

func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 9 || byte == 0x7F }

func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

func small(_ bytes: Bytes) -> [UInt8] {
    bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
}

func trim(_ bytes: Bytes) -> Bytes {
    var rest = bytes
    while let byte = rest.first, byte == 0x20 || byte == 9 { rest.removeFirst() }
    while let byte = rest.last, byte == 0x20 || byte == 9 { rest.removeLast() }
    return rest
}
