// The one table of options. Flags, suggestions, `info`, configuration files and the documentation
// read it. Here are those that are fields of WorkerSettings, in OptionTable+serving.swift those of
// them that concern servers; OptionTable+kept.swift has those whose values are kept as texts,
// OptionTable+blocks.swift those of blocks and of the daemon.

public enum OptionTable {
    /// In the order in which `info` shows them.
    public static let worker = OptionBlock("", [name] + typed + serving + kept)

    private static let name = ConfigOption(
        key: "name", kind: .text(SettingsLimits.nameBytes), standard: "exec", inWords: true,
        help: "Name in commands and log prefixes", since: .version("0.1"), storage: .name)

    /// In the order of SettingKey.
    private static let typed: [ConfigOption] = [
        .typed(.exec, .program, "Program to run, looked up in PATH"),
        .typed(.params, .texts, "Arguments of the program"),
        .typed(.path, .path, standard: "cwd", inWords: true, "Working directory"),
        .typed(
            .instances, .number(1...UInt64(SettingsLimits.instances)), standard: "1",
            "Processes to run side by side"),
        .typed(
            .user, .text(SettingsLimits.userBytes),
            "Account to run as; only root's daemon can change it"),
        .typed(.env, .texts, "KEY=value for the environment"),
        .typed(
            .envIndex, .text(SettingsLimits.nameBytes),
            "Variable that gets the instance's index, from 0"),
        .typed(.envFile, .path, "File with KEY=value lines, read at each start by hand"),
        .typed(.restart, .flag, standard: "false", "Restart after exit code 0"),
        .typed(
            .restartDelay, .milliseconds, standard: "250",
            "Wait before a restart after exit code 0"),
        .typed(.maxRestarts, count, standard: "0", "Most restarts after exit code 0, 0 = any"),
        .typed(.restartErr, .flag, standard: "false", "Restart after an error exit or a signal"),
        .typed(.errDelay, .milliseconds, standard: "500", "Wait before a restart after an error"),
        .typed(.maxErrRestarts, count, standard: "0", "Most restarts after errors, 0 = any"),
        .typed(
            .errGrace, .milliseconds,
            "Uptime from which a restart counts against max_err_restarts"),
        .typed(
            .restartOnExitCodes, .exitCodes,
            "Restart on these exit codes alone (128+N for signal N)"),
        .typed(.restartBackoff, .milliseconds, "Double the wait after each error, up to this"),
        .typed(
            .startupGrace, .milliseconds, standard: "2000",
            "How long a start waits for an early death"),
        .typed(.dependsOn, .names, "Workers that must run before this one is started"),
        .typed(
            .dependsTimeout, .milliseconds, standard: "30000",
            "How long a start waits for them; then it goes on without"),
        .typed(
            .killTimeout, .milliseconds, standard: "2000",
            "Wait between stop_signal and SIGKILL"),
        .typed(
            .stopSignal, .signal, standard: "SIGTERM", "Signal that asks the program to end"),
        .typed(
            .standardInput, .choice(["pipe", "null"]), standard: "pipe",
            "Standard input: without end, or /dev/null"),
        .typed(.rolling, .flag, standard: "false", "Restart one instance after the other"),
        .typed(
            .rollingDelay, .milliseconds, standard: "1000",
            "Wait between two instances of such a restart"),
        .typed(.memoryLimit, .bytes, "Memory of an instance; beyond it the kernel ends it"),
        .typed(.memoryHigh, .bytes, "Memory from which an instance is slowed down"),
        .typed(.cpuLimit, .percent, "Share of one processor for an instance, 200% = two"),
        .typed(
            .pidsLimit, .number(0...UInt64(SettingsLimits.processes)),
            "Processes and threads of an instance"),
        .typed(
            .watch, .patterns(SettingsLimits.patterns),
            "Restart when files like these change: *.js, src/*, *lib*, a.conf"),
        .typed(
            .watchIgnore, .patterns(SettingsLimits.patterns),
            "Files and folders that do not count, like *node_modules*"),
        .typed(
            .watchDelay, .milliseconds, standard: "200",
            "How long nothing more must change before that restart"),
        .typed(
            .watchConf, .flag, standard: "false",
            "Reload the worker when the file that defines it changes"),
        .typed(.log, .path, standard: "daemon log", inWords: true, "File for the output"),
        .typed(.errLog, .path, standard: "log", inWords: true, "File for the error output"),
        .typed(
            .prefix, .text(SettingsLimits.formatBytes), standard: "name", inWords: true,
            "Before each line of the log"),
        .typed(
            .logTimeFormat, .text(SettingsLimits.formatBytes),
            standard: WorkerSettings.defaultLogTimeFormat, "Time stamp of each line of the log"),
        .typed(.stripANSI, .flag, standard: "false", "Remove escape sequences from the log"),
    ]

    /// How often something may happen.
    static let count = OptionKind.number(0...UInt64(UInt32.max))
}
