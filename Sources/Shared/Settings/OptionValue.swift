// The values of options as people write them, in flags and in files alike. Each function gives the
// value, or what is wrong with it. Pure and total.

public enum OptionValue {
    public static func truth(
        _ key: String, _ text: String
    ) throws(ValueProblem) -> Bool {
        switch text.lowercased() {
        case "true", "on", "yes", "1": true
        case "false", "off", "no", "0": false
        default:
            throw ValueProblem(key, text, "is neither true nor false", takes: "true or false")
        }
    }

    public static func number<Value: FixedWidthInteger & UnsignedInteger>(
        _ key: String, _ text: String, as type: Value.Type = Value.self, least: Value = 0,
        most: Value = .max
    ) throws(ValueProblem) -> Value {
        guard isDigits(text) else {
            throw ValueProblem(key, text, "is not a number", takes: "digits alone, like 3")
        }
        let range = least == 0 ? "at most \(most)" : "\(least) to \(most)"
        guard let value = Value(text), value <= most else {
            throw ValueProblem(key, text, "is too large", takes: range)
        }
        guard value >= least else {
            throw ValueProblem(key, text, "is too small", takes: range)
        }
        return value
    }

    /// `-1`, `0.5`: digits, with a sign and a fraction; as they were written.
    static func decimal(_ key: String, _ text: String) throws(ValueProblem) -> String {
        let number = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 32, (1...2).contains(parts.count),
            parts.allSatisfy({ isDigits(String($0)) })
        else { throw ValueProblem(key, text, "is not a number", takes: "a number, like -1 or 0.5") }
        return text
    }

    /// `500`, `500ms`, `2s`, `1m`, `1h`; a bare number is milliseconds.
    public static func milliseconds(
        _ key: String, _ text: String
    ) throws(ValueProblem) -> UInt32 {
        try time(
            key, text, units: ["": 1, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000],
            takes: "milliseconds, or a number with ms, s, m or h")
    }

    /// `60`, `60s`, `1m`, `1h`; a bare number is seconds.
    static func seconds(_ key: String, _ text: String) throws(ValueProblem) -> UInt32 {
        let units: [String: UInt64] = ["": 1000, "s": 1000, "m": 60_000, "h": 3_600_000]
        return try time(
            key, text, units: units, takes: "seconds, or a number with s, m or h") / 1000
    }

    private static func time(
        _ key: String, _ text: String, units: [String: UInt64], takes: String
    ) throws(ValueProblem) -> UInt32 {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let unit = units[String(text.dropFirst(digits.count))], !digits.isEmpty else {
            throw ValueProblem(key, text, "is not a time", takes: takes)
        }
        let product = UInt64(digits)?.multipliedReportingOverflow(by: unit)
        guard let product, !product.overflow,
            product.partialValue <= UInt64(SettingsLimits.milliseconds)
        else {
            throw ValueProblem(key, text, "is too long", takes: "one day at most, which is 24h")
        }
        return UInt32(product.partialValue)
    }

    /// `256M`, `1G`, bytes alone.
    public static func bytes(_ key: String, _ text: String) throws(ValueProblem) -> UInt64 {
        let expected = "bytes, or a number with K, M, G or T, like 256M"
        guard let bytes = ByteSize.bytes(text) else {
            throw ValueProblem(key, text, "is not a size", takes: expected)
        }
        guard (1...SettingsLimits.memoryBytes).contains(bytes) else {
            throw ValueProblem(
                key, text, bytes == 0 ? "is nothing at all" : "is too large", takes: expected)
        }
        return bytes
    }

    /// `50%`, `150`: hundredths of one processor.
    public static func percent(_ key: String, _ text: String) throws(ValueProblem) -> UInt32 {
        let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
        guard isDigits(digits), let value = UInt32(digits),
            (1...SettingsLimits.cpuPercent).contains(value)
        else {
            throw ValueProblem(
                key, text, "is not a share of a processor",
                takes:
                    "1 to \(SettingsLimits.cpuPercent), like 50% for half of one and 200% for two")
        }
        return value
    }

    public static func signal(_ key: String, _ text: String) throws(ValueProblem) -> UInt8 {
        guard let number = SignalName.number(text) else {
            throw ValueProblem(
                key, text, "is no signal", takes: "a name or number, like SIGINT or 2")
        }
        return number
    }

    /// One of the words, in whatever case it is written.
    static func choice(
        _ key: String, _ text: String, of words: [String]
    ) throws(ValueProblem) -> String {
        guard let word = words.first(where: { $0.lowercased() == text.lowercased() }) else {
            throw ValueProblem(
                key, text, "is not known", takes: words.joined(separator: " or "))
        }
        return word
    }

    static func isDigits(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
