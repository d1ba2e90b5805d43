// Which words of `apm run` are apm's and which are the program's; `update` has the same flags, and
// a worker's name instead of a program. Known flags are apm's wherever
// they stand before `--`; every other word is the program's, and so is all that follows `--`. `-h`
// is apm's before the program's name alone. Pure.

import Settings

struct RunWords: Equatable {
    /// apm's own flags, ready for the parser: switches as `--key=value`, others as two words,
    /// because a value may be empty. Keys have dashes.
    var options: [String] = []
    /// The program and its arguments.
    var program: [String] = []
    /// Flags that went to the program and look like misspelt ones of apm.
    var notes: [String] = []
    /// The value of `--color`, where it stood before the program's name.
    var colour: String?
    var wantsHelp = false
    /// `--system` stood before `--`; `--user` there is the worker's.
    var choosesSystem = false
    /// The last word that was taken as the value of a switch, and that switch.
    private var taken: Taken?

    private struct Taken: Equatable {
        let value: String
        let key: String
    }

    /// Whose words they are.
    enum Verb: String {
        case run, update
    }

    private var verb = Verb.run

    /// What a flag takes after its name.
    private enum Shape {
        case nothing
        /// A value or nothing: `--restart`, `--restart false`.
        case truth
        case value
    }

    private static let truths: Set<String> = ["true", "false", "on", "off", "yes", "no", "1", "0"]

    static func split(_ words: [String], for verb: Verb = .run) throws(Failure) -> RunWords {
        var split = RunWords()
        split.verb = verb
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                split.program += rest
                break
            }
            try split.take(word, &rest)
            // Help is asked for, and whatever follows cannot change that.
            if split.wantsHelp { return split }
        }
        if verb == .run, let taken = split.taken, split.program.isEmpty,
            !split.options.contains("--exec")
        {
            throw .usage(
                "run needs a program: '\(taken.value)' was taken as the value of --\(taken.key)",
                now: "if it is the program: apm run --\(taken.key) -- \(taken.value)")
        }
        return split
    }

    private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) throws(Failure) {
        let asksHelp = ["-h", "--help"].contains
        if isApms, asksHelp(word) {
            wantsHelp = true
        } else if isApms, word == "--full", rest.first.map(asksHelp) == true {
            // There is one help; `--full` asks for no more of it.
            return
        } else if word.hasPrefix("--") {
            try takeFlag(word, &rest)
        } else if isApms, word.hasPrefix("-"), word != "-" {
            throw unknown(word)
        } else {
            program.append(word)
        }
    }

    /// An unknown flag cannot be the program's.
    private var isApms: Bool { program.isEmpty || verb == .update }

    private mutating func takeFlag(
        _ word: String, _ rest: inout ArraySlice<String>
    ) throws(Failure) {
        let parts = word.dropFirst(2).split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let key = Self.dashed(parts[0])
        var value = parts.count == 2 ? String(parts[1]) : nil
        if key == "color", isApms {
            guard let wish = value ?? rest.popFirst() else { throw ColourWish.missing }
            colour = wish
            return
        }
        if word == "--system" {
            choosesSystem = true
            return
        }
        switch key == "no-restart" && verb == .update ? .nothing : Self.shapes[key] {
        case .nothing where value == nil:
            options.append("--\(key)")
        case .nothing:
            throw .usage("--\(key) takes no value", now: "write it alone: --\(key)")
        case .truth:
            if value == nil, let next = rest.first, Self.truths.contains(next) {
                value = rest.popFirst()
                taken = Taken(value: next, key: key)
            }
            // The parser takes nothing after = for no value, and the next word instead.
            options += value == "" ? ["--\(key)", ""] : ["--\(key)=\(value ?? "true")"]
        case .value:
            guard let value = value ?? rest.popFirst() else {
                throw .usage("--\(key) needs a value", now: "apm \(verb) -h shows what it takes")
            }
            options += ["--\(key)", value]
        case nil where isApms: throw unknown(word)
        case nil:
            program.append(word)
            noteNearMiss(word: "--" + parts[0], key: key)
        }
    }

    private mutating func noteNearMiss(word: String, key: String) {
        guard let near = NearMiss.nearest(to: key, in: Self.keys) else { return }
        notes.append(
            "\(Visible.text(word)) is passed to the program; did you mean --\(near)? "
                + "(write the program's own flags after -- to be sure)")
    }

    private func unknown(_ word: String) -> Failure {
        let key = Self.dashed(word.prefix { $0 != "=" }.drop { $0 == "-" })
        let keys = Self.keys + (verb == .update ? ["no-restart"] : [])
        // One dash too few is a near miss too.
        let near = keys.contains(key) ? key : NearMiss.nearest(to: key, in: keys)
        return .usage(
            "\(verb): unknown flag \(Visible.text(word))"
                + (verb == .run ? " before the program's name" : ""),
            now: near.map { "did you mean --\($0)?" }
                ?? "apm \(verb) -h shows the flags"
                + (verb == .run ? "; the program's own come after its name" : ""))
    }

    /// A key as a flag has it: `restart_err` becomes `restart-err`.
    static func dashed(_ key: some StringProtocol) -> String {
        String(key.map { $0 == "_" ? "-" : $0 })
    }

    /// The keys of apm's flags, with dashes.
    static let keys = OptionTable.worker.map { dashed($0.key) } + ["no-wait"]

    private static let shapes: [String: Shape] = {
        var shapes: [String: Shape] = ["no-wait": .nothing]
        for option in OptionTable.worker {
            shapes[dashed(option.key)] = option.kind == .flag ? .truth : .value
        }
        return shapes
    }()
}
