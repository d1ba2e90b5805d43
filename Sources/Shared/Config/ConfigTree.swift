// A file with all that it includes, as one tree of statements: an `include` is replaced by what the
// named files hold, wherever it stands.

import Settings

public struct ConfigTree: Sendable {
    /// Each file once, in the order in which they were first read; the first is the one asked for.
    public internal(set) var sources: [SourceText] = []
    public internal(set) var statements: [Statement] = []
    var findings = Findings()

    /// Something of the text, or of what it includes, was not understood or not read; nothing of it
    /// is to be acted on.
    public var isBroken: Bool { findings.hasErrors }

    /// - Parameter path: absolute.
    public static func read(_ path: String, from files: some ConfigFiles) -> ConfigTree {
        var assembler = Assembler(files: files)
        assembler.tree.statements = assembler.statements(of: ConfigPath.normal(path))
        return assembler.tree
    }
}

/// Reads, parses and puts together.
private struct Assembler<Files: ConfigFiles> {
    let files: Files
    var tree = ConfigTree()
    private var numbers: [String: Int] = [:]
    private var bytesLeft = ConfigLimits.totalBytes
    private var filesLeft = ConfigLimits.files
    private var statementsLeft = ConfigLimits.statements
    /// A limit was reached and told; nothing more is read.
    private var isFull = false
    /// Texts whose findings were told: a file may be included in many places.
    private var told: Set<String> = []

    init(files: Files) { self.files = files }

    /// The statements of the file that was asked for.
    mutating func statements(of path: String) -> [Statement] {
        do throws(ConfigFileProblem) {
            let number = try number(of: path)
            return statements(of: number, in: .top, chain: [path])
        } catch {
            tree.findings.add(
                ConfigMessage(.error, file: path, error.text, now: error.advice))
            return []
        }
    }

    /// The file's number in the tree; it is read when it is asked for first.
    private mutating func number(of path: String) throws(ConfigFileProblem) -> Int {
        if let number = numbers[path] { return number }
        let bytes = try files.read(path)
        guard bytes.count <= ConfigLimits.fileBytes else {
            throw ConfigFileProblem(
                .refused, "\(path) has more than \(ConfigLimits.fileBytes) bytes",
                now: "put parts of it in files of their own, and include those")
        }
        let number = tree.sources.count
        numbers[path] = number
        tree.sources.append(SourceText(path: path, bytes: bytes))
        return number
    }

    private mutating func statements(
        of number: Int, in kind: BlockKind, chain: [String]
    ) -> [Statement] {
        let source = tree.sources[number]
        if let problem = source.problem() {
            tree.findings.add(problem, in: source)
            return []
        }
        bytesLeft -= source.bytes.count
        filesLeft -= 1
        guard bytesLeft >= 0, filesLeft >= 0 else {
            isFull = true
            tree.findings.add(
                ConfigMessage(
                    .error, file: source.path,
                    bytesLeft < 0
                        ? "the files together have more than \(ConfigLimits.totalBytes) bytes"
                        : "more than \(ConfigLimits.files) files are included",
                    now: "load them one after the other"))
            return []
        }
        var parser = Parser(
            source.bytes, file: number, in: kind, statementLimit: statementsLeft)
        let parsed = parser.parse()
        statementsLeft = max(0, statementsLeft - parser.statementCount)
        if !parser.findings.isEmpty, told.insert("\(kind) \(number)").inserted {
            for finding in parser.findings { tree.findings.add(finding, in: source) }
        }
        return expanded(parsed, in: kind, chain: chain)
    }

    /// The statements with those of included files in the place of each `include`.
    private mutating func expanded(
        _ statements: [Statement], in kind: BlockKind, chain: [String]
    ) -> [Statement] {
        if kind == .unknown { return statements }
        var all: [Statement] = []
        all.reserveCapacity(statements.count)
        for var statement in statements {
            if statement.key == "include", statement.block == nil {
                all += included(by: statement, in: kind, chain: chain)
                continue
            }
            if let block = statement.block {
                statement.block?.statements = expanded(
                    block.statements, in: block.kind, chain: chain)
            }
            all.append(statement)
        }
        return all
    }

    private mutating func included(
        by statement: Statement, in kind: BlockKind, chain: [String]
    ) -> [Statement] {
        if statement.words.isEmpty {
            tell(.error, statement, "'include' names no file", now: "write include PATH;")
        }
        var all: [Statement] = []
        for word in statement.words where !isFull {
            for path in paths(of: word.text, statement) where !isFull {
                all += content(of: path, statement, in: kind, chain: chain)
            }
        }
        return all
    }

    private mutating func paths(of text: String, _ statement: Statement) -> [String] {
        let folder = ConfigPath.folder(of: tree.sources[statement.file].path)
        let path = ConfigPath.resolved(text, in: folder)
        guard path.utf8.count <= SettingsLimits.pathBytes else {
            tell(
                .error, statement, "the path \(Excerpt.quoted(text)) is too long",
                now: "at most \(SettingsLimits.pathBytes) bytes")
            return []
        }
        guard GlobPattern.isPattern(path) else { return [path] }
        do throws(ConfigFileProblem) {
            let paths = try files.paths(matching: path, atMost: ConfigLimits.files + 1)
            if paths.isEmpty {
                tell(
                    .warning, statement, "no file is named \(Excerpt.quoted(path))",
                    now: "put one there, or remove the include")
            }
            return paths
        } catch {
            tell(.error, statement, error.text, now: error.advice)
            return []
        }
    }

    private mutating func content(
        of path: String, _ statement: Statement, in kind: BlockKind, chain: [String]
    ) -> [Statement] {
        if let first = chain.firstIndex(of: path) {
            let circle = (chain[first...] + [path]).joined(separator: " includes ")
            tell(
                .error, statement, "files include each other in a circle: \(circle)",
                now: "remove one of these includes")
            return []
        }
        guard chain.count < ConfigLimits.includeDepth else {
            tell(
                .error, statement,
                "more than \(ConfigLimits.includeDepth) files include each other in a row",
                now: "include \(path) from a file further up")
            return []
        }
        do throws(ConfigFileProblem) {
            return statements(of: try number(of: path), in: kind, chain: chain + [path])
        } catch {
            tell(.error, statement, error.text, now: error.advice)
            return []
        }
    }

    private mutating func tell(
        _ level: ConfigMessage.Level, _ statement: Statement, _ text: String, now advice: String
    ) {
        tree.findings.add(
            Finding(level, at: statement.start, text, now: advice),
            in: tree.sources[statement.file])
    }
}
