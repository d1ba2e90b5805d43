// A file in which one worker's block says something else, and all other bytes are what they were:
// comments, order, includes, indentation. Every result is read again before it is given out; where
// it does not say what was wanted (because an included file has the last word, for example), the
// file stays as it is, and the words say why.

import Settings

/// Why a file is not rewritten.
public struct RewritingProblem: Error, Equatable, Sendable {
    /// What stands in the way.
    public var text: String
    /// What to do now.
    public var advice: String

    public init(text: String, advice: String) {
        self.text = text
        self.advice = advice
    }
}

/// What a worker's block is to say.
public struct WantedBlock: Equatable, Sendable {
    /// What the worker is called in the file.
    public var name: String
    /// With the name that it is to have.
    public var settings: WorkerSettings
    /// What may change; nil = all that differs.
    public var keys: SettingKeys?

    public init(_ name: String, _ settings: WorkerSettings, keys: SettingKeys? = nil) {
        self.name = name
        self.settings = settings
        self.keys = keys
    }
}

public struct BlockRewriting<Files: ConfigFiles> {
    private let path: String
    private let files: Files
    private let environment: [String: String]

    /// - Parameters:
    ///   - path: of the file that the block stands in, absolute (`WorkerSource.blockFile`).
    ///   - environment: what `$NAME` in its paths stood for when it was loaded.
    public init(path: String, files: Files, environment: [String: String] = [:]) {
        self.path = ConfigPath.normal(path)
        self.files = files
        self.environment = environment
    }

    /// The bytes in which the block of `name` says what `settings` say.
    ///
    /// - Parameter keys: what may change; nil = all that differs. The name is `settings`' own.
    public func changing(
        _ name: String, to settings: WorkerSettings, keys: SettingKeys? = nil
    ) throws(RewritingProblem) -> [UInt8] {
        try changing([WantedBlock(name, settings, keys: keys)])
    }

    /// The bytes in which all these blocks say what is wanted of them: all of it, or none.
    public func changing(_ wanted: [WantedBlock]) throws(RewritingProblem) -> [UInt8] {
        let text = try text()
        let before = try plan(of: text.bytes)
        let changes = try changes(wanted, in: text, before)
        // First where a value stands; then, of what that was not enough for, at the block's end,
        // behind what it includes.
        var atEnd: Set<String> = []
        for _ in 0..<2 {
            let bytes = text.applying(
                changes.flatMap { change in
                    BlockEdits(text, change.block, atEnd: atEnd.contains(change.name))
                        .edits(from: change.old, to: change.new)
                })
            let after = try? plan(of: bytes)
            if let after, isSame(before, after, with: changes) { return bytes }
            let unmet = changes.filter { change in
                after?.workers.contains { $0.settings == change.new } != true
            }
            atEnd = Set((unmet.isEmpty ? changes : unmet).map(\.name))
        }
        let names = changes.map(\.name).filter(atEnd.contains).prefix(3).joined(separator: ", ")
        throw RewritingProblem(
            text: "\(path) would not say what was wanted of \(names): a file that it includes, or "
                + "how it is written, has the last word",
            advice: "change it by hand, or save the worker to another file")
    }

    /// A block and what it is to say.
    private struct Change {
        let name: String
        let block: Statement
        let old: WorkerSettings
        let new: WorkerSettings
    }

    private func changes(
        _ wanted: [WantedBlock], in text: SourceText, _ plan: ConfigPlan
    ) throws(RewritingProblem) -> [Change] {
        let known = Dictionary(
            plan.workers.filter { $0.source.blockFile == path }.map { ($0.settings.name, $0) },
            uniquingKeysWith: { first, _ in first })
        let blocks = blocks(in: text)
        var changes: [Change] = []
        for block in wanted {
            guard let old = known[block.name] else { throw missing(block.name) }
            let before = old.settings
            var new = block.keys.map { before.taking($0, from: block.settings) } ?? block.settings
            new.name = block.settings.name
            new.baseEnvironment = []
            if let option = OptionTable.dashboard.find("module"),
                new.texts(option) != before.texts(option)
            {
                throw RewritingProblem(
                    text: "the modules of \(block.name)'s dashboard differ from those in \(path)",
                    advice: "change them in the file, or save the worker to another one")
            }
            changes.append(
                Change(
                    name: block.name, block: try Self.only(blocks[old.source.line], of: old),
                    old: before, new: new))
        }
        return changes
    }

    /// Whether all workers but those are what they were, and those are what was wanted.
    private func isSame(
        _ before: ConfigPlan, _ after: ConfigPlan, with changes: [Change]
    ) -> Bool {
        let wanted = Dictionary(
            changes.map { ($0.name, $0.new) }, uniquingKeysWith: { first, _ in first })
        let workers = before.workers.map { wanted[$0.settings.name] ?? $0.settings }
        return workers == after.workers.map(\.settings)
            && after.refused == before.refused && after.daemon == before.daemon
    }

    /// The bytes with a block for a new worker at the end.
    public func appending(
        _ settings: WorkerSettings, remarks: [String] = []
    ) throws(RewritingProblem) -> [UInt8] {
        let text = try text(isNewAllowed: true)
        let before = try plan(of: text.bytes)
        if before.workers.contains(where: { $0.settings.name == settings.name }) {
            throw RewritingProblem(
                text: "\(path) has a worker '\(settings.name)' already",
                advice: "give this one another name, or save it to another file")
        }
        let newline = text.newline
        var bytes = text.bytes
        if let last = bytes.last, last != Byte.newline { bytes += Array(newline.utf8) }
        if !bytes.isEmpty { bytes += Array(newline.utf8) }
        bytes += Array(
            ConfigWriter.worker(
                settings, in: ConfigPath.folder(of: path), remarks: remarks, newline: newline
            ).utf8)
        var wanted = settings
        wanted.baseEnvironment = []
        guard isSame(before, try plan(of: bytes), except: settings.name, wanted) else {
            throw RewritingProblem(
                text: "what \(settings.name) is set to cannot be written to a file",
                advice: "look for control characters and unusual quotes in 'apm info'")
        }
        return bytes
    }

    /// The bytes without the block of a worker.
    public func removing(_ name: String) throws(RewritingProblem) -> [UInt8] {
        let text = try text()
        let before = try plan(of: text.bytes)
        guard let old = before.workers.first(where: { stands($0, as: name) }) else {
            throw missing(name)
        }
        let block = try Self.only(blocks(in: text)[old.source.line], of: old)
        let bytes = text.applying([text.removal(of: block.range)])
        guard isSame(before, try plan(of: bytes), except: name, nil) else {
            throw RewritingProblem(
                text: "\(path) cannot be read without the block of \(name)",
                advice: "remove it by hand")
        }
        return bytes
    }

    // MARK: Reading

    private func text(isNewAllowed: Bool = false) throws(RewritingProblem) -> SourceText {
        do throws(ConfigFileProblem) {
            return SourceText(path: path, bytes: try files.read(path))
        } catch {
            if isNewAllowed, error.kind == .missing { return SourceText(path: path, bytes: []) }
            throw RewritingProblem(text: error.text, advice: error.advice)
        }
    }

    private func plan(of bytes: [UInt8]) throws(RewritingProblem) -> ConfigPlan {
        let overlay = Overlay(files: files, path: path, bytes: bytes)
        let plan = ConfigReader.plan(of: path, from: overlay, environment: environment)
        guard plan.isBroken, let message = plan.messages.first(where: { $0.level == .error }) else {
            return plan
        }
        throw RewritingProblem(
            text: "\(message.file):\(message.line):\(message.column): \(message.text)",
            advice: message.advice)
    }

    private func stands(_ worker: PlannedWorker, as name: String) -> Bool {
        worker.settings.name == name && worker.source.blockFile == path
    }

    private func missing(_ name: String) -> RewritingProblem {
        RewritingProblem(
            text: "no worker '\(name)' that can be read stands in \(path)",
            advice: "'apm check \(path)' says what does; or save it to another file")
    }

    /// The statements of workers in the file's own text, by their lines.
    private func blocks(in text: SourceText) -> [UInt32: [Statement]] {
        var parser = Parser(
            text.bytes, file: 0, in: .top, statementLimit: ConfigLimits.statements)
        let found = parser.parse().filter { $0.block?.kind == .worker }
        return Dictionary(grouping: found) { UInt32(text.position(of: $0.start).line) }
    }

    private static func only(
        _ blocks: [Statement]?, of worker: PlannedWorker
    ) throws(RewritingProblem) -> Statement {
        if let blocks, blocks.count == 1 { return blocks[0] }
        throw RewritingProblem(
            text: "\(worker.source.blockFile):\(worker.source.line) holds the blocks of several "
                + "workers",
            advice: "put each on a line of its own")
    }

    /// Whether all workers but one are what they were, and that one is what was wanted.
    private func isSame(
        _ before: ConfigPlan, _ after: ConfigPlan, except name: String, _ wanted: WorkerSettings?
    ) -> Bool {
        let others = { (plan: ConfigPlan, own: String) in
            plan.workers.map(\.settings).filter { $0.name != own }
        }
        let own = after.workers.filter { $0.settings.name == wanted?.name }.map(\.settings)
        return own == (wanted.map { [$0] } ?? [])
            && others(before, name) == others(after, wanted?.name ?? name)
            && after.refused == before.refused && after.daemon == before.daemon
    }
}

/// All files as they are, but for one.
private struct Overlay<Files: ConfigFiles>: ConfigFiles {
    let files: Files
    let path: String
    let bytes: [UInt8]

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        path == self.path ? bytes : try files.read(path)
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] { try files.list(folder) }
}
