// Every option of a worker as texts, whatever it is held as: what reads files and flags sets them,
// what writes and shows them asks for them. `texts` after `set` gives the canonical form, and that
// set again changes nothing.

extension WorkerSettings {
    /// What an option is set to, in its canonical form; empty where it has its default. A text that
    /// is set to nothing although its default is something is one empty text.
    public func texts(_ option: ConfigOption) -> [String] {
        switch option.storage {
        case .name: name.isEmpty ? [] : [name]
        case .typed(let key):
            key.field.isEqual(self, Self.standard) ? [] : key.field.texts(in: self)
        case .kept(let id): kept.values(of: id)
        case .daemon, .part: []
        }
    }

    /// What holds: like `texts`, and the default where there is one that is a value.
    public func values(_ option: ConfigOption) -> [String] {
        let texts = texts(option)
        if !texts.isEmpty || option.isStandardInWords || option.standard.isEmpty { return texts }
        return [option.standard]
    }

    /// Sets an option, of the worker or of one of its blocks, to what a person wrote; no texts =
    /// its default. Whether all of it makes sense together is `problem()`'s question.
    public mutating func set(
        _ option: ConfigOption, _ texts: [String]
    ) throws(ValueProblem) {
        let values = try OptionValue.canonical(texts, of: option)
        switch option.storage {
        case .name: name = values.first ?? ""
        case .typed(let key):
            if values.isEmpty {
                key.field.take(from: Self.standard, into: &self)
            } else if !key.field.store(values, in: &self) {
                preconditionFailure("\(option.key) is held as another kind")
            }
        case .kept(let id): try keep(id, option.isDefault(values) ? [] : values, of: option)
        case .daemon, .part: preconditionFailure("\(option.fullKey) is not a worker's")
        }
    }

    private mutating func keep(
        _ id: UInt16, _ values: [String], of option: ConfigOption
    ) throws(ValueProblem) {
        var changed = kept
        changed.set(id, values)
        guard changed.valueBytes <= SettingsLimits.keptBytes else {
            throw ValueProblem(
                option.fullKey, nil, "is too long together with other options",
                now: "shorten the lists of this worker to \(SettingsLimits.keptBytes) bytes in all")
        }
        kept = changed
    }

    private static let standard = WorkerSettings()

    /// The options of the worker and its blocks that are set and that nothing acts on yet.
    public var unused: [ConfigOption] {
        kept.compactMap { OptionTable.kept($0.id) }.filter { $0.since == .later }
    }
}

extension ConfigOption {
    /// Whether these values are what holds without them.
    func isDefault(_ values: [String]) -> Bool {
        !isStandardInWords && values == (standard.isEmpty ? [] : [standard])
            || !isRepeated && kind.isText && standard.isEmpty && values == [""]
    }
}

extension OptionKind {
    /// Whether an empty text is a value of it.
    var isText: Bool {
        switch self {
        case .text, .secret, .path, .pathOrOff, .program: true
        default: false
        }
    }
}
