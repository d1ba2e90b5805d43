// JSON for scripts: a value and its text, and nothing else. FoundationEssentials would double the
// executable and its start-up. Field names are listed in docs/JSON.md.

indirect enum JSON: Equatable {
    case null
    case truth(Bool)
    case number(Int64)
    /// Ten times the number.
    case tenths(UInt64)
    /// A hundred times the number.
    case hundredths(UInt64)
    case text(String)
    case list([JSON])
    case object([Field])

    struct Field: Equatable {
        let name: String
        let value: JSON
    }

    static func object(_ fields: KeyValuePairs<String, JSON>) -> JSON {
        .object(fields.map { Field(name: $0.key, value: $0.value) })
    }

    static func number(_ value: some BinaryInteger) -> JSON { .number(Int64(clamping: value)) }

    /// null for an empty text.
    static func optional(_ text: String) -> JSON { text.isEmpty ? .null : .text(text) }

    static func texts(_ texts: [String]) -> JSON { .list(texts.map { .text($0) }) }

    /// One line, with a line end.
    var line: String {
        var text = ""
        write(to: &text)
        return text + "\n"
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .truth(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .tenths(let value): text += "\(value / 10).\(value % 10)"
        case .hundredths(let value):
            text += "\(value / 100).\(value % 100 < 10 ? "0" : "")\(value % 100)"
        case .text(let value): Self.quote(value, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                Self.quote(field.name, to: &text)
                text += ":"
                field.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// RFC 8259, and DEL and the C1 controls escaped too, because the line may end in a terminal.
    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
