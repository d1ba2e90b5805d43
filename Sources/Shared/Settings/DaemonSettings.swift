// What files say about the daemon itself: its block, and the keys beside all blocks.

import Bytes

/// What files say about the daemon itself.
public struct DaemonSettings: Equatable, Sendable {
    /// The group whose members may operate the workers; empty = none was named.
    public var allowGroup = ""
    /// Everybody on the machine may start, stop and restart what is defined.
    public var isOperatedByEveryone = false
    /// Files are read again when they change.
    public var autoReload = false
    /// Options whose features come later, in ascending order of their numbers.
    public var kept: [KeptOption] = []

    enum Field: Sendable {
        case allowGroup, operate, autoReload
    }

    public init() {}

    /// Nothing is set that stands in the block.
    public var isOfNoBlock: Bool {
        var rest = self
        rest.kept.removeAll { kept in OptionTable.top.contains { $0.id == kept.id } }
        return rest == DaemonSettings()
    }

    public func write(to writer: inout ByteWriter) {
        writer.write(allowGroup)
        writer.write(isOperatedByEveryone)
        writer.write(autoReload)
        kept.write(to: &writer)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        allowGroup = try reader.readText(atMost: SettingsLimits.userBytes)
        isOperatedByEveryone = try reader.readBool()
        autoReload = try reader.readBool()
        kept = try [KeptOption](reading: &reader, known: OptionTable.daemonIds)
    }

    /// What an option is set to, in its canonical form; empty = not set.
    public func texts(_ option: ConfigOption) -> [String] {
        switch option.storage {
        case .daemon(.allowGroup): allowGroup.isEmpty ? [] : [allowGroup]
        case .daemon(.operate): isOperatedByEveryone ? ["everyone"] : []
        case .daemon(.autoReload): autoReload ? ["true"] : []
        case .kept(let id): kept.values(of: id)
        case .name, .typed, .part: []
        }
    }

    /// Sets an option to what a person wrote; nothing = its default.
    public mutating func set(
        _ option: ConfigOption, _ texts: [String]
    ) throws(ValueProblem) {
        let values = try OptionValue.canonical(texts, of: option)
        switch option.storage {
        case .daemon(.allowGroup): allowGroup = values.first ?? ""
        case .daemon(.operate): isOperatedByEveryone = values.first == "everyone"
        case .daemon(.autoReload): autoReload = values.first == "true"
        case .kept(let id): kept.set(id, option.isDefault(values) ? [] : values)
        case .name, .typed, .part: preconditionFailure("\(option.fullKey) is not the daemon's")
        }
    }
}
