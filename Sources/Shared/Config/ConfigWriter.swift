// Settings → text: a worker as a person would write it. What has its default is left out, and
// reading the text gives the same settings again (but for the base environment, which no file has).

import Settings

public enum ConfigWriter {
    /// `worker { … }` with a newline behind it.
    ///
    /// - Parameters:
    ///   - folder: of the file that the text will stand in: the working directory that needs no
    ///     `path`; nil = it is written always.
    ///   - remarks: a comment each, above the block.
    ///   - newline: what ends a line.
    public static func worker(
        _ settings: WorkerSettings, in folder: String? = nil, remarks: [String] = [],
        newline: String = "\n"
    ) -> String {
        var lines = remarks.map { "# " + oneLine($0) }
        lines.append("worker {")
        lines += rows(ownPairs(settings, in: folder), indent: 1)
        for block in OptionTable.blocks {
            let inner = pairs(settings, of: Array(block))
            let modules = block.name == "dashboard" ? modules(settings) : []
            if inner.isEmpty && modules.isEmpty { continue }
            lines += ["", "    \(block.name) {"]
            lines += rows(inner, indent: 2)
            for (place, module) in modules.enumerated() {
                if place > 0 || !inner.isEmpty { lines.append("") }
                lines += ["        module {"] + rows(module, indent: 3) + ["        }"]
            }
            lines.append("    }")
        }
        lines.append("}")
        return lines.map { $0 + newline }.joined()
    }

    typealias Pair = (key: String, value: String)

    /// A worker's own options. It is always called by its name.
    private static func ownPairs(_ settings: WorkerSettings, in folder: String?) -> [Pair] {
        let options = OptionTable.worker.filter {
            $0.key != "path" || settings.path != folder
        }
        return pairs(settings, of: options)
    }

    private static func pairs(_ settings: WorkerSettings, of options: [ConfigOption]) -> [Pair] {
        options.flatMap { option in
            option.kind == .block ? [] : pairs(settings.texts(option), of: option)
        }
    }

    static func pairs(_ texts: [String], of option: ConfigOption) -> [Pair] {
        ValueText.pieces(texts, of: option).map { (option.key, $0) }
    }

    private static func modules(_ settings: WorkerSettings) -> [[Pair]] {
        guard let option = OptionTable.dashboard.find("module") else { return [] }
        return settings.texts(option).map { text in
            let values = BlockText.values(text) ?? [:]
            return OptionTable.module.flatMap { option in
                values[option.key].map { pairs([$0], of: option) } ?? []
            }
        }
    }

    /// Lines with the values below each other.
    private static func rows(_ pairs: [Pair], indent: Int) -> [String] {
        let width = pairs.map(\.key.utf8.count).max() ?? 0
        let margin = String(repeating: "    ", count: indent)
        return pairs.map { pair in
            let gap = String(repeating: " ", count: width - pair.key.utf8.count + 2)
            return "\(margin)\(pair.key)\(gap)\(pair.value);"
        }
    }

    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
    }
}
