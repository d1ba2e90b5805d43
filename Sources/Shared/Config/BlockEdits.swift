// The edits that make one worker's block say something else. Values are changed where they stand;
// keys that are new come behind the last one, written like it.

import Settings

struct BlockEdits {
    private let text: SourceText
    private let worker: Statement
    /// What changes is taken out and written again behind all else, so that it has the last word.
    private let atEnd: Bool

    init(_ text: SourceText, _ worker: Statement, atEnd: Bool) {
        self.text = text
        self.worker = worker
        self.atEnd = atEnd
    }

    func edits(from old: WorkerSettings, to new: WorkerSettings) -> [Edit] {
        guard let block = worker.block else { return [] }
        var edits: [Edit] = []
        if old.name != new.name { edits += renaming(to: new.name, in: block) }
        var changed = OptionTable.worker.filter {
            $0.key != "name" && old.texts($0) != new.texts($0)
        }
        if let command = block.statements.last(where: { $0.key == "cmd" && $0.block == nil }),
            changed.contains(where: Self.isCommand)
        {
            changed.removeAll(where: Self.isCommand)
            let words = ([new.exec] + new.params).map(ValueText.commandWord)
            edits.append(replacement(of: command, by: words.joined(separator: " ")))
        }
        edits += changes(changed, to: new, in: block)
        for options in OptionTable.blocks {
            let changed = options.filter { $0.kind != .block && old.texts($0) != new.texts($0) }
            if changed.isEmpty { continue }
            if options.required.contains(where: { new.texts($0).isEmpty }) {
                // It would be told about: it is nothing without these.
                edits += block.statements.filter { $0.key == options.name && $0.block != nil }
                    .map { text.removal(of: $0.range) }
            } else {
                edits += inner(options.name, changed, to: new, in: block)
            }
        }
        return edits
    }

    private static func isCommand(_ option: ConfigOption) -> Bool {
        option.key == "exec" || option.key == "params"
    }

    private func renaming(to name: String, in block: Block) -> [Edit] {
        guard let option = OptionTable.worker.find("name") else { return [] }
        let value = ValueText.single(name, of: option)
        var edits = block.statements.filter { $0.key == "name" && $0.block == nil }
            .map { replacement(of: $0, by: value) }
        if let label = worker.words.first { edits.append(Edit(range: label.range, text: value)) }
        return edits.isEmpty ? [insertion(of: [("name", value)], in: block)] : edits
    }

    /// Changes in a block within the worker, which is made where there is none.
    private func inner(
        _ name: String, _ options: [ConfigOption], to new: WorkerSettings, in block: Block
    ) -> [Edit] {
        let blocks = block.statements.filter { $0.key == name }.compactMap(\.block)
        if let last = blocks.last {
            let holder = blocks.last { block in
                block.statements.contains { statement in
                    options.contains { $0.key == statement.key }
                }
            }
            return changes(options, to: new, in: holder ?? last)
        }
        let pairs = options.flatMap { ConfigWriter.pairs(new.texts($0), of: $0) }
        let place = block.closing
        guard let margin = text.indentation(before: place) else {
            let inside = pairs.map { "\($0.key) \($0.value); " }.joined()
            return [Edit(range: place..<place, text: " \(name) { \(inside)} ")]
        }
        let step = indentation(in: block)
        let lines =
            ["\(step)\(name) {"]
            + pairs.map { "\(step)\(step.dropFirst(margin.count))\($0.key) \($0.value);" }
            + ["\(step)}"]
        let start = text.lineStart(of: place)
        return [
            Edit(range: start..<start, text: lines.map { $0 + text.newline(near: start) }.joined())
        ]
    }

    // MARK: Options of one block

    private func changes(
        _ options: [ConfigOption], to new: WorkerSettings, in block: Block
    ) -> [Edit] {
        var edits: [Edit] = []
        var added: [ConfigWriter.Pair] = []
        for option in options {
            let statements = block.statements.filter { $0.key == option.key && $0.block == nil }
            let values = values(new.texts(option), of: option, statements)
            if atEnd || statements.isEmpty || values.isEmpty {
                edits += statements.map { text.removal(of: $0.range) }
                added += values.map { (option.key, $0) }
            } else if option.isRepeated {
                edits += exchange(statements, values)
            } else if let last = statements.last {
                edits.append(replacement(of: last, by: values[0]))
            }
        }
        if !added.isEmpty { edits.append(insertion(of: added, in: block)) }
        return edits
    }

    /// What stands behind each key; nothing where the option's default shall hold.
    private func values(
        _ texts: [String], of option: ConfigOption, _ statements: [Statement]
    ) -> [String] {
        if texts.isEmpty {
            // Behind an include the default has to be said.
            guard atEnd, !option.isRepeated else { return [] }
            if !option.isStandardInWords, !option.standard.isEmpty {
                return [ValueText.single(option.standard, of: option)]
            }
            return statements.isEmpty ? ["\"\""] : []
        }
        let isOneEach = statements.count > 1 && statements.allSatisfy { $0.words.count == 1 }
        return ValueText.pieces(texts, of: option, atMost: isOneEach ? 0 : ConfigLimits.columns)
    }

    /// The values one after the other in the place of the old ones; what is left over goes, what is
    /// new comes behind the last.
    private func exchange(_ statements: [Statement], _ values: [String]) -> [Edit] {
        var edits = zip(statements, values).map { replacement(of: $0, by: $1) }
        edits += statements.dropFirst(values.count).map { text.removal(of: $0.range) }
        guard let last = statements.last, values.count > statements.count else { return edits }
        edits.append(
            insertion(of: values.dropFirst(statements.count).map { (last.key, $0) }, behind: last))
        return edits
    }

    private func replacement(of statement: Statement, by value: String) -> Edit {
        guard let first = statement.words.first, let last = statement.words.last else {
            return Edit(range: statement.keyEnd..<statement.keyEnd, text: " \(value)")
        }
        return Edit(range: first.range.lowerBound..<last.range.upperBound, text: value)
    }

    // MARK: New keys

    private func insertion(of pairs: [ConfigWriter.Pair], in block: Block) -> Edit {
        if let last = block.statements.last(where: { $0.block == nil }) {
            return insertion(of: pairs, behind: last)
        }
        return insertion(
            of: pairs, at: block.opening + 1, margin: indentation(in: block), width: 0)
    }

    private func insertion(of pairs: [ConfigWriter.Pair], behind last: Statement) -> Edit {
        let margin = text.indentation(before: last.start)
        let width = last.words.first.map { $0.range.lowerBound - last.start } ?? 0
        return insertion(
            of: pairs, at: last.range.upperBound, margin: margin ?? indentation(of: last),
            width: width)
    }

    private func insertion(
        of pairs: [ConfigWriter.Pair], at place: Int, margin: String, width: Int
    ) -> Edit {
        guard text.endsLine(at: place) else {
            let inside = pairs.map { " \($0.key) \($0.value);" }.joined()
            return Edit(range: place..<place, text: inside)
        }
        let newline = text.newline(near: place)
        let lines = pairs.map { pair in
            let gap = String(repeating: " ", count: max(1, width - pair.key.utf8.count))
            return "\(margin)\(pair.key)\(gap)\(pair.value);\(newline)"
        }
        let start = text.nextLine(after: place)
        // The text may end without a newline.
        let isEnd = start == text.bytes.count && text.bytes.last != Byte.newline
        return Edit(range: start..<start, text: (isEnd ? newline : "") + lines.joined())
    }

    /// Of the line that a statement which follows another one stands on.
    private func indentation(of statement: Statement) -> String {
        let start = text.lineStart(of: statement.start)
        let blanks = text.bytes[start..<statement.start].prefix(while: Byte.isBlank)
        return String(decoding: blanks, as: UTF8.self)
    }

    /// Of the statements in a block: as the last that begins a line, or one step more than its `}`.
    private func indentation(in block: Block) -> String {
        for statement in block.statements.reversed() {
            if let margin = text.indentation(before: statement.start) { return margin }
        }
        return (text.indentation(before: block.closing) ?? "") + "    "
    }
}
