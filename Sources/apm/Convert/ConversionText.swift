// A conversion as a configuration file: a block for each worker, with what a person should know of
// it above.

import Config
import Settings

enum ConversionText {
    /// `path`: of the file that was converted.
    static func of(_ conversion: Conversion, from path: String) -> String {
        var text = "# Converted by apm convert from \(Visible.text(path))\n"
        for warning in conversion.warnings { text += "# WARN: \(Visible.text(warning))\n" }
        for worker in conversion.workers { text += "\n" + block(worker) }
        return text
    }

    private static func block(_ worker: ConvertedWorker) -> String {
        let (settings, rest) = together(worker)
        let text = ConfigWriter.worker(
            settings, remarks: worker.warnings.map { "WARN: " + Visible.text($0) })
        guard !rest.isEmpty, text.hasSuffix("}\n") else { return text }
        let lines = rest.flatMap { key, values in
            values.map { "    \(key)  \(quoted($0));\n" }
        }
        return text.dropLast(2) + lines.joined() + "}\n"
    }

    /// The settings with the options that are kept, and those that the option table has not.
    static func together(
        _ worker: ConvertedWorker
    ) -> (settings: WorkerSettings, rest: [(key: String, values: [String])]) {
        var settings = worker.settings
        let rest = worker.kept.filter { key, values in
            guard let option = OptionTable.worker.find(key) else { return true }
            do throws(ValueProblem) {
                try settings.set(option, values)
                return false
            } catch {
                return true
            }
        }
        return (settings, rest)
    }

    /// Between double quotes, where a backslash protects both, unless it is plain.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || "0123456789_-./*".contains(Character(scalar)))
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
