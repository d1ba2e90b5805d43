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
        let (settings, remarks) = together(worker)
        return ConfigWriter.worker(settings, remarks: remarks.map { "WARN: " + Visible.text($0) })
    }

    /// The settings with the options that are kept, and what stands over the block.
    static func together(
        _ worker: ConvertedWorker
    ) -> (settings: WorkerSettings, remarks: [String]) {
        var settings = worker.settings
        var remarks = worker.warnings
        for (key, values) in worker.kept {
            guard let option = OptionTable.worker.find(key) else {
                preconditionFailure("\(key) is not in the option table")
            }
            do throws(ValueProblem) {
                try settings.set(option, values)
            } catch {
                remarks.append("\(key): left out: \(error.text)")
            }
        }
        return (settings, remarks)
    }
}
