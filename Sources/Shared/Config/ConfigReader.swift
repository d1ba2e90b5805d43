// Tree → plan. A bad value of an option that is only useful is told, and its default holds; one
// that decides what runs, as whom, or who may come in refuses its worker, and the others go on.

import Settings

public struct ConfigReader {
    let tree: ConfigTree
    let variable: (String) -> String?
    var findings: Findings
    var plan = ConfigPlan()
    /// Where each name was given first.
    private var names: [String: Place] = [:]
    /// Where the options of each worker of the plan stand, by their full keys.
    private var places: [[String: Place]] = []

    /// - Parameters:
    ///   - path: of the file, absolute.
    ///   - environment: what `$NAME` in paths stands for.
    public static func plan(
        of path: String, from files: some ConfigFiles, environment: [String: String] = [:]
    ) -> ConfigPlan {
        reading(of: path, from: files, environment: environment).plan
    }

    /// The plan, and where all of it stands.
    public static func reading(
        of path: String, from files: some ConfigFiles, environment: [String: String] = [:]
    ) -> ConfigReading {
        let tree = ConfigTree.read(path, from: files)
        var reader = ConfigReader(tree) { environment[$0] }
        if !tree.isBroken { reader.readTop() }
        reader.plan.isBroken = tree.isBroken
        reader.plan.files = tree.sources.map(\.path)
        if reader.plan.files.isEmpty { reader.plan.files = [ConfigPath.normal(path)] }
        reader.plan.messages = reader.findings.told(of: reader.plan.files[0])
        return ConfigReading(plan: reader.plan, sources: tree.sources, places: reader.places)
    }

    init(_ tree: ConfigTree, variable: @escaping (String) -> String?) {
        self.tree = tree
        self.variable = variable
        findings = tree.findings
    }

    private mutating func readTop() {
        for statement in tree.statements {
            switch statement.block?.kind {
            case .worker: readWorker(statement)
            case .daemon: readDaemon(statement)
            default: continue
            }
        }
        setDaemon(collect(tree.statements, of: OptionTable.top, in: .top).entries)
    }

    private mutating func readDaemon(_ statement: Statement) {
        tellLabel(statement)
        let inner = statement.block?.statements ?? []
        setDaemon(collect(inner, of: OptionTable.daemon, in: .daemon).entries)
    }

    private mutating func setDaemon(_ entries: [Entry]) {
        for entry in entries {
            do throws(ValueProblem) {
                try plan.daemon.set(entry.option, entry.texts)
            } catch {
                tell(.warning, at: entry.place(of: error), error)
            }
        }
    }

    private mutating func readWorker(_ statement: Statement) {
        var draft = Draft(statement)
        fill(&draft)
        let name = draft.settings.name
        let place = Place(statement.file, statement.start)
        if !name.isEmpty {
            if let first = names[name] {
                draft.isRefused = true
                tell(
                    .error, at: draft.places["name"] ?? place,
                    "there is a worker \(Excerpt.quoted(name)) already, in \(words(for: first))",
                    now: "give one of them another name")
                // The first one is what the name means.
                return
            }
            names[name] = place
        }
        if draft.isRefused {
            if !name.isEmpty { plan.refused.append(name) }
            return
        }
        let source = tree.sources[statement.file]
        places.append(draft.places)
        plan.workers.append(
            PlannedWorker(
                settings: draft.settings,
                source: WorkerSource(
                    file: tree.sources[0].path, blockFile: source.path,
                    line: UInt32(source.position(of: statement.start).line))))
    }

    /// `/etc/apm/a.conf:12`.
    func words(for place: Place) -> String {
        let source = tree.sources[place.file]
        return "\(source.path):\(source.position(of: place.offset).line)"
    }

    // MARK: Messages

    mutating func tell(
        _ level: ConfigMessage.Level, at place: Place, _ text: String, now advice: String
    ) {
        findings.add(
            Finding(level, at: place.offset, text, now: advice), in: tree.sources[place.file])
    }

    mutating func tell(_ level: ConfigMessage.Level, at place: Place, _ problem: ValueProblem) {
        let sentence = problem.sentence(shown: Excerpt.shown)
        let advice = problem.now()
        tell(
            level, at: place, sentence,
            now: level == .warning ? "\(advice); its default holds until then" : advice)
    }

    mutating func tellLabel(_ statement: Statement) {
        guard let label = statement.words.first else { return }
        tell(
            .warning, at: Place(statement.file, label.range.lowerBound),
            "'\(statement.key)' has no name", now: "write \(statement.key) { … }")
    }
}

/// Where something stands: a file of the tree, and a byte of it.
struct Place: Equatable, Sendable {
    var file: Int
    var offset: Int

    init(_ file: Int, _ offset: Int) {
        self.file = file
        self.offset = offset
    }
}

/// A worker that is being read.
struct Draft {
    let statement: Statement
    var settings = WorkerSettings()
    /// Where each option stands, by its full key.
    var places: [String: Place] = [:]
    var isRefused = false

    init(_ statement: Statement) { self.statement = statement }

    var place: Place { Place(statement.file, statement.start) }
}
