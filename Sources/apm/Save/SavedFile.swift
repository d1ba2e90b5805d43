// One configuration file with the workers that are to be saved in it: what it says now is compared
// with what runs, and only what differs is written. The text is read with the caller's rights; as
// root, it and all that it includes are files that root alone can change.

import Config
import ConfigDisk
import Control
import Settings

struct SavedFile {
    /// A worker, and where its block stands afterwards.
    struct Place {
        let name: String
        let source: WorkerSource
    }

    let target: SaveTarget
    /// What $NAME may stand for, of all workers.
    private var variables: [String: String] = [:]
    private var files: OneFileOverDisk
    private(set) var changed: [String] = []
    private(set) var places: [Place] = []
    private(set) var failures: [Failure] = []

    init(_ path: String, isNewAllowed: Bool = false, uid: UInt32) throws(Failure) {
        target = try SaveTarget(path, isNewAllowed: isNewAllowed, uid: uid)
        var check: DiskFiles.Check?
        if uid == 0 { check = Self.rootsAlone }
        files = OneFileOverDisk(
            path: path, bytes: target.bytes, isNew: target.isNew, disk: DiskFiles(check: check))
    }

    private static func rootsAlone(_ file: Int32, _ path: String) throws(ConfigFileProblem) {
        guard (try? Changers.of(file, at: path)) != .root else { return }
        throw ConfigFileProblem(
            .refused, "\(path) can be changed by others than root",
            now: "give it, and the folders above it, to root alone")
    }

    // MARK: What is to be written

    /// Workers of this file, each with where it stands now. `live`: names of all that there are.
    mutating func save(_ workers: [WorkerInfo], live: Set<String>) {
        // What $NAME stands for in a path is each worker's own.
        for group in Dictionary(grouping: workers, by: \.settings.baseEnvironment) {
            let variables = Self.variables(group.key)
            self.variables.merge(variables) { first, _ in first }
            do throws(RewritingProblem) {
                try save(group.value, variables, live)
            } catch {
                fail(error)
            }
        }
        // Places are known when all are written.
        for worker in workers { note(worker) }
    }

    private mutating func save(
        _ workers: [WorkerInfo], _ variables: [String: String], _ live: Set<String>
    ) throws(RewritingProblem) {
        let plan = ConfigReader.plan(of: target.path, from: files, environment: variables)
        if plan.isBroken, let message = plan.messages.first(where: { $0.level == .error }) {
            throw RewritingProblem(
                text: "\(message.file):\(message.line):\(message.column): \(message.text)",
                advice: message.advice)
        }
        let here = plan.workers.filter { $0.source.blockFile == target.path }
        let known = Dictionary(
            here.map { ($0.settings.name, $0.settings) }, uniquingKeysWith: { first, _ in first })
        var wanted: [WantedBlock] = []
        for worker in workers {
            var settings = worker.settings
            settings.baseEnvironment = []
            if let before = known[settings.name] {
                if before != settings { wanted.append(WantedBlock(settings.name, settings)) }
                continue
            }
            // It was renamed: its block stands where it was loaded from, under its old name.
            let old = here.first {
                $0.source.line == worker.source.line && !live.contains($0.settings.name)
            }
            guard let old else {
                failures.append(absent(settings.name))
                continue
            }
            wanted.append(WantedBlock(old.settings.name, settings))
        }
        guard !wanted.isEmpty else { return }
        try rewrite(wanted, variables)
    }

    /// All of them; where that fails, one after the other, so that one does not stop the others.
    private mutating func rewrite(
        _ wanted: [WantedBlock], _ variables: [String: String]
    ) throws(RewritingProblem) {
        do throws(RewritingProblem) {
            files.bytes = try rewriting(variables).changing(wanted)
            changed += wanted.map(\.settings.name)
        } catch {
            guard wanted.count > 1, wanted.count <= Self.singly else { throw error }
            for block in wanted {
                do throws(RewritingProblem) {
                    files.bytes = try rewriting(variables).changing([block])
                    changed.append(block.settings.name)
                } catch {
                    fail(error)
                }
            }
        }
    }

    /// Each one costs a reading of the whole file.
    private static let singly = 64

    /// A worker that this file is to have from now on: its block is written anew, or added.
    mutating func add(_ worker: WorkerInfo, loadedWith file: String) throws(Failure) {
        variables = Self.variables(worker.settings.baseEnvironment)
        var settings = worker.settings
        settings.baseEnvironment = []
        do throws(RewritingProblem) {
            let plan =
                target.isNew
                ? ConfigPlan()
                : ConfigReader.plan(of: target.path, from: files, environment: variables)
            let old = plan.workers.first {
                $0.settings.name == settings.name && $0.source.blockFile == target.path
            }
            if let old {
                if old.settings != settings {
                    files.bytes = try rewriting(variables).changing(settings.name, to: settings)
                    changed = [settings.name]
                }
            } else {
                files.bytes = try rewriting(variables).appending(settings)
                files.isNew = false
                changed = [settings.name]
            }
        } catch {
            throw Self.failure(error)
        }
        var moved = worker
        moved.source = WorkerSource(file: file, blockFile: target.path)
        note(moved)
    }

    private func rewriting(_ variables: [String: String]) -> BlockRewriting<OneFileOverDisk> {
        BlockRewriting(path: target.path, files: files, environment: variables)
    }

    /// Where the worker's block stands in the new text.
    private mutating func note(_ worker: WorkerInfo) {
        guard changed.count > 0 || worker.source.line == 0 else { return }
        let plan = finalPlan()
        guard let line = plan[worker.settings.name] else { return }
        var source = worker.source
        source.line = line
        places.append(Place(name: worker.settings.name, source: source))
    }

    private var knownLines: [String: UInt32]?

    private mutating func finalPlan() -> [String: UInt32] {
        if let knownLines { return knownLines }
        let plan = ConfigReader.plan(
            of: target.path, from: files, environment: variables)
        let lines = Dictionary(
            plan.workers.filter { $0.source.blockFile == target.path }
                .map { ($0.settings.name, $0.source.line) }, uniquingKeysWith: { first, _ in first }
        )
        knownLines = lines
        return lines
    }

    // MARK: Writing

    /// False: there is nothing to be written.
    func write() throws(Failure) -> Bool {
        guard target.isNew || files.bytes != target.bytes else { return false }
        try target.replace(with: files.bytes)
        return true
    }

    // MARK: Words

    private mutating func fail(_ problem: RewritingProblem) {
        failures.append(Self.failure(problem))
    }

    private static func failure(_ problem: RewritingProblem) -> Failure {
        Failure(Visible.text(problem.text), now: Visible.text(problem.advice))
    }

    private func absent(_ name: String) -> Failure {
        let shown = Visible.text(name)
        return Failure(
            "\(Visible.text(target.path)) does not define \(shown) any more",
            now: "apm saveconf \(shown) FILE puts it into a file")
    }

    private static func variables(_ entries: [String]) -> [String: String] {
        Dictionary(
            entries.map { entry in
                let key = entry.prefix { $0 != "=" }
                return (String(key), String(entry[key.endIndex...].dropFirst()))
            }, uniquingKeysWith: { _, last in last })
    }
}

/// All files of the disk as they are, but for one.
private struct OneFileOverDisk: ConfigFiles {
    let path: String
    var bytes: [UInt8]
    /// It is not there yet.
    var isNew: Bool
    let disk: DiskFiles

    func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] {
        guard path == self.path else { return try disk.read(path) }
        if isNew {
            throw ConfigFileProblem(.missing, "there is no \(path) yet", now: "save into it")
        }
        return bytes
    }

    func list(_ folder: String) throws(ConfigFileProblem) -> [String] { try disk.list(folder) }
}
