// JSON as PM2 takes it. PM2 evaluates such a file as JavaScript, so comments, trailing commas,
// names without quotes and single quotes are common in them; all that is read, and nothing is
// evaluated. Total on any bytes; bounded in size, depth, values and length of numbers.

struct JSONReader {
    /// What is wrong, and where.
    struct Problem: Error, Equatable {
        let line: Int
        let column: Int
        let text: String
        var advice = "put this right, then repeat the command"
    }

    struct Document: Equatable {
        var value: PlainValue
        /// Names that stand twice in an object, the last one counts: `env (line 4)`.
        var repeated: [String] = []
    }

    private let bytes: [UInt8]
    private var place = 0
    private var values = 0
    private var repeated: [String] = []

    static func read(_ bytes: [UInt8]) throws(Problem) -> Document {
        var reader = JSONReader(bytes: bytes)
        return try reader.document()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func document() throws(Problem) -> Document {
        guard bytes.count <= ConvertLimits.fileBytes else {
            throw problem("is larger than \(ConvertLimits.fileBytes) bytes")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            place = Self.firstBadByte(bytes)
            throw problem("is not UTF-8", "save it as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        let value = try value(depth: 0)
        try skipSpace()
        if next == UInt8(ascii: ";") { place += 1 }
        try skipSpace()
        guard place == bytes.count else { throw problem("goes on after its end") }
        return Document(value: value, repeated: repeated)
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func isAt(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard place + length <= bytes.count else { return false }
        return (0..<length).allSatisfy { bytes[place + $0] == text.utf8Start[$0] }
    }

    private mutating func value(depth: Int) throws(Problem) -> PlainValue {
        try skipSpace()
        values += 1
        guard values <= ConvertLimits.values else {
            throw problem("holds more than \(ConvertLimits.values) values")
        }
        guard depth < ConvertLimits.depth else {
            throw problem("holds more than \(ConvertLimits.depth) levels")
        }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try text())
        case nil: throw problem("ends where a value should stand")
        case let byte? where Self.beginsNumber(byte): return try number()
        default: return try word()
        }
    }

    private mutating func object(depth: Int) throws(Problem) -> PlainValue {
        place += 1
        var fields: [PlainValue.Field] = []
        var names: Set<String> = []
        while try !ends(with: UInt8(ascii: "}"), isFirst: fields.isEmpty) {
            let start = place
            let name = try name()
            try skipSpace()
            guard next == UInt8(ascii: ":") else { throw problem("has no : after a name") }
            place += 1
            fields.append(.init(name: name, value: try value(depth: depth + 1)))
            if !names.insert(name).inserted, repeated.count < ConvertLimits.listed {
                repeated.append("\(name) (line \(position(at: start).line))")
            }
        }
        return .object(fields)
    }

    private mutating func list(depth: Int) throws(Problem) -> PlainValue {
        place += 1
        var entries: [PlainValue] = []
        while try !ends(with: UInt8(ascii: "]"), isFirst: entries.isEmpty) {
            entries.append(try value(depth: depth + 1))
        }
        return .list(entries)
    }

    /// Whether the list or object ends here; else takes the comma before its next entry.
    private mutating func ends(with closing: UInt8, isFirst: Bool) throws(Problem) -> Bool {
        let shown = closing == UInt8(ascii: "}") ? "}" : "]"
        try skipSpace()
        if !isFirst, next == UInt8(ascii: ",") {
            place += 1
            try skipSpace()
        } else if !isFirst, next != closing, next != nil {
            throw problem("lacks a , or \(shown)")
        }
        guard next != nil else { throw problem("ends without its \(shown)") }
        guard next == closing else { return false }
        place += 1
        return true
    }

    private mutating func name() throws(Problem) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try text() }
        let start = place
        while let byte = next, Self.isWordByte(byte) { place += 1 }
        guard place > start else { throw problem("has no name where one should stand") }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func word() throws(Problem) -> PlainValue {
        let start = place
        while let byte = next, Self.isWordByte(byte) { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        switch word {
        case "true": return .truth(true)
        case "false": return .truth(false)
        case "null": return .null
        case "undefined": return .undefined
        case "NaN", "Infinity": return .odd(word)
        default:
            place = start
            let isCode = next == UInt8(ascii: "`") || next == UInt8(ascii: "(") || !word.isEmpty
            throw isCode
                ? problem(
                    "holds JavaScript where a value should stand",
                    "if node is to evaluate it, call it ….config.js, beginning with: "
                        + "module.exports =")
                : problem("has no value where one should stand")
        }
    }

    private static func beginsNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
            0x80...:
            true
        default: false
        }
    }

    private mutating func number() throws(Problem) -> PlainValue {
        let start = place
        while let byte = next,
            Self.isWordByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "+")
        {
            place += 1
        }
        let written = String(decoding: bytes[start..<place], as: UTF8.self)
        guard place - start <= ConvertLimits.numberBytes, let number = Self.number(written) else {
            place = start
            throw problem("holds a number that is none, or too long")
        }
        return number.isFinite ? .number(number) : .odd("Infinity")
    }

    private static func number(_ written: String) -> Double? {
        var digits = written[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+")
        else { return nil }
        let size: Double?
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            let hex = digits.dropFirst(2)
            size = hex.hasPrefix("+") ? nil : UInt64(hex, radix: 16).map { Double($0) }
        } else {
            let isDecimal = digits.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || ".eE+-".utf8.contains(byte)
            }
            // Swift wants digits on both sides of the point.
            let whole = digits.hasPrefix(".") ? "0" + digits : String(digits)
            size = isDecimal ? Double(whole.hasSuffix(".") ? whole + "0" : whole) : nil
        }
        return size.map { isNegative ? -$0 : $0 }
    }
}

// MARK: Texts, comments, places

extension JSONReader {
    private mutating func text() throws(Problem) -> String {
        let quote = next
        let start = place
        place += 1
        var text: [UInt8] = []
        while let byte = next, byte != quote {
            switch byte {
            case UInt8(ascii: "\\"): try escape(into: &text)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                place = start
                throw problem("has a text without its closing quote")
            default:
                text.append(byte)
                place += 1
            }
        }
        guard next != nil else {
            place = start
            throw problem("has a text without its closing quote")
        }
        place += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        place += 1
        guard let byte = next else { throw problem("ends within a text") }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "v"): text.append(0x0B)
        case UInt8(ascii: "0"): text.append(0)
        case UInt8(ascii: "x"): text += Array(String(try scalar(digits: 2)).utf8)
        case UInt8(ascii: "u"): text += Array(String(try unicode()).utf8)
        case UInt8(ascii: "\n"): break
        case UInt8(ascii: "\r"): if next == UInt8(ascii: "\n") { place += 1 }
        default: text.append(byte)
        }
    }

    /// One scalar, which may be written as two surrogates.
    private mutating func unicode() throws(Problem) -> Character {
        let first = try hexadecimal(digits: 4)
        guard (0xD800...0xDBFF).contains(first) else {
            return Character(Unicode.Scalar(first) ?? "\u{FFFD}")
        }
        guard isAt("\\u") else { return "\u{FFFD}" }
        let before = place
        place += 2
        let second = try hexadecimal(digits: 4)
        guard (0xDC00...0xDFFF).contains(second) else {
            place = before
            return "\u{FFFD}"
        }
        let scalar = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        return Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")
    }

    private mutating func scalar(digits: Int) throws(Problem) -> Character {
        Character(Unicode.Scalar(try hexadecimal(digits: digits)) ?? "\u{FFFD}")
    }

    private mutating func hexadecimal(digits: Int) throws(Problem) -> UInt32 {
        let end = place + digits
        guard end <= bytes.count else { throw problem("ends within a text") }
        let written = String(decoding: bytes[place..<end], as: UTF8.self)
        guard !written.hasPrefix("+"), !written.hasPrefix("-"),
            let value = UInt32(written, radix: 16)
        else { throw problem("has \\u or \\x without its digits") }
        place = end
        return value
    }

    private mutating func skipSpace() throws(Problem) {
        while let byte = next {
            switch byte {
            case 0x09...0x0D, UInt8(ascii: " "): place += 1
            case UInt8(ascii: "/"): try skipComment()
            case 0xC2 where isAt("\u{A0}"): place += 2
            default: return
            }
        }
    }

    private mutating func skipComment() throws(Problem) {
        if isAt("//") {
            while let byte = next, byte != UInt8(ascii: "\n") { place += 1 }
            return
        }
        guard isAt("/*") else { throw problem("has a / where none can stand") }
        let start = place
        place += 2
        while !isAt("*/") {
            guard next != nil else {
                place = start
                throw problem("has a comment without its */")
            }
            place += 1
        }
        place += 2
    }

    /// Both from 1.
    private func position(at place: Int) -> (line: Int, column: Int) {
        let before = bytes[..<min(place, bytes.count)]
        let line = before.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (line, before.count - start + 1)
    }

    private func problem(
        _ text: String, _ advice: String = "put this right, then repeat the command"
    ) -> Problem {
        let (line, column) = position(at: place)
        return Problem(line: line, column: column, text: text, advice: advice)
    }

    private static func firstBadByte(_ bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var place = 0
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { place += scalar.count }
        return place
    }
}
