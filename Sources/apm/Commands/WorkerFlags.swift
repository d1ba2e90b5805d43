// The options of a worker as flags: declared once, with the help of the option table. The words
// come here sorted by RunWords; what the values mean is the option table's question. Those of
// servers are in ServerFlags, those that nothing acts on yet in LaterFlags.

import ArgumentParser
import Settings

struct WorkerFlags: ParsableArguments {
    @Option(parsing: .unconditional, help: text("name")) var name: String?
    @Option(parsing: .unconditional, help: text("exec")) var exec: String?
    @Option(parsing: .unconditionalSingleValue, help: text("params")) var params: [String] = []
    @Option(parsing: .unconditional, help: text("path")) var path: String?
    @Option(parsing: .unconditional, help: text("instances")) var instances: String?
    @Option(parsing: .unconditional, help: text("user")) var user: String?
    @Option(parsing: .unconditionalSingleValue, help: text("env")) var env: [String] = []
    @Option(parsing: .unconditional, help: text("env_index")) var envIndex: String?
    @Option(parsing: .unconditional, help: text("env_file")) var envFile: String?
    @Option(parsing: .unconditional, help: text("restart")) var restart: String?
    @Option(parsing: .unconditional, help: text("restart_delay")) var restartDelay: String?
    @Option(parsing: .unconditional, help: text("max_restarts")) var maxRestarts: String?
    @Option(parsing: .unconditional, help: text("restart_err")) var restartErr: String?
    @Option(parsing: .unconditional, help: text("err_delay")) var errDelay: String?
    @Option(parsing: .unconditional, help: text("max_err_restarts")) var maxErrRestarts: String?
    @Option(parsing: .unconditional, help: text("err_grace")) var errGrace: String?
    @Option(parsing: .unconditionalSingleValue, help: text("restart_on_exit_codes"))
    var restartOnExitCodes: [String] = []
    @Option(parsing: .unconditional, help: text("restart_backoff")) var restartBackoff: String?
    @Option(parsing: .unconditional, help: text("startup_grace")) var startupGrace: String?
    @Option(parsing: .unconditionalSingleValue, help: text("depends_on"))
    var dependsOn: [String] = []
    @Option(parsing: .unconditional, help: text("depends_timeout")) var dependsTimeout: String?
    @Option(parsing: .unconditional, help: text("kill_timeout")) var killTimeout: String?
    @Option(parsing: .unconditional, help: text("stop_signal")) var stopSignal: String?
    @Option(parsing: .unconditional, help: text("stdin")) var stdin: String?
    @Option(parsing: .unconditional, help: text("rolling")) var rolling: String?
    @Option(parsing: .unconditional, help: text("rolling_delay")) var rollingDelay: String?
    @Option(parsing: .unconditional, help: text("memory_limit")) var memoryLimit: String?
    @Option(parsing: .unconditional, help: text("memory_high")) var memoryHigh: String?
    @Option(parsing: .unconditional, help: text("cpu_limit")) var cpuLimit: String?
    @Option(parsing: .unconditional, help: text("pids_limit")) var pidsLimit: String?
    @Option(parsing: .unconditionalSingleValue, help: text("watch")) var watch: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: text("watch_ignore"))
    var watchIgnore: [String] = []
    @Option(parsing: .unconditional, help: text("watch_delay")) var watchDelay: String?
    @Option(parsing: .unconditional, help: text("watch_conf")) var watchConf: String?
    @Option(parsing: .unconditional, help: text("log")) var log: String?
    @Option(parsing: .unconditional, help: text("err_log")) var errLog: String?
    @Option(parsing: .unconditional, help: text("prefix")) var prefix: String?
    @Option(parsing: .unconditional, help: text("log_time_format")) var logTimeFormat: String?
    @Option(
        name: .customLong("strip-ansi"), parsing: .unconditional, help: text("strip_ansi"))
    var stripANSI: String?

    @OptionGroup var serving: ServerFlags
    @OptionGroup var later: LaterFlags

    /// Sets what was given; the rest stays.
    func apply(to settings: inout WorkerSettings) throws(Failure) {
        for (key, flag) in Self.single {
            guard let value = self[keyPath: flag] else { continue }
            if value.isEmpty, Self.filled.contains(key) {
                throw .usage(
                    "--\(RunWords.dashed(key)) is empty", now: "leave it out, or give it a value")
            }
            try set(key, [value], in: &settings)
        }
        for (key, flag) in Self.repeated where !self[keyPath: flag].isEmpty {
            try set(key, self[keyPath: flag], in: &settings)
        }
    }

    private func set(
        _ key: String, _ values: [String], in settings: inout WorkerSettings
    ) throws(Failure) {
        var changed = settings
        try FlagValue.read { () throws(ValueProblem) in
            try changed.set(FlagValue.option(key), values)
        }
        settings = changed
    }

    /// Flags that mean nothing without a value.
    private static let filled: Set = ["name", "exec", "path", "user", "env_file"]

    /// The option table's words on an option.
    static func text(_ key: String) -> ArgumentHelp {
        let option = FlagValue.option(key)
        let standard = option.standard.isEmpty ? "" : " (default: \(option.standard))"
        let repeats = option.isRepeated ? " May be repeated." : ""
        let later = option.since == .later ? " \(Kept.mark)." : ""
        return ArgumentHelp(
            "\(option.help)\(standard).\(repeats)\(later)", valueName: option.kind.word)
    }
}
