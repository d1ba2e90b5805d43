// The one table of worker options: flags, suggestions, `info` and the documentation read it.

/// What kind of value an option takes.
public enum OptionKind: Sendable, Equatable {
    case text
    case texts
    case flag
    case number
    case milliseconds
    case exitCodes
    case signal
    case choice([String])
    /// Bytes, written as a number with K, M, G or T.
    case bytes
    /// Hundredths of one processor.
    case percent
    /// Names of workers, separated by commas.
    case names
    /// Patterns of files, separated by commas.
    case patterns

    /// Whether its flag may be given several times.
    public var isRepeated: Bool {
        switch self {
        case .texts, .exitCodes, .names, .patterns: true
        case .text, .flag, .number, .milliseconds, .signal, .choice, .bytes, .percent: false
        }
    }
}

/// One option of a worker.
public struct WorkerOption: Sendable {
    /// The key in files; the flag is `--` and the key, with `_` or `-`.
    public let key: String
    public let kind: OptionKind
    /// As a person would write it; empty = not set.
    public let standard: String
    public let help: String
    /// The value as a person would write it; empty = not set.
    public let show: @Sendable (WorkerSettings) -> String
}

public enum OptionTable {
    /// In the order in which `info` shows them.
    public static let worker: [WorkerOption] = [
        WorkerOption(
            key: "name", kind: .text, standard: "exec",
            help: "Name in commands and log prefixes", show: { $0.name }),
        WorkerOption(
            key: "exec", kind: .text, standard: "",
            help: "Program to run, looked up in PATH", show: { $0.exec }),
        WorkerOption(
            key: "params", kind: .texts, standard: "", help: "Arguments of the program",
            show: { $0.params.joined(separator: " ") }),
        WorkerOption(
            key: "path", kind: .text, standard: "cwd", help: "Working directory",
            show: { $0.path }),
        WorkerOption(
            key: "instances", kind: .number, standard: "1", help: "Processes to run side by side",
            show: { String($0.instances) }),
        WorkerOption(
            key: "user", kind: .text, standard: "",
            help: "Account to run as; only root's daemon can change it", show: { $0.user }),
        WorkerOption(
            key: "env", kind: .texts, standard: "", help: "KEY=value for the environment",
            show: { $0.env.joined(separator: ", ") }),
        WorkerOption(
            key: "env_index", kind: .text, standard: "",
            help: "Variable that gets the instance's index, from 0", show: { $0.envIndex }),
        WorkerOption(
            key: "env_file", kind: .text, standard: "",
            help: "File with KEY=value lines, read at each start by hand",
            show: { $0.envFile }),
        WorkerOption(
            key: "restart", kind: .flag, standard: "false", help: "Restart after exit code 0",
            show: { String($0.restart) }),
        WorkerOption(
            key: "restart_delay", kind: .milliseconds, standard: "250",
            help: "Wait before a restart after exit code 0", show: { String($0.restartDelay) }),
        WorkerOption(
            key: "max_restarts", kind: .number, standard: "0",
            help: "Most restarts after exit code 0, 0 = any", show: { String($0.maxRestarts) }),
        WorkerOption(
            key: "restart_err", kind: .flag, standard: "false",
            help: "Restart after an error exit or a signal", show: { String($0.restartErr) }),
        WorkerOption(
            key: "err_delay", kind: .milliseconds, standard: "500",
            help: "Wait before a restart after an error", show: { String($0.errDelay) }),
        WorkerOption(
            key: "max_err_restarts", kind: .number, standard: "0",
            help: "Most restarts after errors, 0 = any", show: { String($0.maxErrRestarts) }),
        WorkerOption(
            key: "err_grace", kind: .milliseconds, standard: "",
            help: "Uptime from which a restart counts against max_err_restarts",
            show: { $0.errGrace == 0 ? "" : String($0.errGrace) }),
        WorkerOption(
            key: "restart_on_exit_codes", kind: .exitCodes, standard: "",
            help: "Restart on these exit codes alone (128+N for signal N)",
            show: { $0.restartOnExitCodes.map(String.init).joined(separator: ", ") }),
        WorkerOption(
            key: "restart_backoff", kind: .milliseconds, standard: "",
            help: "Double the wait after each error, up to this",
            show: { $0.restartBackoff == 0 ? "" : String($0.restartBackoff) }),
        WorkerOption(
            key: "startup_grace", kind: .milliseconds, standard: "2000",
            help: "How long a start waits for an early death", show: { String($0.startupGrace) }),
        WorkerOption(
            key: "depends_on", kind: .names, standard: "",
            help: "Workers that must run before this one is started",
            show: { $0.dependsOn.joined(separator: ", ") }),
        WorkerOption(
            key: "depends_timeout", kind: .milliseconds, standard: "30000",
            help: "How long a start waits for them; then it goes on without",
            show: { String($0.dependsTimeout) }),
        WorkerOption(
            key: "kill_timeout", kind: .milliseconds, standard: "2000",
            help: "Wait between stop_signal and SIGKILL", show: { String($0.killTimeout) }),
        WorkerOption(
            key: "stop_signal", kind: .signal, standard: "SIGTERM",
            help: "Signal that asks the program to end", show: { SignalName.text($0.stopSignal) }),
        WorkerOption(
            key: "stdin", kind: .choice(["pipe", "null"]), standard: "pipe",
            help: "Standard input: without end, or /dev/null",
            show: { $0.standardInput == .null ? "null" : "pipe" }),
        WorkerOption(
            key: "rolling", kind: .flag, standard: "false",
            help: "Restart one instance after the other", show: { String($0.rolling) }),
        WorkerOption(
            key: "rolling_delay", kind: .milliseconds, standard: "1000",
            help: "Wait between two instances of such a restart",
            show: { String($0.rollingDelay) }),
        WorkerOption(
            key: "memory_limit", kind: .bytes, standard: "",
            help: "Memory of an instance; beyond it the kernel ends it",
            show: { ByteSize.text($0.memoryLimit) }),
        WorkerOption(
            key: "memory_high", kind: .bytes, standard: "",
            help: "Memory from which an instance is slowed down",
            show: { ByteSize.text($0.memoryHigh) }),
        WorkerOption(
            key: "cpu_limit", kind: .percent, standard: "",
            help: "Share of one processor for an instance, 200% = two",
            show: { $0.cpuLimit == 0 ? "" : "\($0.cpuLimit)%" }),
        WorkerOption(
            key: "pids_limit", kind: .number, standard: "",
            help: "Processes and threads of an instance",
            show: { $0.pidsLimit == 0 ? "" : String($0.pidsLimit) }),
        WorkerOption(
            key: "watch", kind: .patterns, standard: "",
            help: "Restart when files like these change: *.js, src/*, *lib*, a.conf",
            show: { $0.watch.joined(separator: ", ") }),
        WorkerOption(
            key: "watch_ignore", kind: .patterns, standard: "",
            help: "Files and folders that do not count, like *node_modules*",
            show: { $0.watchIgnore.joined(separator: ", ") }),
        WorkerOption(
            key: "watch_delay", kind: .milliseconds, standard: "200",
            help: "How long nothing more must change before that restart",
            show: { String($0.watchDelay) }),
        WorkerOption(
            key: "watch_conf", kind: .flag, standard: "false",
            help: "Restart when the file that defines the worker changes",
            show: { String($0.watchConf) }),
        WorkerOption(
            key: "log", kind: .text, standard: "daemon log", help: "File for the output",
            show: { $0.log }),
        WorkerOption(
            key: "err_log", kind: .text, standard: "log", help: "File for the error output",
            show: { $0.errLog }),
        WorkerOption(
            key: "prefix", kind: .text, standard: "name", help: "Before each line of the log",
            show: { $0.prefix }),
        WorkerOption(
            key: "log_time_format", kind: .text, standard: WorkerSettings.defaultLogTimeFormat,
            help: "Time stamp of each line of the log", show: { $0.logTimeFormat }),
        WorkerOption(
            key: "strip_ansi", kind: .flag, standard: "false",
            help: "Remove escape sequences from the log", show: { String($0.stripANSI) }),
    ]
}
