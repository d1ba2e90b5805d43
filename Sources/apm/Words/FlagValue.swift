// The values of flags: read as those of files are (Settings/OptionValue), and what is wrong with
// them told in two lines that name the flag.

import Settings

enum FlagValue {
    /// What `body` reads, or the failure that its problem is.
    static func read<Value>(
        _ body: () throws(ValueProblem) -> Value
    ) throws(Failure) -> Value {
        do { return try body() } catch { throw Failure(error) }
    }

    /// The option of a worker that a flag sets. A key that is not in the table is our mistake.
    static func option(_ key: String) -> ConfigOption {
        guard let option = OptionTable.worker.find(key) else {
            preconditionFailure("\(key) is not in the option table")
        }
        return option
    }
}

extension Failure {
    init(_ problem: ValueProblem) {
        let flag = "--" + RunWords.dashed(problem.key)
        self = .usage(
            problem.sentence(for: flag, shown: { Visible.text($0) }), now: problem.now(for: flag))
    }
}
