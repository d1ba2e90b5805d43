// The blocks of a worker: vanguard, on_crash, statsd, and the dashboard with its modules.

import Settings

extension ConfigReader {
    /// Reads the blocks of one kind, as if they were one.
    mutating func fill(_ draft: inout Draft, with blocks: [Statement], _ kind: BlockKind) {
        guard let first = blocks.first, let options = Grammar.options(of: kind) else { return }
        for block in blocks { tellLabel(block) }
        let statements = blocks.flatMap { $0.block?.statements ?? [] }
        let (entries, inner) = collect(statements, of: options, in: kind)
        for option in options.required
        where !entries.contains(where: { $0.option.key == option.key }) {
            tell(
                .warning, at: Place(first.file, first.start),
                "\(kind.rawValue) has no \(option.key); without it the block is left out",
                now: "add \(option.key) \(option.kind.word.uppercased());")
            return
        }
        for entry in entries { set(entry, in: &draft) }
        for required in options.required where draft.settings.texts(required).isEmpty {
            // What it was set to was told; the rest of the block is nothing without it.
            for option in options { try? draft.settings.set(option, []) }
        }
        if kind == .dashboard { fillModules(&draft, with: inner) }
    }

    private mutating func fillModules(_ draft: inout Draft, with blocks: [Statement]) {
        guard let option = OptionTable.dashboard.find("module"), !blocks.isEmpty else { return }
        var entry = Entry(option: option, key: Place(blocks[0].file, blocks[0].start))
        for block in blocks where block.block?.kind == .module {
            tellLabel(block)
            let place = Place(block.file, block.start)
            guard let text = moduleText(block, at: place) else {
                draft.isRefused = true
                continue
            }
            entry.texts.append(text)
            entry.places.append(place)
        }
        if !draft.isRefused { set(entry, in: &draft) }
    }

    /// A module as one text; nil, after a message: one that it cannot be without is missing.
    private mutating func moduleText(_ block: Statement, at place: Place) -> String? {
        let statements = block.block?.statements ?? []
        let (entries, _) = collect(statements, of: OptionTable.module, in: .module)
        var values: [String: String] = [:]
        for entry in entries {
            do throws(ValueProblem) {
                values[entry.option.key] = try OptionValue.canonical(entry.texts, of: entry.option)
                    .first
            } catch {
                tell(
                    entry.option.isRequired ? .error : .warning, at: entry.place(of: error), error)
                if entry.option.isRequired { return nil }
            }
        }
        do throws(ValueProblem) {
            return try BlockText.text("module", values, of: OptionTable.module)
        } catch {
            tell(.error, at: place, error)
            return nil
        }
    }
}
