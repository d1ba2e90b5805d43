// The options of one block with all that is said of them, put together from its statements.

import Settings

/// An option and what it is set to, wherever the parts of that stand.
struct Entry {
    let option: ConfigOption
    /// One where it holds one value: the last that stands there.
    var texts: [String] = []
    /// Of each text.
    var places: [Place] = []
    /// Of the last key.
    var key: Place
    /// The last value stood between quotes that leave every character as it is.
    var isLiteral = false

    /// Where the value stands that this is about.
    func place(of problem: ValueProblem) -> Place {
        guard let value = problem.value else { return places.count == 1 ? places[0] : key }
        let index = texts.firstIndex(of: value) ?? texts.firstIndex { $0.contains(value) }
        return index.map { places[$0] } ?? places.first ?? key
    }
}

extension ConfigReader {
    /// What stands in a block: its options, in the order in which they are named first, and its
    /// blocks. What it does not know is told.
    mutating func collect(
        _ statements: [Statement], of block: OptionBlock, in kind: BlockKind
    ) -> (entries: [Entry], blocks: [Statement]) {
        var entries: [Entry] = []
        var numbers: [String: Int] = [:]
        var blocks: [Statement] = []
        for statement in statements {
            if let inner = statement.block {
                if inner.kind == .unknown {
                    tellUnknown(statement, in: kind)
                } else {
                    blocks.append(statement)
                }
                continue
            }
            // `cmd` is the language's own.
            guard let option = block.find(statement.key), option.kind != .block else {
                if kind != .worker || statement.key != "cmd" { tellUnknown(statement, in: kind) }
                continue
            }
            let place = Place(statement.file, statement.start)
            if statement.words.isEmpty {
                tellEmpty(option, at: place)
                continue
            }
            let number = numbers[option.key] ?? entries.count
            if number == entries.count {
                numbers[option.key] = number
                entries.append(Entry(option: option, key: place))
            }
            add(statement, to: &entries[number])
        }
        return (entries, blocks)
    }

    private mutating func add(_ statement: Statement, to entry: inout Entry) {
        let place = Place(statement.file, statement.start)
        if !entry.option.isRepeated, let last = entry.places.last {
            // One from an included file is there to be overridden.
            if last.file == place.file {
                tell(
                    .warning, at: place,
                    "'\(entry.option.key)' stands twice; this one holds, not \(words(for: last))",
                    now: "remove one of them")
            }
            entry.texts = []
            entry.places = []
        }
        entry.key = place
        for word in statement.words {
            entry.texts.append(word.text)
            entry.places.append(Place(statement.file, word.range.lowerBound))
            let first = tree.sources[statement.file].bytes[word.range.lowerBound]
            entry.isLiteral = first == Byte.single || first == Byte.backtick
        }
    }

    private mutating func tellEmpty(_ option: ConfigOption, at place: Place) {
        tell(
            .warning, at: place, "'\(option.key)' has no value; its default holds",
            now: "write \(option.key) \(option.kind.word.uppercased());, or remove it")
    }

    private mutating func tellUnknown(_ statement: Statement, in kind: BlockKind) {
        let place = Place(statement.file, statement.start)
        let shown = Excerpt.quoted(statement.key)
        let what = statement.block == nil ? "option" : "block"
        let text = "there is no \(what) \(shown)\(Self.within(kind)); it is left out"
        tell(.warning, at: place, text, now: Self.advice(for: statement.key, in: kind))
    }

    private static func within(_ kind: BlockKind) -> String {
        switch kind {
        case .top: " outside of blocks"
        case .worker: " of a worker"
        case .daemon, .vanguard, .onCrash, .statsd, .dashboard, .module, .unknown:
            " in \(kind.rawValue)"
        }
    }

    /// The nearest key, the block that has this one, or where all of them are told.
    private static func advice(for key: String, in kind: BlockKind) -> String {
        if let near = NearMiss.nearest(to: key, in: Grammar.keys(in: kind)) {
            return "did you mean \(near)?"
        }
        for other in BlockKind.allCases where other != kind && key != "include" {
            guard Grammar.shape(of: key, in: other) != nil else { continue }
            return other == .top
                ? "put it at the top of the file, outside of blocks"
                : "put it into \(other.rawValue) { … }"
        }
        return "remove it; docs/CONFIG.md names all options"
    }
}
