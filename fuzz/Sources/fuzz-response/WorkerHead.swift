// What the head block of a worker says, read slowly: which of its fields a client shall get.

import HTTPWire

struct Field: Equatable {
    /// In small letters.
    let name: [UInt8]
    let value: [UInt8]

    func isNamed(_ text: String) -> Bool { name.elementsEqual(text.utf8) }
}

struct WorkerHead {
    /// Those that are passed on.
    private(set) var fields: [Field] = []
    private(set) var length: UInt64?

    /// Nil when it may not be passed on at all.
    init?(_ block: [UInt8]) {
        guard let lines = Self.lines(of: block) else { return nil }
        for field in lines {
            if field.isNamed("content-length") {
                guard length == nil, (1...18).contains(field.value.count),
                    field.value.allSatisfy({ (0x30...0x39).contains($0) })
                else { return nil }
                length = UInt64(String(decoding: field.value, as: UTF8.self))
            } else if !Self.own.contains(where: field.isNamed) {
                fields.append(field)
            }
        }
    }

    /// What is passed on of a block behind the body.
    static func trailer(_ block: [UInt8]) -> [Field]? {
        lines(of: block)?.filter { !trailing.contains(where: $0.isNamed) }
    }

    private static func lines(of block: [UInt8]) -> [Field]? {
        guard let last = block.last else { return [] }
        let lines = block.dropLast().split(separator: 10, omittingEmptySubsequences: false)
        let fields = lines.compactMap { Field($0, endOfName: [0x3A, 0x20]) }
        guard last == 10, fields.count == lines.count, lines.count <= HTTPLimits.responseFields
        else { return nil }
        return fields
    }

    private static let own = [
        "upgrade", "trailer", "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    ]
    private static let trailing = [
        "content-length", "transfer-encoding", "host", "connection", "trailer",
    ]
}

extension Field {
    /// `name: value` without its end.
    init?(_ line: ArraySlice<UInt8>, endOfName: [UInt8]) {
        guard !line.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }),
            let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
            line[colon...].starts(with: endOfName), line[..<colon].allSatisfy(Self.isToken)
        else { return nil }
        name = line[..<colon].map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        var rest = line[(colon + 1)...]
        while rest.first == 0x20 || rest.first == 9 { rest.removeFirst() }
        while rest.last == 0x20 || rest.last == 9 { rest.removeLast() }
        value = Array(rest)
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
