// The options of a worker as flags: declared once, with the help of the option table. The words
// come here sorted by RunWords; what the values mean is OptionValue's question.

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

    /// Sets what was given; the rest stays.
    func apply(to settings: inout WorkerSettings) throws(Failure) {
        try applyProgram(to: &settings)
        try applyRestarts(to: &settings)
        try applyOrder(to: &settings)
        try applyEnding(to: &settings)
        try applyLimits(to: &settings)
        try applyWatch(to: &settings)
        try applyLog(to: &settings)
    }

    private func applyProgram(to settings: inout WorkerSettings) throws(Failure) {
        if let name { settings.name = try filled("name", name) }
        if let exec { settings.exec = try filled("exec", exec) }
        if !params.isEmpty { settings.params = params }
        if let path { settings.path = try filled("path", path) }
        if let instances {
            settings.instances = try OptionValue.number(
                "instances", instances, most: UInt16(SettingsLimits.instances))
        }
        if let user { settings.user = try filled("user", user) }
        if !env.isEmpty { settings.env = env }
        if let envIndex { settings.envIndex = envIndex }
        if let envFile { settings.envFile = try filled("env-file", envFile) }
        if let stdin {
            let choice = try OptionValue.choice("stdin", stdin, of: ["pipe", "null"])
            settings.standardInput = choice == 1 ? .null : .pipe
        }
    }

    private func applyRestarts(to settings: inout WorkerSettings) throws(Failure) {
        if let restart { settings.restart = try OptionValue.truth("restart", restart) }
        if let restartDelay {
            settings.restartDelay = try OptionValue.milliseconds("restart-delay", restartDelay)
        }
        if let maxRestarts {
            settings.maxRestarts = try OptionValue.number("max-restarts", maxRestarts)
        }
        if let restartErr {
            settings.restartErr = try OptionValue.truth("restart-err", restartErr)
        }
        if let errDelay {
            settings.errDelay = try OptionValue.milliseconds("err-delay", errDelay)
        }
        if let maxErrRestarts {
            settings.maxErrRestarts = try OptionValue.number("max-err-restarts", maxErrRestarts)
        }
        if let errGrace {
            settings.errGrace = try OptionValue.milliseconds("err-grace", errGrace)
        }
        if !restartOnExitCodes.isEmpty {
            settings.restartOnExitCodes = try OptionValue.exitCodes(
                "restart-on-exit-codes", restartOnExitCodes)
        }
        if let restartBackoff {
            settings.restartBackoff = try OptionValue.milliseconds(
                "restart-backoff", restartBackoff)
        }
    }

    private func applyOrder(to settings: inout WorkerSettings) throws(Failure) {
        if let startupGrace {
            settings.startupGrace = try OptionValue.milliseconds("startup-grace", startupGrace)
        }
        if !dependsOn.isEmpty {
            settings.dependsOn = try OptionValue.workerNames("depends-on", dependsOn)
        }
        if let dependsTimeout {
            settings.dependsTimeout = try OptionValue.milliseconds(
                "depends-timeout", dependsTimeout)
        }
        if let rolling { settings.rolling = try OptionValue.truth("rolling", rolling) }
        if let rollingDelay {
            settings.rollingDelay = try OptionValue.milliseconds("rolling-delay", rollingDelay)
        }
    }

    private func applyEnding(to settings: inout WorkerSettings) throws(Failure) {
        if let killTimeout {
            settings.killTimeout = try OptionValue.milliseconds("kill-timeout", killTimeout)
        }
        if let stopSignal {
            settings.stopSignal = try OptionValue.signal("stop-signal", stopSignal)
        }
    }

    private func applyLimits(to settings: inout WorkerSettings) throws(Failure) {
        if let memoryLimit {
            settings.memoryLimit = try OptionValue.bytes("memory-limit", memoryLimit)
        }
        if let memoryHigh {
            settings.memoryHigh = try OptionValue.bytes("memory-high", memoryHigh)
        }
        if let cpuLimit { settings.cpuLimit = try OptionValue.percent("cpu-limit", cpuLimit) }
        if let pidsLimit {
            settings.pidsLimit = try OptionValue.number(
                "pids-limit", pidsLimit, most: SettingsLimits.processes)
        }
    }

    private func applyWatch(to settings: inout WorkerSettings) throws(Failure) {
        if !watch.isEmpty { settings.watch = try OptionValue.patterns("watch", watch) }
        if !watchIgnore.isEmpty {
            settings.watchIgnore = try OptionValue.patterns("watch-ignore", watchIgnore)
        }
        if let watchDelay {
            settings.watchDelay = try OptionValue.milliseconds("watch-delay", watchDelay)
        }
        if let watchConf { settings.watchConf = try OptionValue.truth("watch-conf", watchConf) }
    }

    private func applyLog(to settings: inout WorkerSettings) throws(Failure) {
        if let log { settings.log = log }
        if let errLog { settings.errLog = errLog }
        if let prefix { settings.prefix = prefix }
        if let logTimeFormat { settings.logTimeFormat = logTimeFormat }
        if let stripANSI { settings.stripANSI = try OptionValue.truth("strip-ansi", stripANSI) }
    }

    private func filled(_ key: String, _ value: String) throws(Failure) -> String {
        guard !value.isEmpty else {
            throw .usage("--\(key) is empty", now: "leave it out, or give it a value")
        }
        return value
    }

    /// The option table's words on an option.
    private static func text(_ key: String) -> ArgumentHelp {
        guard let option = OptionTable.worker.first(where: { $0.key == key }) else {
            preconditionFailure("\(key) is not in the option table")
        }
        let standard = option.standard.isEmpty ? "" : " (default: \(option.standard))"
        let repeats = option.kind.isRepeated
        return ArgumentHelp(
            "\(option.help)\(standard).\(repeats ? " May be repeated." : "")",
            valueName: valueName(option.kind))
    }

    private static func valueName(_ kind: OptionKind) -> String {
        switch kind {
        case .text: "text"
        case .texts: "text"
        case .flag: "true|false"
        case .number: "number"
        case .milliseconds: "ms"
        case .exitCodes: "codes"
        case .signal: "signal"
        case .bytes: "size"
        case .percent: "percent"
        case .names: "names"
        case .patterns: "patterns"
        case .choice(let words): words.joined(separator: "|")
        }
    }
}
