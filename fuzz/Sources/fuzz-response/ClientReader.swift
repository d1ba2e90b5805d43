// A client: reads one answer, by RFC 9112 section 6.3, out of bytes of which it has all. Slow,
// simple, and nothing in it is shared with ResponseEncoder.

struct ClientReader {
    var status = 0
    var reason: ArraySlice<UInt8> = []
    var fields: [Field] = []
    var body: [UInt8] = []
    var trailer: [Field] = []
    var isChunked = false
    /// It says how long its body is.
    var hasFraming = false
    /// The body ends with the connection.
    var isToClose = false
    /// Where the answer ends; nil when it is not complete.
    var end: Int?
    /// What could be read in two ways, or in none.
    var fault: StaticString?

    private let bytes: [UInt8]
    private var place: Int

    static func read(_ bytes: [UInt8], from start: Int, isHead: Bool) -> ClientReader {
        var reader = ClientReader(bytes: bytes, place: start)
        guard reader.readHead() else { return reader }
        reader.readBody(isHead: isHead)
        return reader
    }

    private init(bytes: [UInt8], place: Int) {
        self.bytes = bytes
        self.place = place
    }

    /// The bytes before the next CR LF.
    private mutating func line() -> ArraySlice<UInt8>? {
        var index = place
        while index + 1 < bytes.count {
            if bytes[index] == 13, bytes[index + 1] == 10 {
                defer { place = index + 2 }
                return bytes[place..<index]
            }
            index += 1
        }
        return nil
    }

    private mutating func readHead() -> Bool {
        guard let first = line(), first.starts(with: "HTTP/1.1 ".utf8), first.count >= 13,
            let number = Int(String(decoding: first.dropFirst(9).prefix(3), as: UTF8.self)),
            first[first.startIndex + 12] == 0x20
        else {
            fault = "no status line"
            return false
        }
        status = number
        reason = first.dropFirst(13)
        return readFields(into: \.fields)
    }

    private mutating func readFields(into list: WritableKeyPath<ClientReader, [Field]>) -> Bool {
        while let line = line() {
            if line.isEmpty { return true }
            guard let field = Field(line, endOfName: [0x3A]) else {
                fault = "no field"
                return false
            }
            self[keyPath: list].append(field)
        }
        return false
    }

    private mutating func readBody(isHead: Bool) {
        let lengths = fields.filter { $0.isNamed("content-length") }
        let codings = fields.filter { $0.isNamed("transfer-encoding") }
        guard lengths.count + codings.count <= 1 else {
            fault = "two framings"
            return
        }
        hasFraming = lengths.count + codings.count == 1
        if isHead || status < 200 || status == 204 || status == 304 {
            end = place
        } else if let coding = codings.first {
            guard coding.value.elementsEqual("chunked".utf8) else {
                fault = "an unknown coding"
                return
            }
            isChunked = true
            readChunks()
        } else if let length = lengths.first {
            guard let count = Int(String(decoding: length.value, as: UTF8.self)) else {
                fault = "no length"
                return
            }
            body = Array(bytes[place...].prefix(count))
            if body.count == count { end = place + count }
        } else {
            isToClose = true
            body = Array(bytes[place...])
            end = bytes.count
        }
    }

    private mutating func readChunks() {
        while let size = line() {
            guard let count = Int(String(decoding: size, as: UTF8.self), radix: 16) else {
                fault = "no size of a chunk"
                return
            }
            if count == 0 {
                if readFields(into: \.trailer) { end = place }
                return
            }
            guard bytes.count - place >= count else { return }
            body += bytes[place..<place + count]
            place += count
            guard line()?.isEmpty == true else {
                fault = "no end of a chunk"
                return
            }
        }
    }
}
