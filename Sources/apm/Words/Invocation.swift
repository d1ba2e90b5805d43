// The first look at the words, before any parser: which command, in which colours, and which words
// of `run` belong to the program. Pure.

import Settings

struct Invocation: Equatable {
    enum Action: Equatable {
        case list(json: Bool)
        case status(json: Bool)
        case version(json: Bool)
        case help(full: Bool)
        /// What a shell may put in for the last of these words.
        case complete(shell: String, words: [String])
        /// The signal's name, and the words after it.
        case signal(String, [String])
        /// Words for the parser, the command's full name first.
        case parse([String])
    }

    var colour = ColourWish.auto
    var choice = DaemonChoice.auto
    var action = Action.help(full: false)
    /// Said on standard error before the command is carried out.
    var notes: [String] = []

    static func read(_ words: [String]) throws(Failure) -> Invocation {
        var invocation = Invocation()
        var words = words
        if words.first == "__complete", words.count > 1 {
            let line = Array(words.dropFirst(2))
            invocation.action = .complete(shell: words[1], words: line)
            invocation.choice = .of(unfinished: line)
            return invocation
        }
        if words.first == "help" {
            // First, so that it is not taken for a word of the program that `run` names.
            words[0] = "--help"
        }
        guard let position = try invocation.takeLeading(&words) else { return invocation }
        let word = words.remove(at: position)
        if word.hasPrefix("SIG") {
            try invocation.readSignal(word, words)
            return invocation
        }
        guard let command = CommandTable.name(of: word) else { throw unknown(word) }
        if let verb = RunWords.Verb(rawValue: command) {
            try invocation.read(verb, words)
        } else {
            try invocation.readOther(command, words)
        }
        return invocation
    }

    /// Reads what stands before the command's name and takes `--color` out. Gives the position of
    /// the name; nil when there is none, and the action is decided.
    private mutating func takeLeading(_ words: inout [String]) throws(Failure) -> Int? {
        var position = 0
        var wantsHelp = false
        var wantsVersion = false
        while position < words.count {
            let word = words[position]
            if try takeColour(&words, at: position) { continue }
            if try choice.take(&words, at: position) { continue }
            switch word {
            case "-h", "--help": wantsHelp = true
            case "-v", "--version": wantsVersion = true
            case "--full", "--json": break
            case _ where word.hasPrefix("-"):
                let near = NearMiss.nearest(
                    to: word, in: ["--help", "--version", "--color", "--system", "--user"])
                throw .usage(
                    "unknown option \(Visible.text(word))",
                    now: near.map { "did you mean \($0)?" } ?? "apm -h shows the commands")
            default:
                guard wantsHelp else { return position }
                words = [word, "--help"]
                return 0
            }
            position += 1
        }
        if wantsVersion {
            action = .version(json: words.contains("--json"))
        } else {
            action = .help(full: words.contains("--full"))
        }
        return nil
    }

    private mutating func readSignal(_ name: String, _ words: [String]) throws(Failure) {
        guard name == name.uppercased(), SignalName.number(name) != nil else {
            let near = NearMiss.nearest(to: name.uppercased(), in: SignalName.all)
            let meant = SignalName.number(name) == nil ? near : name.uppercased()
            throw .usage(
                "\(Visible.text(name)) is no signal",
                now: meant.map { "did you mean: apm \($0)" } ?? "kill -l lists the signals")
        }
        action = .signal(name, try withoutGeneral(words))
    }

    private mutating func read(_ verb: RunWords.Verb, _ words: [String]) throws(Failure) {
        let run = try RunWords.split(words, for: verb)
        if run.choosesSystem { try choice.choose(.system) }
        if let wish = run.colour { colour = try ColourWish.named(wish) }
        notes = run.notes
        action =
            run.wantsHelp
            ? .parse([verb.rawValue, "--help"])
            : .parse([verb.rawValue] + run.options + ["--"] + run.program)
    }

    private mutating func readOther(_ command: String, _ words: [String]) throws(Failure) {
        var rest = try withoutGeneral(words)
        // Every command has one help; `--full` asks for no more of it.
        if rest.contains("--help") || rest.contains("-h") { rest.removeAll { $0 == "--full" } }
        let isPlain = rest.isEmpty || rest == ["--json"]
        switch command {
        case "list" where isPlain: action = .list(json: !rest.isEmpty)
        case "status" where isPlain: action = .status(json: !rest.isEmpty)
        default: action = .parse([command] + rest)
        }
    }

    /// What is left when the flags of every command are taken out.
    private mutating func withoutGeneral(_ words: [String]) throws(Failure) -> [String] {
        var rest = words
        var position = 0
        while position < rest.count, rest[position] != "--" {
            if try takeColour(&rest, at: position) { continue }
            if try choice.take(&rest, at: position) { continue }
            position += 1
        }
        return rest
    }

    /// Takes `--color=WHEN` or `--color WHEN` out of the words, when it stands at `position`.
    private mutating func takeColour(
        _ words: inout [String], at position: Int
    ) throws(Failure) -> Bool {
        if words[position] == "--color" {
            guard position + 1 < words.count else { throw ColourWish.missing }
            colour = try ColourWish.named(words[position + 1])
            words.removeSubrange(position...position + 1)
            return true
        }
        guard words[position].hasPrefix("--color=") else { return false }
        colour = try ColourWish.named(String(words[position].dropFirst("--color=".count)))
        words.remove(at: position)
        return true
    }

    private static func unknown(_ word: String) -> Failure {
        let shown = Visible.text(word)
        let signal = word.uppercased()
        if signal.hasPrefix("SIG"), SignalName.number(signal) != nil {
            return .usage("unknown command \(shown)", now: "did you mean: apm \(signal)")
        }
        if let hint = Synonyms.hint(for: word) {
            return .usage("unknown command \(shown)", now: hint)
        }
        let near = NearMiss.nearest(to: word, in: CommandTable.words)
        return .usage(
            "unknown command \(shown)",
            now: near.map { "did you mean: apm \($0)" }
                ?? "apm -h shows the commands; a program is started with: apm run \(shown)")
    }
}
