// Which keys stand in which block, and how the text of their values is split. The option table
// says what there is; what the language adds to it (include, cmd, the blocks) stands here.

import Settings

public enum BlockKind: String, CaseIterable, Sendable {
    /// A file, outside of any block.
    case top
    case worker
    case daemon
    case vanguard
    case onCrash = "on_crash"
    case statsd
    case dashboard
    case module
    /// A block that the language does not know: read, so that what follows is understood.
    case unknown
}

/// How the text between a key and its `;` is taken.
public enum ValueShape: Equatable, Sendable {
    /// One value that may hold blanks and commas.
    case scalar
    /// The same; `#` and 3 to 8 hexadecimal digits are a value, not a comment.
    case colour
    /// Values between commas.
    case list
    /// Values between blanks or commas.
    case words
    /// Words as a shell splits them.
    case command
    case block(BlockKind)
}

public enum Grammar {
    /// nil: there is no such key there.
    public static func shape(of key: String, in kind: BlockKind) -> ValueShape? {
        shapes[kind]?[key]
    }

    /// The keys of a block.
    public static func keys(in kind: BlockKind) -> [String] {
        shapes[kind].map { Array($0.keys).sorted() } ?? []
    }

    private static let shapes: [BlockKind: [String: ValueShape]] = {
        var shapes: [BlockKind: [String: ValueShape]] = [:]
        for kind in BlockKind.allCases where kind != .unknown {
            var own: [String: ValueShape] = ["include": .list]
            for option in options(of: kind) ?? OptionTable.top {
                own[option.key] = shape(of: option)
            }
            for inner in blocks(in: kind) { own[inner.rawValue] = .block(inner) }
            shapes[kind] = own
        }
        shapes[.worker]?["cmd"] = .command
        shapes[.unknown] = ["include": .list]
        return shapes
    }()

    private static func blocks(in kind: BlockKind) -> [BlockKind] {
        switch kind {
        case .top: [.worker, .daemon]
        case .worker: [.vanguard, .onCrash, .statsd, .dashboard]
        case .dashboard: [.module]
        case .daemon, .vanguard, .onCrash, .statsd, .module, .unknown: []
        }
    }

    /// The options of a block; nil where it is none of the table's.
    static func options(of kind: BlockKind) -> OptionBlock? {
        switch kind {
        case .top: OptionTable.top
        case .worker: OptionTable.worker
        case .daemon: OptionTable.daemon
        case .vanguard: OptionTable.vanguard
        case .onCrash: OptionTable.onCrash
        case .statsd: OptionTable.statsd
        case .dashboard: OptionTable.dashboard
        case .module: OptionTable.module
        case .unknown: nil
        }
    }

    private static func shape(of option: ConfigOption) -> ValueShape {
        switch option.listing {
        case .words: .words
        case .commas: .list
        case .single: option.kind == .colour ? .colour : .scalar
        }
    }
}
