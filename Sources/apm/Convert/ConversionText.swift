// A conversion as a configuration file: a block for each worker, with what a person should know of
// it above.

import Settings

enum ConversionText {
    /// `path`: of the file that was converted.
    static func of(_ conversion: Conversion, from path: String) -> String {
        var text = "# Converted by apm convert from \(Visible.text(path))\n"
        for warning in conversion.warnings { text += "# WARN: \(Visible.text(warning))\n" }
        for worker in conversion.workers {
            text += "\n"
            for warning in worker.warnings { text += "# WARN: \(Visible.text(warning))\n" }
            text += block(worker)
        }
        return text
    }

    private static func block(_ worker: ConvertedWorker) -> String {
        let statements = statements(of: worker)
        let width = statements.map(\.key.utf8.count).max() ?? 0
        var text = "worker {\n"
        for (key, value) in statements {
            let gap = String(repeating: " ", count: width - key.utf8.count + 2)
            text += "    \(key)\(gap)\(value);\n"
        }
        return text + "}\n"
    }

    /// What differs from the defaults.
    private static func statements(of worker: ConvertedWorker) -> [(key: String, value: String)] {
        let standard = WorkerSettings()
        var statements: [(key: String, value: String)] = []
        for option in OptionTable.worker {
            switch option.key {
            case "params":
                let words = worker.settings.params.map { quoted($0) }
                if !words.isEmpty { statements.append((option.key, words.joined(separator: " "))) }
            case "env":
                statements += worker.settings.env.map { (option.key, quoted($0)) }
            default:
                let value = option.show(worker.settings)
                if value != option.show(standard) { statements.append((option.key, quoted(value))) }
            }
        }
        for (key, values) in worker.kept {
            statements.append((key, values.map { quoted($0) }.joined(separator: ", ")))
        }
        return statements
    }

    /// Between double quotes, where a backslash protects both, unless it is plain.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./:=@%+*".utf8.contains(byte)
            }
        }
        if isPlain, !value.isEmpty, !value.contains("//") { return value }
        var text = "\""
        for character in value.unicodeScalars {
            if character == "\"" || character == "\\" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }
}
