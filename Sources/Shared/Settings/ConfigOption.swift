// What an option is: a key of a configuration file, and a flag where it is a worker's own. The
// tables of them are in OptionTable; what values mean is OptionValue's question.

/// Since when an option does something.
public enum Since: Sendable, Equatable {
    /// The version that first acted on it.
    case version(String)
    /// It is read, kept and written, and nothing acts on it yet.
    case later
}

/// How a value of several parts is divided where a file has it in one piece.
public enum Listing: Sendable, Equatable {
    /// It is one value, commas and all.
    case single
    /// Commas outside quotes divide it.
    case commas
    /// Commas and blanks outside quotes divide it.
    case words
}

/// One option.
public struct ConfigOption: Sendable {
    /// Where its value is held.
    enum Storage: Sendable, Equatable {
        /// The name of a worker, which `rename` changes.
        case name
        /// A field of WorkerSettings.
        case typed(SettingKey)
        /// `kept` of WorkerSettings or DaemonSettings, under this number, which is never given to
        /// another option.
        case kept(UInt16)
        /// A field of DaemonSettings.
        case daemon(DaemonSettings.Field)
        /// Part of the text that its block is kept as.
        case part
    }

    /// The block that it stands in; empty = the worker itself, or the top of a file.
    public private(set) var block = ""
    /// The key in files; the flag is `--` and the key, with `_` or `-`.
    public let key: String
    public let kind: OptionKind
    /// As a person would write it; empty = not set.
    public let standard: String
    /// Whether `standard` says in words what holds, so that it is not itself a value.
    public let isStandardInWords: Bool
    /// Whether its block is nothing without it.
    public let isRequired: Bool
    public let help: String
    public let since: Since
    let storage: Storage

    init(
        key: String, kind: OptionKind, standard: String = "",
        inWords: Bool = false, required: Bool = false, help: String, since: Since,
        storage: Storage
    ) {
        self.key = key
        self.kind = kind
        self.standard = standard
        isStandardInWords = inWords
        isRequired = required
        self.help = help
        self.since = since
        self.storage = storage
    }

    /// A typed setting of a worker.
    static func typed(
        _ key: SettingKey, _ kind: OptionKind, standard: String = "", inWords: Bool = false,
        _ help: String
    ) -> ConfigOption {
        ConfigOption(
            key: key.rawValue, kind: kind, standard: standard, inWords: inWords, help: help,
            since: .version("0.1"), storage: .typed(key))
    }

    /// An option that is kept as texts.
    static func kept(
        _ id: UInt16, _ key: String, _ kind: OptionKind, standard: String = "",
        inWords: Bool = false, required: Bool = false, _ help: String
    ) -> ConfigOption {
        ConfigOption(
            key: key, kind: kind, standard: standard, inWords: inWords, required: required,
            help: help, since: .later, storage: .kept(id))
    }

    func standing(in block: String) -> ConfigOption {
        var option = self
        option.block = block
        return option
    }

    /// Its number; nil where its value is a field of its own.
    public var id: UInt16? {
        if case .kept(let id) = storage { id } else { nil }
    }

    /// `vanguard.rate_limit`: what it is called where its block is not in sight.
    public var fullKey: String { block.isEmpty ? key : "\(block).\(key)" }

    /// Whether it may stand several times.
    public var isRepeated: Bool { kind.isRepeated }

    public var listing: Listing {
        if case .typed(.params) = storage { return .words }
        return isRepeated && kind != .block ? .commas : .single
    }

    /// Whether its value names a file or folder, seen from where it is written; a program does when
    /// it holds a `/`.
    public var isPath: Bool { kind == .path || kind == .pathOrOff || kind == .program }

    /// Whether its value is for the worker's owner alone: a secret, or an address, which may hold a
    /// password.
    public var isSecret: Bool {
        switch kind {
        case .secret, .url, .health: true
        default: false
        }
    }
}

/// The options that stand side by side: a worker's own, or those of one block.
public struct OptionBlock: RandomAccessCollection, Sendable {
    /// The word before `{` of a block within a worker or file; empty = a worker's own options, or
    /// the top of a file.
    public let name: String
    private let options: [ConfigOption]
    private let places: [String: Int]

    init(_ name: String, _ options: [ConfigOption]) {
        self.name = name
        self.options = options.map { $0.standing(in: name) }
        places = Dictionary(
            options.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { $1 })
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { options.count }
    public subscript(place: Int) -> ConfigOption { options[place] }

    /// The option of a key as files have it, with `_`.
    public func find(_ key: String) -> ConfigOption? { places[key].map { options[$0] } }

    public var keys: [String] { options.map(\.key) }

    /// What must not be left out.
    public var required: [ConfigOption] { options.filter(\.isRequired) }
}
