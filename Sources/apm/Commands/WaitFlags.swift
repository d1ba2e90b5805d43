// How long a command waits for what it has begun: the same flags for all that begin something.

import ArgumentParser
import Control
import Settings

struct WaitFlags: ParsableArguments {
    @Flag(help: "Return when it is done. This is the default.") var wait = false
    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Wait this long at most; then exit code 124. What was begun goes on.",
            valueName: "ms"))
    var timeout: String?

    /// In milliseconds; nil = as long as it takes. Flags that contradict each other are told.
    func limit() throws(Failure) -> UInt32? {
        if noWait, wait || timeout != nil {
            let other = wait ? "--wait" : "--timeout"
            throw .usage(
                "--no-wait and \(other) exclude each other", now: "leave one of them out")
        }
        return try Self.limit(timeout)
    }

    static func limit(_ timeout: String?) throws(Failure) -> UInt32? {
        guard let timeout else { return nil }
        return try FlagValue.read { () throws(ValueProblem) in
            try OptionValue.milliseconds("timeout", timeout)
        }
    }
}
