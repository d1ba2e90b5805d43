// The time formats of day.js, in which PM2 takes `log_date_format`, as those of APM. Pure.

struct DayFormat: Equatable {
    /// For `log_time_format`.
    var format = ""
    /// Tokens that have no counterpart and were left out.
    var missing: [String] = []

    /// Longer tokens first, since each is the beginning of others; nil = no counterpart.
    private static let tokens: [(String, String?)] = [
        ("YYYY", "%Y"), ("YY", "%y"), ("MMMM", nil), ("MMM", nil), ("MM", "%m"), ("M", "%m"),
        ("DDDD", nil), ("DDD", nil), ("DD", "%d"), ("Do", nil), ("D", "%d"), ("dddd", nil),
        ("ddd", nil), ("dd", nil), ("d", nil), ("HH", "%H"), ("H", "%H"), ("hh", nil), ("h", nil),
        ("kk", nil), ("k", nil), ("mm", "%M"), ("m", "%M"), ("ss", "%S"), ("s", "%S"),
        ("SSS", "%F"), ("SS", nil), ("S", nil), ("ZZ", nil), ("Z", nil), ("A", nil), ("a", nil),
        ("Q", nil), ("X", nil), ("x", nil), ("WW", nil), ("W", nil), ("ww", nil), ("w", nil),
        ("GGGG", nil), ("gggg", nil), ("E", nil), ("e", nil), ("LTS", nil), ("LT", nil),
    ]

    init(_ written: String) {
        var rest = written[...]
        while let first = rest.first {
            if first == "[", let end = rest.firstIndex(of: "]") {
                append(literal: rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else if let (token, meaning) = Self.tokens.first(where: { rest.hasPrefix($0.0) }) {
                rest.removeFirst(token.count)
                if let meaning { format += meaning } else { missing.append(token) }
            } else {
                append(literal: rest.prefix(1))
                rest.removeFirst()
            }
        }
        while format.last == " " { format.removeLast() }
    }

    /// A lone `%` would begin a token.
    private mutating func append(literal: Substring) {
        for character in literal { format += character == "%" ? "%%" : String(character) }
    }
}
