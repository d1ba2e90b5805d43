// What the parser makes of a text: statements, each with the places where its parts stand, so that
// messages can name them and a file can be changed in one place alone.

/// One value as it is meant: without quotes, escapes and blanks around it.
public struct Word: Equatable, Sendable {
    public var text: String
    /// Where it stands, quotes included; in bytes of its file.
    public var range: Range<Int>
    /// Some of it stood between quotes; such a word may be empty.
    public var isQuoted: Bool
}

/// `key value;` or `key { … }`.
public struct Statement: Equatable, Sendable {
    /// Number of its file in the tree.
    public var file: Int
    /// With `_` for `-`, and without the colon.
    public var key: String
    /// From the key's first byte to behind the `;` or `}`.
    public var range: Range<Int>
    /// Behind the key and its colon.
    public var keyEnd: Int
    /// The values, or a block's label.
    public var words: [Word] = []
    public var block: Block?

    public var start: Int { range.lowerBound }
}

public struct Block: Equatable, Sendable {
    public var kind: BlockKind
    /// Where its `{` and its `}` stand.
    public var opening: Int
    public var closing: Int
    public var statements: [Statement]
}
