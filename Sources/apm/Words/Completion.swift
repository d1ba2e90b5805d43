// What may stand where the cursor is: commands, flags, values, workers. One answer for all shells;
// their scripts only ask and show. Pure.

import Settings

struct Completion: Equatable {
    struct Candidate: Equatable {
        let text: String
        var help = ""
    }

    /// A worker as far as completion needs it.
    struct Worker: Equatable {
        let name: String
        let instances: UInt16
    }

    var candidates: [Candidate] = []
    /// The shell completes names of files.
    var wantsFiles = false

    static let files = Completion(wantsFiles: true)

    /// `words`: all after `apm`, the last one up to the cursor. `workers` is called where names of
    /// workers may stand.
    static func of(_ words: [String], workers: () -> [Worker]) -> Completion {
        var before = words[...]
        let current = before.popLast() ?? ""
        while let word = before.first, word.hasPrefix("-") {
            before.removeFirst()
            if word == "--color", !before.isEmpty { before.removeFirst() }
        }
        if words.dropLast().last == "--color" { return colours.starting(with: current) }
        if current.hasPrefix("--color=") {
            return colours.prefixed(with: "--color=").starting(with: current)
        }
        guard let command = before.popFirst() else { return commands(current) }
        if command.hasPrefix("SIG") {
            return arguments(.instance, Array(before), current, [], workers).starting(
                with: current)
        }
        guard let name = CommandTable.name(of: command),
            let entry = CommandTable.entries.first(where: { $0.name == name })
        else { return Completion() }
        return of(entry, Array(before), current, workers).starting(with: current)
    }

    private static let colours = Completion(
        candidates: ColourWish.allCases.map { Candidate(text: $0.rawValue) })

    private static func commands(_ current: String) -> Completion {
        guard !current.hasPrefix("-") else {
            let flags = [
                "--help", "--full", "--version", "--color", "--json", "--system", "--user",
            ]
            return Completion(candidates: flags.map { Candidate(text: $0) })
                .starting(with: current)
        }
        guard !current.hasPrefix("SIG") else {
            return values(.signal).starting(with: current)
        }
        let entries = CommandTable.entries.map {
            Candidate(text: $0.name, help: $0.abstract)
        }
        return Completion(candidates: entries).starting(with: current)
    }

    private static func of(
        _ entry: CommandTable.Entry, _ before: [String], _ current: String,
        _ workers: () -> [Worker]
    ) -> Completion {
        let flags = flags(of: entry)
        if entry.takes == .program, programHasBegun(before, flags) { return .files }
        if let last = before.last, let flag = flags.first(where: { $0.name == last }),
            flag.value != .none, flag.value != .truth
        {
            return values(flag.value, current, workers)
        }
        if let equals = current.firstIndex(of: "="), current.hasPrefix("--") {
            let name = String(current[..<equals])
            guard let flag = flags.first(where: { $0.name == name }) else { return Completion() }
            let value = String(current[equals...].dropFirst())
            return values(flag.value, value, workers).prefixed(with: name + "=")
        }
        if current.hasPrefix("-") {
            let choices = DaemonChoice.words.filter { word in
                !flags.contains { $0.name == word }
            }
            let names = flags.map(\.name) + ["--help", "--color"] + choices
            return Completion(candidates: names.map { Candidate(text: $0) })
        }
        return arguments(entry.takes, before, current, flags, workers)
    }

    private static func arguments(
        _ takes: CommandTable.Takes, _ before: [String], _ current: String,
        _ flags: [CommandTable.Flag], _ workers: () -> [Worker]
    ) -> Completion {
        let given = plainWords(before, flags)
        switch takes {
        case .nothing: return Completion()
        case .program: return .files
        case .files: return given.count < 2 ? .files : Completion()
        case .words(let words):
            guard given.isEmpty else { return Completion() }
            return Completion(candidates: words.map { Candidate(text: $0) })
        case .file: return given.isEmpty ? .files : Completion()
        case .fileOrWorker:
            guard given.isEmpty else { return Completion() }
            return Completion(
                candidates: workers().map { Candidate(text: $0.name) }, wantsFiles: true)
        case .workerAndFile where given.count == 1: return .files
        case .update, .worker, .workers, .instance, .instances, .workerAndFile:
            guard takes == .instances || takes == .workers || given.isEmpty else {
                return Completion()
            }
            let shown = names(
                workers(), withInstances: takes == .instance || takes == .instances, current)
            return Completion(
                candidates: shown.filter { !given.contains($0) }.map { Candidate(text: $0) })
        }
    }

    /// Single instances are offered once `#` is there.
    private static func names(
        _ workers: [Worker], withInstances: Bool, _ current: String
    ) -> [String] {
        guard withInstances, current.contains("#") else { return workers.map(\.name) }
        return workers.flatMap { worker in
            (1...max(1, worker.instances)).map { "\(worker.name)#\($0)" }
        }
    }

    /// The words that are neither flags nor values of flags.
    private static func plainWords(
        _ words: [String], _ flags: [CommandTable.Flag]
    ) -> [String] {
        var plain: [String] = []
        var isValue = false
        for word in words {
            if isValue {
                isValue = false
            } else if word.hasPrefix("-") {
                let value = flags.first { $0.name == word }?.value ?? .none
                isValue = value != .none && value != .truth
            } else {
                plain.append(word)
            }
        }
        return plain
    }

    private static func programHasBegun(
        _ words: [String], _ flags: [CommandTable.Flag]
    ) -> Bool {
        words.contains("--") || !plainWords(words, flags).isEmpty
    }

    /// `current`: what there is of the value.
    private static func values(
        _ value: CommandTable.Value, _ current: String = "", _ workers: () -> [Worker] = { [] }
    ) -> Completion {
        switch value {
        case .none, .text: Completion()
        case .path: .files
        case .truth: Completion(candidates: ["true", "false"].map { Candidate(text: $0) })
        case .signal:
            Completion(
                candidates: ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"].map {
                    Candidate(text: $0)
                })
        case .choice(let words): Completion(candidates: words.map { Candidate(text: $0) })
        case .workers: names(workers(), after: current)
        }
    }

    /// One more name of a list.
    private static func names(_ workers: [Worker], after current: String) -> Completion {
        let given = current.split(separator: ",", omittingEmptySubsequences: false).dropLast()
        let before = given.map { $0 + "," }.joined()
        let rest = workers.filter { worker in !given.contains { $0 == worker.name } }
        return Completion(candidates: rest.map { Candidate(text: before + $0.name) })
    }

    static func flags(of entry: CommandTable.Entry) -> [CommandTable.Flag] {
        switch entry.takes {
        case .program: runFlags
        case .update: runFlags + [CommandTable.Flag(name: "--no-restart")]
        default: entry.flags
        }
    }

    /// Flags of `run`, as the option table has them.
    private static let runFlags: [CommandTable.Flag] =
        OptionTable.worker.map { option in
            CommandTable.Flag(
                name: "--" + RunWords.dashed(option.key),
                value: value(option.kind))
        } + [CommandTable.Flag(name: "--no-wait")]

    private static func value(_ kind: OptionKind) -> CommandTable.Value {
        switch kind {
        case .flag: .truth
        case .signal: .signal
        case .choice(let words): .choice(words)
        case .names: .workers
        case .path, .pathOrOff, .program: .path
        default: .text
        }
    }

    private func starting(with current: String) -> Completion {
        Completion(
            candidates: candidates.filter { $0.text.hasPrefix(current) }, wantsFiles: wantsFiles)
    }

    private func prefixed(with text: String) -> Completion {
        Completion(
            candidates: candidates.map { Candidate(text: text + $0.text, help: $0.help) },
            wantsFiles: wantsFiles)
    }
}
