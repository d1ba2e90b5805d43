// Values of an option in the one form in which they are kept, shown and written: reading that form
// gives it again.

extension OptionValue {
    /// The values of an option; empty = not set. Throws what is wrong with the first that is.
    public static func canonical(
        _ texts: [String], of option: ConfigOption
    ) throws(ValueProblem) -> [String] {
        if texts.isEmpty { return [] }
        let key = option.fullKey
        for text in texts where text.utf8.contains(0) {
            throw ValueProblem(key, text, "holds a NUL byte", takes: "text without it")
        }
        let values =
            option.isRepeated
            ? try several(key, texts, option.kind) : try single(key, texts, option.kind)
        let bytes = values.reduce(0) { $0 + $1.utf8.count + 2 }
        guard option.id == nil || bytes <= SettingsLimits.keptBytes else {
            throw ValueProblem(
                key, nil, "is too long", takes: "at most \(SettingsLimits.keptBytes) bytes in all")
        }
        return values
    }

    private static func single(
        _ key: String, _ texts: [String], _ kind: OptionKind
    ) throws(ValueProblem) -> [String] {
        guard texts.count == 1, let text = texts.first else {
            throw ValueProblem(key, nil, "has \(texts.count) values", takes: "one")
        }
        if case .health = kind { return try health(key, text) }
        if case .pathOrOff = kind, text.lowercased() == "off" { return [] }
        return [try scalar(key, text, kind)]
    }

    private static func scalar(
        _ key: String, _ text: String, _ kind: OptionKind
    ) throws(ValueProblem) -> String {
        switch kind {
        case .text(let most): try sized(key, text, most, "text")
        case .secret: try sized(key, text, SettingsLimits.formatBytes, "text")
        case .path, .pathOrOff, .program: try sized(key, text, SettingsLimits.pathBytes, "a path")
        case .flag: String(try truth(key, text))
        case .number(let range):
            String(try number(key, text, least: range.lowerBound, most: range.upperBound))
        case .decimal: try decimal(key, text)
        case .milliseconds: String(try milliseconds(key, text))
        case .seconds: String(try seconds(key, text))
        case .bytes: ByteSize.text(try bytes(key, text))
        case .percent: "\(try percent(key, text))%"
        case .signal: SignalName.text(try signal(key, text))
        case .choice(let words): try choice(key, text, of: words)
        case .hostPort: try hostPort(key, text)
        case .ip: try ip(key, text)
        case .url(let schemes): try url(key, text, schemes: schemes)
        case .header: try header(key, text)
        case .colour: try colour(key, text)
        // Read before, or by `several`.
        case .health, .texts, .exitCodes, .names, .patterns, .networks, .methods, .channels,
            .addresses, .block:
            text
        }
    }

    private static func several(
        _ key: String, _ texts: [String], _ kind: OptionKind
    ) throws(ValueProblem) -> [String] {
        switch kind {
        case .exitCodes: try exitCodes(key, texts).map { String($0) }
        case .names: try workerNames(key, texts)
        case .patterns(let most): try patterns(key, texts, most: most)
        case .networks: try networks(key, texts)
        case .methods: try methods(key, texts)
        case .channels: try channels(key, texts)
        case .addresses: try addresses(key, texts)
        case .block: try BlockText.canonical(key, texts, of: OptionTable.module)
        default: try entries(key, texts)
        }
    }

    private static func entries(
        _ key: String, _ texts: [String]
    ) throws(ValueProblem) -> [String] {
        guard texts.count <= SettingsLimits.arguments else {
            throw ValueProblem(
                key, nil, "\(texts.count) are too many",
                takes: "at most \(SettingsLimits.arguments)")
        }
        for text in texts { _ = try sized(key, text, SettingsLimits.argumentBytes, "text") }
        return texts
    }

    private static func sized(
        _ key: String, _ text: String, _ most: Int, _ what: String
    ) throws(ValueProblem) -> String {
        guard text.utf8.count <= most else {
            throw ValueProblem(key, text, "is too long", takes: "\(what) of at most \(most) bytes")
        }
        return text
    }
}
