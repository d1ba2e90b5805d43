// What an ecosystem file says, before anybody asks what it means.

indirect enum PlainValue: Equatable, Sendable {
    case null
    case truth(Bool)
    case number(Double)
    case text(String)
    case list([PlainValue])
    case object([Field])
    /// What only JavaScript has, in words: `a function`; `undefined` is as good as not there.
    case odd(String)

    struct Field: Equatable, Sendable {
        let name: String
        let value: PlainValue
    }

    static let undefined = PlainValue.odd("undefined")

    /// The last field of that name, as JavaScript has it; nil when there is none.
    func field(_ name: String) -> PlainValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.last { $0.name == name }?.value
    }

    /// A text, number or truth as it would stand in an environment; nil for the others.
    var plainText: String? {
        switch self {
        case .text(let text): text
        case .truth(let value): String(value)
        case .number(let number): Self.text(of: number)
        case .null, .list, .object, .odd: nil
        }
    }

    /// As JavaScript writes it: whole numbers without a point.
    static func text(of number: Double) -> String {
        guard let whole = Int64(exactly: number), abs(whole) < 1 << 53 else {
            return number.description
        }
        return String(whole)
    }

    /// What it is, in words.
    var kind: String {
        switch self {
        case .null: "null"
        case .truth: "true or false"
        case .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "an object"
        case .odd(let words): words
        }
    }

    /// As JSON; for values of variables, which PM2 writes so.
    var json: JSON {
        switch self {
        case .null, .odd: .null
        case .truth(let value): .truth(value)
        case .number(let number):
            Int64(exactly: number).map { .number($0) } ?? .text(Self.text(of: number))
        case .text(let text): .text(text)
        case .list(let values): .list(values.map(\.json))
        case .object(let fields):
            .object(fields.map { JSON.Field(name: $0.name, value: $0.value.json) })
        }
    }
}
