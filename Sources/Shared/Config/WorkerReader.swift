// One `worker { … }`, from its statements to its settings.

import Settings

extension ConfigReader {
    /// Options, by full key, that decide what runs, where, as whom, or who may come in: with a bad
    /// value of one of these the worker is refused. The default of such an option would do
    /// something else than what was wanted, and perhaps let somebody in.
    static let decisive: Set<String> = [
        "name", "exec", "params", "path", "user", "env", "env_file", "server", "tls", "tls_cert",
        "tls_key", "tls_ca", "trust_proxy", "trusted_proxies", "vanguard.allow_ip",
        "vanguard.ban_ip", "vanguard.ban_path", "vanguard.allow_method", "vanguard.ban_method",
        "dashboard.module",
    ]

    mutating func fill(_ draft: inout Draft) {
        let statements = draft.statement.block?.statements ?? []
        let (entries, blocks) = collect(statements, of: OptionTable.worker, in: .worker)
        for entry in entries { set(entry, in: &draft) }
        setCommand(of: statements, in: &draft)
        setName(&draft)
        for kind in [BlockKind.vanguard, .onCrash, .statsd, .dashboard] {
            fill(&draft, with: blocks.filter { $0.block?.kind == kind }, kind)
        }
        placePaths(of: entries, in: &draft)
        if draft.isRefused { return }
        if draft.settings.exec.isEmpty {
            refuse(
                &draft, at: draft.place, "the worker has no exec",
                now: "add exec PROGRAM; or cmd PROGRAM ARGUMENT;")
        } else if let problem = draft.settings.problem() {
            refuse(
                &draft, at: draft.places[problem.key] ?? draft.place,
                "\(problem.key) \(problem.text)", now: "change \(problem.key)")
        }
    }

    mutating func set(_ entry: Entry, in draft: inout Draft) {
        draft.places[entry.option.fullKey] = entry.places.first ?? entry.key
        do throws(ValueProblem) {
            try draft.settings.set(entry.option, entry.texts)
        } catch {
            let isDecisive = Self.decisive.contains(entry.option.fullKey)
            tell(isDecisive ? .error : .warning, at: entry.place(of: error), error)
            if isDecisive { draft.isRefused = true }
        }
    }

    private mutating func refuse(
        _ draft: inout Draft, at place: Place, _ text: String, now advice: String
    ) {
        draft.isRefused = true
        tell(.error, at: place, text, now: advice)
    }

    // MARK: What it runs, and its name

    private mutating func setCommand(of statements: [Statement], in draft: inout Draft) {
        let commands = statements.filter { $0.key == "cmd" && $0.block == nil }
        guard let command = commands.last else {
            tellBlanks(in: &draft)
            return
        }
        let place = Place(command.file, command.start)
        if let other = draft.places["exec"] ?? draft.places["params"] {
            refuse(
                &draft, at: place, "cmd says what exec and params say in \(words(for: other))",
                now: "keep either cmd, or exec and params")
            return
        }
        guard let program = command.words.first else {
            refuse(&draft, at: place, "cmd names no program", now: "write cmd PROGRAM ARGUMENT;")
            return
        }
        draft.places["exec"] = place
        draft.places["params"] = place
        for (option, words) in [
            (OptionTable.worker.find("exec"), [program]),
            (OptionTable.worker.find("params"), Array(command.words.dropFirst())),
        ] {
            guard let option, !words.isEmpty else { continue }
            var entry = Entry(option: option, key: place)
            entry.texts = words.map(\.text)
            entry.places = words.map { Place(command.file, $0.range.lowerBound) }
            set(entry, in: &draft)
        }
    }

    /// `exec node server.js;` names a program with a blank in its name, which nobody has.
    private mutating func tellBlanks(in draft: inout Draft) {
        let exec = draft.statement.block?.statements.last { $0.key == "exec" && $0.block == nil }
        guard let exec, let word = exec.words.first, !word.isQuoted,
            word.text.utf8.contains(where: Byte.isGap)
        else { return }
        refuse(
            &draft, at: Place(exec.file, word.range.lowerBound),
            "exec holds a blank: \(Excerpt.quoted(word.text))",
            now: "write cmd \(Excerpt.cut(word.text, atMost: 60)); or put exec in quotes")
    }

    /// From `name`, the label, or the program.
    private mutating func setName(_ draft: inout Draft) {
        if let label = draft.statement.words.first {
            let place = Place(draft.statement.file, label.range.lowerBound)
            if let other = draft.places["name"], draft.settings.name != label.text {
                refuse(
                    &draft, at: place,
                    "the worker is called \(Excerpt.quoted(label.text)) here, and "
                        + "\(Excerpt.quoted(draft.settings.name)) in \(words(for: other))",
                    now: "keep one of the two names")
                return
            }
            draft.settings.name = label.text
            draft.places["name"] = place
        } else if draft.settings.name.isEmpty {
            draft.settings.name = WorkerName.base(of: draft.settings.exec)
        }
    }

    // MARK: Paths

    /// Makes paths absolute, seen from the file in which they stand; the program, from the worker's
    /// folder.
    private mutating func placePaths(of entries: [Entry], in draft: inout Draft) {
        let folder = folder(of: draft.place)
        for entry in entries where entry.option.isPath && entry.option.kind != .program {
            do throws(ValueProblem) {
                try place(entry, in: &draft)
            } catch {
                let isDecisive = Self.decisive.contains(entry.option.fullKey)
                tell(isDecisive ? .error : .warning, at: entry.place(of: error), error)
                if isDecisive { draft.isRefused = true }
                try? draft.settings.set(entry.option, [])
            }
        }
        if draft.settings.path.isEmpty { draft.settings.path = folder }
        if draft.settings.exec.utf8.contains(Byte.slash) {
            draft.settings.exec = PathText.absolute(
                draft.settings.exec, in: draft.settings.path)
        }
    }

    private func place(_ entry: Entry, in draft: inout Draft) throws(ValueProblem) {
        guard let text = draft.settings.texts(entry.option).first, !text.isEmpty else { return }
        let folder = folder(of: entry.places.last ?? entry.key)
        if entry.isLiteral {
            try draft.settings.set(entry.option, [PathText.absolute(text, in: folder)])
            return
        }
        if text == "~" || text.hasPrefix("~/") {
            try draft.settings.set(entry.option, ["${HOME}" + text.dropFirst()])
        }
        try draft.settings.place(entry.option, in: folder, variable: variable)
    }

    private func folder(of place: Place) -> String {
        ConfigPath.folder(of: tree.sources[place.file].path)
    }
}
