// Options of servers and those that are kept as texts, as JSON: each under its key with the type
// that its kind has, blocks as objects of their own.

import Settings

extension JSON {
    /// The options of servers, with what holds for those that are not set.
    static func serving(_ settings: WorkerSettings) -> [Field] {
        OptionTable.serving.map { option in
            let values =
                option.key == SettingKey.trustedProxies.rawValue
                ? settings.serverSettings.trustedProxies.map(\.text) : settings.values(option)
            return Field(name: option.key, value: JSON(option, values))
        }
    }

    /// The kept options of a worker, then its blocks; a block is null where nothing of it is set.
    static func kept(_ settings: WorkerSettings) -> [Field] {
        let own = OptionTable.worker.filter { $0.id != nil }
        return own.map { Field(name: $0.key, value: JSON($0, settings.values($0))) }
            + OptionTable.blocks.map { block in
                let isSet = block.contains { !settings.texts($0).isEmpty }
                let fields = block.map { option in
                    Field(name: option.key, value: JSON(option, settings.values(option)))
                }
                return Field(name: block.name, value: isSet ? .object(fields) : .null)
            }
    }

    /// The value of an option from its canonical texts; null where it is not set.
    init(_ option: ConfigOption, _ values: [String]) {
        if option.kind == .block {
            self = .list(values.map { JSON(block: $0, of: OptionTable.module) })
        } else if option.isRepeated {
            self = .texts(values)
        } else {
            self = values.first.map { JSON(option.kind, $0) } ?? .null
        }
    }

    private init(block text: String, of block: OptionBlock) {
        let values = BlockText.values(text) ?? [:]
        self = .object(
            block.map { option in
                let standard = option.standard.isEmpty ? [] : [option.standard]
                let texts = values[option.key].map { [$0] } ?? standard
                return Field(name: option.key, value: JSON(option, texts))
            })
    }

    private init(_ kind: OptionKind, _ text: String) {
        switch kind {
        case .flag: self = .truth(text == "true")
        case .number, .milliseconds, .seconds: self = Int64(text).map { .number($0) } ?? .text(text)
        case .bytes: self = ByteSize.bytes(text).map { .number($0) } ?? .text(text)
        default: self = .optional(text)
        }
    }
}
