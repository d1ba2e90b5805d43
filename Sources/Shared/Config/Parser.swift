// Text → statements. One pass over the bytes; how a value is split depends on its key (Grammar),
// so there is no row of tokens in between. What is wrong is told once, at the place where it
// can be set right, and the parser goes on behind it: after a missing `;` at the next line, after a
// missing `}` at the next block that cannot stand where it is.

struct Parser {
    let bytes: [UInt8]
    let file: Int
    var offset = 0
    private(set) var findings: [Finding] = []
    private(set) var statementCount = 0
    private let statementLimit: Int
    private let rootKind: BlockKind
    private var errorCount = 0
    /// Nothing more is read.
    private(set) var isOver = false
    /// Blocks are left until one is reached in which what stands here may stand.
    private var isUnwinding = false
    /// How many `{` of the value that is being read are not closed.
    var braces = 0

    /// - Parameter kind: of the block that the text stands in; `top` for a file by itself.
    init(_ bytes: [UInt8], file: Int, in kind: BlockKind, statementLimit: Int) {
        self.bytes = bytes
        self.file = file
        rootKind = kind
        self.statementLimit = statementLimit
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    mutating func parse() -> [Statement] {
        skipGaps()
        if let byte = current, byte == Byte.opening || byte == UInt8(ascii: "[") {
            error(
                at: offset, "this is no configuration file; it looks like JSON",
                now: "'apm convert' reads the files of PM2")
            return []
        }
        return statements(in: rootKind, depth: 0, opening: nil)
    }

    var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func error(at place: Int, _ text: String, now advice: String) {
        if isOver { return }
        findings.append(Finding(.error, at: place, text, now: advice))
        errorCount += 1
        if errorCount == ConfigLimits.syntaxErrors {
            findings.append(
                Finding(
                    .error, at: offset < bytes.count ? offset : nil,
                    "too many errors; the rest of the file was not looked at",
                    now: "set right what is named above"))
            isOver = true
        }
    }

    mutating func warn(at place: Int, _ text: String, now advice: String) {
        if !isOver { findings.append(Finding(.warning, at: place, text, now: advice)) }
    }

    /// Ends the reading after an error that leaves no sense in what follows.
    mutating func giveUp(at place: Int, _ text: String, now advice: String) {
        error(at: place, text, now: advice)
        isOver = true
    }

    // MARK: Blocks

    /// Up to the `}` of the block (which is not taken) or the end of the file.
    private mutating func statements(
        in kind: BlockKind, depth: Int, opening: Int?
    ) -> [Statement] {
        var found: [Statement] = []
        while !isOver {
            skipGaps()
            switch current {
            case nil:
                if let opening {
                    giveUp(
                        at: opening, "the block that begins here has no '}'",
                        now: "put a '}' behind its last line")
                }
                return found
            case Byte.closing:
                if depth > 0 { return found }
                error(at: offset, "this '}' closes no block", now: "remove it, or find its '{'")
                offset += 1
            case Byte.opening:
                error(
                    at: offset, "a block without a name begins here",
                    now: "put its name before the '{', like worker {")
                _ = block(named: "", at: offset, keyEnd: offset, .unknown, depth)
            default:
                if let statement = statement(in: kind, depth) { found.append(statement) }
            }
            if isUnwinding {
                guard depth == 0 else { return found }
                isUnwinding = false
            }
        }
        return found
    }

    private mutating func statement(in kind: BlockKind, _ depth: Int) -> Statement? {
        let start = offset
        guard countStatement(), let key = key() else { return nil }
        let keyEnd = offset
        let shape = Grammar.shape(of: key, in: kind)
        if depth > 0, rootKind == .top, shape == nil, leaves(key) {
            error(
                at: start, "'\(key)' cannot stand in a block; the '}' before it is missing",
                now: "put a '}' above this line")
            offset = start
            isUnwinding = true
            return nil
        }
        if case .block(let inner)? = shape {
            return block(named: key, at: start, keyEnd: keyEnd, inner, depth)
        }
        if let found = unexpectedBlock(named: key, at: start, isKnown: shape != nil, depth) {
            return found
        }
        guard let words = values(of: key, shape, in: kind, from: start) else { return nil }
        if shape == nil, current == Byte.opening, bytes[offset - 1] != Byte.semicolon {
            return block(
                named: key, at: start, keyEnd: keyEnd, .unknown, depth, label: words)
        }
        return Statement(
            file: file, key: key, range: start..<offset, keyEnd: keyEnd, words: words)
    }

    private mutating func countStatement() -> Bool {
        statementCount += 1
        if statementCount <= statementLimit { return true }
        giveUp(
            at: offset, "there are more than \(ConfigLimits.statements) statements",
            now: "load the workers from several files, one after the other")
        return false
    }

    /// Whether this key begins a block of the file itself: then the one around it is not closed.
    private func leaves(_ key: String) -> Bool {
        guard case .block? = Grammar.shape(of: key, in: .top) else { return false }
        var place = offset
        while place < bytes.count {
            switch bytes[place] {
            case Byte.opening: return true
            case Byte.semicolon, Byte.closing, Byte.newline: return opensNext(place)
            default: place += 1
            }
        }
        return false
    }

    private func opensNext(_ place: Int) -> Bool {
        guard bytes[place] == Byte.newline else { return false }
        let next = gapEnd(from: place)
        return next < bytes.count && bytes[next] == Byte.opening
    }

    /// A block whose key is not known, or is a key that takes a value.
    private mutating func unexpectedBlock(
        named key: String, at start: Int, isKnown: Bool, _ depth: Int
    ) -> Statement? {
        let keyEnd = offset
        let brace = gapEnd(from: offset)
        guard brace < bytes.count, bytes[brace] == Byte.opening else { return nil }
        if isKnown {
            guard isLineEnd(after: brace) else { return nil }
            error(
                at: start, "'\(key)' takes a value, and a block follows",
                now: "write \(key) VALUE;")
        }
        return block(named: key, at: start, keyEnd: keyEnd, .unknown, depth)
    }

    private mutating func block(
        named key: String, at start: Int, keyEnd: Int, _ kind: BlockKind, _ depth: Int,
        label: [Word] = []
    ) -> Statement? {
        var label = label
        skipGaps()
        if label.isEmpty, let byte = current, byte != Byte.opening {
            if let word = labelWord() { label = [word] }
            skipGaps()
        }
        let opening = offset
        guard !isOver, current == Byte.opening else {
            error(at: start, "'\(key)' is a block, and no '{' follows", now: "write \(key) { … }")
            skipLine()
            return nil
        }
        offset += 1
        guard depth < ConfigLimits.blockDepth else {
            giveUp(
                at: start, "blocks are nested more than \(ConfigLimits.blockDepth) deep",
                now: "close some of them before this one")
            return nil
        }
        let inner = statements(in: kind, depth: depth + 1, opening: opening)
        let closing = offset
        if current == Byte.closing, !isUnwinding, !isOver { offset += 1 }
        return Statement(
            file: file, key: key, range: start..<offset, keyEnd: keyEnd, words: label,
            block: Block(kind: kind, opening: opening, closing: closing, statements: inner))
    }
}
