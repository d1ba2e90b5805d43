// A block as one text: `type graph; id 1; name "Requests/s"; x 0; y 0; w 3; h 1;`. Its options
// stand in the order of their table, each value quoted where it has more than letters, digits and a
// few signs. This is the form in which the modules of a dashboard are kept.

public enum BlockText {
    /// The text of a block whose options have these values. Throws what is wrong with a value, or
    /// that a required one is missing. `key` is what the block is called.
    public static func text(
        _ key: String, _ values: [String: String], of block: OptionBlock
    ) throws(ValueProblem) -> String {
        if let unknown = values.keys.sorted().first(where: { block.find($0) == nil }) {
            throw ValueProblem(
                key, nil, "\(unknown) is not known",
                now: "it has \(block.keys.joined(separator: ", "))")
        }
        var parts: [String] = []
        for option in block {
            let texts = values[option.key].map { [$0] } ?? []
            let canonical = try OptionValue.canonical(texts, of: option)
            guard !canonical.isEmpty else {
                if !option.isRequired { continue }
                throw ValueProblem(
                    key, nil, "\(option.key) is missing",
                    now: "add it: \(option.key) takes \(option.kind.word)")
            }
            if option.isDefault(canonical) { continue }
            parts.append("\(option.key) \(quoted(canonical[0]));")
        }
        return parts.joined(separator: " ")
    }

    /// The values by key; nil when it is no such text.
    public static func values(_ text: String) -> [String: String]? {
        var values: [String: String] = [:]
        var rest = Array(text.unicodeScalars)[...]
        while true {
            rest = rest.drop { $0 == " " }
            if rest.isEmpty { return values }
            let key = String(scalars: rest.prefix { $0 != " " && $0 != ";" })
            rest = rest.dropFirst(key.unicodeScalars.count).drop { $0 == " " }
            guard let value = takeValue(&rest), rest.first == ";", values[key] == nil else {
                return nil
            }
            rest.removeFirst()
            values[key] = value
        }
    }

    /// The canonical texts of several blocks, the ids of which differ.
    static func canonical(
        _ key: String, _ texts: [String], of block: OptionBlock
    ) throws(ValueProblem) -> [String] {
        guard texts.count <= SettingsLimits.modules else {
            throw ValueProblem(
                key, nil, "\(texts.count) are too many", takes: "at most \(SettingsLimits.modules)")
        }
        var ids: Set<String> = []
        var result: [String] = []
        for text in texts {
            guard let values = values(text) else {
                throw ValueProblem(key, text, "is no block", takes: "key value; key value;")
            }
            let canonical = try Self.text(key, values, of: block)
            let id = Self.values(canonical)?["id"] ?? ""
            guard ids.insert(id).inserted else {
                throw ValueProblem(
                    key, nil, "the id \(id) stands twice", now: "give each its own id")
            }
            result.append(canonical)
        }
        return result
    }

    private static func quoted(_ value: String) -> String {
        if !value.isEmpty, value.unicodeScalars.allSatisfy(isPlain) { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "-._%/#+".unicodeScalars.contains(scalar))
    }

    private static func takeValue(_ rest: inout ArraySlice<Unicode.Scalar>) -> String? {
        guard rest.first == "\"" else {
            let plain = rest.prefix { $0 != ";" && $0 != "\"" && $0 != " " }
            rest = rest.dropFirst(plain.count)
            return plain.isEmpty ? nil : String(scalars: plain)
        }
        rest.removeFirst()
        var value: [Unicode.Scalar] = []
        while var scalar = rest.popFirst() {
            if scalar == "\"" { return String(scalars: value[...]) }
            if scalar == "\\" {
                guard let next = rest.popFirst() else { return nil }
                scalar = next
            }
            value.append(scalar)
        }
        return nil
    }
}

extension String {
    fileprivate init(scalars: ArraySlice<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }
}
