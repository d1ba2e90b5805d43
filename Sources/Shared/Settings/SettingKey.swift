// The settings of a worker one by one, so that some of them can be changed while the others stay.
// The name is not among them: it is changed by `rename`. A test compares them with the option
// table.

/// Raw values are the keys of the option table.
public enum SettingKey: String, CaseIterable, Sendable {
    case exec
    case params
    case path
    case instances
    case user
    case env
    case envIndex = "env_index"
    case envFile = "env_file"
    case restart
    case restartDelay = "restart_delay"
    case maxRestarts = "max_restarts"
    case restartErr = "restart_err"
    case errDelay = "err_delay"
    case maxErrRestarts = "max_err_restarts"
    case errGrace = "err_grace"
    case restartOnExitCodes = "restart_on_exit_codes"
    case restartBackoff = "restart_backoff"
    case startupGrace = "startup_grace"
    case dependsOn = "depends_on"
    case dependsTimeout = "depends_timeout"
    case killTimeout = "kill_timeout"
    case stopSignal = "stop_signal"
    case standardInput = "stdin"
    case rolling
    case rollingDelay = "rolling_delay"
    case memoryLimit = "memory_limit"
    case memoryHigh = "memory_high"
    case cpuLimit = "cpu_limit"
    case pidsLimit = "pids_limit"
    case watch
    case watchIgnore = "watch_ignore"
    case watchDelay = "watch_delay"
    case watchConf = "watch_conf"
    case log
    case errLog = "err_log"
    case prefix
    case logTimeFormat = "log_time_format"
    case stripANSI = "strip_ansi"

    /// Whether a process has to be started anew to get it; the others are in force at once.
    public var needsRestart: Bool {
        switch self {
        case .exec, .params, .path, .user, .env, .envIndex, .envFile, .standardInput, .log,
            .errLog:
            true
        case .instances, .restart, .restartDelay, .maxRestarts, .restartErr, .errDelay,
            .maxErrRestarts, .errGrace, .restartOnExitCodes, .restartBackoff, .startupGrace,
            .dependsOn, .dependsTimeout, .killTimeout, .stopSignal, .rolling, .rollingDelay,
            .memoryLimit, .memoryHigh, .cpuLimit, .pidsLimit, .watch, .watchIgnore, .watchDelay,
            .watchConf, .prefix, .logTimeFormat, .stripANSI:
            false
        }
    }

    var keys: SettingKeys {
        guard let place = Self.allCases.firstIndex(of: self) else { return [] }
        return SettingKeys(rawValue: 1 << UInt64(place))
    }
}

/// Some settings of a worker: a bit for each key, in the order of their declaration.
public struct SettingKeys: OptionSet, Equatable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public init(_ keys: some Sequence<SettingKey>) {
        self = keys.reduce([]) { $0.union($1.keys) }
    }

    public static let all = SettingKeys(SettingKey.allCases)
    public static let needingRestart = SettingKeys(SettingKey.allCases.filter(\.needsRestart))
    /// How lines of a log look.
    public static let style = SettingKeys([SettingKey.prefix, .logTimeFormat, .stripANSI])
    /// What a control group enforces.
    public static let limits = SettingKeys([
        SettingKey.memoryLimit, .memoryHigh, .cpuLimit, .pidsLimit,
    ])

    public mutating func insert(_ key: SettingKey) { formUnion(key.keys) }
    public func contains(_ key: SettingKey) -> Bool { isSuperset(of: key.keys) }

    /// In the order of the option table.
    public var list: [SettingKey] { SettingKey.allCases.filter(contains) }
}

extension WorkerSettings {
    /// These settings with some values of `other`.
    public func taking(_ keys: SettingKeys, from other: WorkerSettings) -> WorkerSettings {
        var result = self
        for key in keys.list { result.take(key, from: other) }
        return result
    }

    /// The settings in which two definitions differ, names and base environments apart.
    public func differences(from other: WorkerSettings) -> SettingKeys {
        SettingKeys(SettingKey.allCases.filter { taking($0.keys, from: other) != self })
    }

    private mutating func take(_ key: SettingKey, from other: WorkerSettings) {
        switch key {
        case .exec: exec = other.exec
        case .params: params = other.params
        case .path: path = other.path
        case .instances: instances = other.instances
        case .user: user = other.user
        case .env: env = other.env
        case .envIndex: envIndex = other.envIndex
        case .envFile: envFile = other.envFile
        case .restart: restart = other.restart
        case .restartDelay: restartDelay = other.restartDelay
        case .maxRestarts: maxRestarts = other.maxRestarts
        case .restartErr: restartErr = other.restartErr
        case .errDelay: errDelay = other.errDelay
        case .maxErrRestarts: maxErrRestarts = other.maxErrRestarts
        case .errGrace: errGrace = other.errGrace
        case .restartOnExitCodes: restartOnExitCodes = other.restartOnExitCodes
        case .restartBackoff: restartBackoff = other.restartBackoff
        case .startupGrace: startupGrace = other.startupGrace
        case .dependsOn: dependsOn = other.dependsOn
        case .dependsTimeout: dependsTimeout = other.dependsTimeout
        case .killTimeout: killTimeout = other.killTimeout
        case .stopSignal: stopSignal = other.stopSignal
        case .standardInput: standardInput = other.standardInput
        case .rolling: rolling = other.rolling
        case .rollingDelay: rollingDelay = other.rollingDelay
        case .memoryLimit: memoryLimit = other.memoryLimit
        case .memoryHigh: memoryHigh = other.memoryHigh
        case .cpuLimit: cpuLimit = other.cpuLimit
        case .pidsLimit: pidsLimit = other.pidsLimit
        case .watch: watch = other.watch
        case .watchIgnore: watchIgnore = other.watchIgnore
        case .watchDelay: watchDelay = other.watchDelay
        case .watchConf: watchConf = other.watchConf
        case .log: log = other.log
        case .errLog: errLog = other.errLog
        case .prefix: prefix = other.prefix
        case .logTimeFormat: logTimeFormat = other.logTimeFormat
        case .stripANSI: stripANSI = other.stripANSI
        }
    }
}
