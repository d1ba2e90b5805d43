// The settings of a worker one by one, so that some of them can be changed while the others stay.
// The name is not among them: it is changed by `rename`. A test compares them with the option
// table; where each is held, SettingField says.

import Bytes

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
    case server
    case lowercaseHeaders = "lowercase_hdrs"
    case trustProxy = "trust_proxy"
    case trustedProxies = "trusted_proxies"
    case keepAlive = "keep_alive"
    case maxConnections = "max_conns"
    case traceHeader = "trace_header"
    case maxRequestLine = "max_request_line"
    case maxHeaderSize = "max_header_size"
    case maxHeaders = "max_headers"
    case maxBody = "max_body"
    case headerTimeout = "header_timeout"
    case bodyTimeout = "body_timeout"
    case sendTimeout = "send_timeout"
    case responseTimeout = "response_timeout"
    case queueLimit = "queue_limit"
    case queueTimeout = "queue_timeout"
    case accessLog = "access_log"
    case drainTimeout = "drain_timeout"
    case connector

    /// Whether a process has to be started anew to get it; the others are in force at once. (So are
    /// servers, unless the worker had none: whether it speaks in frames is decided by a start.)
    public var needsRestart: Bool {
        switch self {
        case .exec, .params, .path, .user, .env, .envIndex, .envFile, .standardInput, .log,
            .errLog:
            true
        case .instances, .restart, .restartDelay, .maxRestarts, .restartErr, .errDelay,
            .maxErrRestarts, .errGrace, .restartOnExitCodes, .restartBackoff, .startupGrace,
            .dependsOn, .dependsTimeout, .killTimeout, .stopSignal, .rolling, .rollingDelay,
            .memoryLimit, .memoryHigh, .cpuLimit, .pidsLimit, .watch, .watchIgnore, .watchDelay,
            .watchConf, .prefix, .logTimeFormat, .stripANSI, .lowercaseHeaders, .trustProxy,
            .trustedProxies, .keepAlive, .maxConnections, .traceHeader, .maxRequestLine,
            .maxHeaderSize, .maxHeaders, .maxBody, .headerTimeout, .bodyTimeout, .sendTimeout,
            .responseTimeout, .queueLimit, .queueTimeout, .accessLog, .drainTimeout, .server,
            .connector:
            false
        }
    }

    /// Its bit: the lowest one is `exec`, in the order of the declaration.
    fileprivate var bit: UInt64 {
        Self.allCases.firstIndex(of: self).map { 1 << UInt64($0) } ?? 0
    }
}

/// Some settings of a worker: its fields, and options that are kept as texts.
public struct SettingKeys: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// A bit for each field, in the order of the declaration of SettingKey.
    public private(set) var bits: UInt64
    /// Numbers of options that are kept as texts.
    public private(set) var kept: Set<UInt16>

    /// Nil where a bit or a number is not known.
    public init?(bits: UInt64, kept: some Sequence<UInt16>) {
        self.bits = bits
        self.kept = Set(kept)
        guard isSubset(of: .all) else { return nil }
    }

    public init(_ keys: some Sequence<SettingKey> = []) {
        bits = keys.reduce(0) { $0 | $1.bit }
        kept = []
    }

    public init(arrayLiteral keys: SettingKey...) { self.init(keys) }

    fileprivate init(kept: Set<UInt16>) {
        bits = 0
        self.kept = kept
    }

    public static let all = SettingKeys(SettingKey.allCases)
        .union(SettingKeys(kept: OptionTable.workerIds))
    public static let needingRestart = SettingKeys(SettingKey.allCases.filter(\.needsRestart))
    /// How its servers serve.
    public static let serving = SettingKeys([
        SettingKey.lowercaseHeaders, .trustProxy, .trustedProxies, .keepAlive, .maxConnections,
        .traceHeader, .maxRequestLine, .maxHeaderSize, .maxHeaders, .maxBody, .headerTimeout,
        .bodyTimeout, .sendTimeout, .responseTimeout, .queueLimit, .queueTimeout,
    ])
    /// How lines of a log look.
    public static let style = SettingKeys([SettingKey.prefix, .logTimeFormat, .stripANSI])
    /// What a control group enforces.
    public static let limits = SettingKeys([
        SettingKey.memoryLimit, .memoryHigh, .cpuLimit, .pidsLimit,
    ])

    public var isEmpty: Bool { bits == 0 && kept.isEmpty }

    public mutating func insert(_ key: SettingKey) { bits |= key.bit }
    public func contains(_ key: SettingKey) -> Bool { bits & key.bit != 0 }

    /// Inserts the setting of an option; nothing where that is the name.
    public mutating func insert(_ option: ConfigOption) {
        switch option.storage {
        case .typed(let key): insert(key)
        case .kept(let id): kept.insert(id)
        case .name, .daemon, .part: break
        }
    }

    public func contains(_ option: ConfigOption) -> Bool {
        switch option.storage {
        case .typed(let key): contains(key)
        case .kept(let id): kept.contains(id)
        case .name, .daemon, .part: false
        }
    }

    public func union(_ other: SettingKeys) -> SettingKeys {
        var result = self
        result.bits |= other.bits
        result.kept.formUnion(other.kept)
        return result
    }

    public func intersection(_ other: SettingKeys) -> SettingKeys {
        var result = self
        result.bits &= other.bits
        result.kept.formIntersection(other.kept)
        return result
    }

    public func subtracting(_ other: SettingKeys) -> SettingKeys {
        var result = self
        result.bits &= ~other.bits
        result.kept.subtract(other.kept)
        return result
    }

    public func isDisjoint(with other: SettingKeys) -> Bool { intersection(other).isEmpty }
    public func isSubset(of other: SettingKeys) -> Bool { subtracting(other).isEmpty }

    /// The fields, in the order of the option table.
    public var list: [SettingKey] { SettingKey.allCases.filter(contains) }

    /// What all of them are called, in the order of the option tables.
    public var names: [String] {
        list.map(\.rawValue) + kept.sorted().map { OptionTable.kept($0)?.fullKey ?? "?" }
    }
}

extension WorkerSettings {
    /// These settings with some values of `other`.
    public func taking(_ keys: SettingKeys, from other: WorkerSettings) -> WorkerSettings {
        var result = self
        for key in keys.list { key.field.take(from: other, into: &result) }
        for id in keys.kept { result.kept.set(id, other.kept.values(of: id)) }
        return result
    }

    /// The settings in which two definitions differ, names and base environments apart.
    public func differences(from other: WorkerSettings) -> SettingKeys {
        let keys = SettingKeys(SettingKey.allCases.filter { !$0.field.isEqual(self, other) })
        return keys.union(SettingKeys(kept: kept.differences(from: other.kept)))
    }
}

extension SettingKeys {
    public func write(to writer: inout ByteWriter) {
        writer.write(bits)
        writer.write(UInt16(kept.count))
        for id in kept.sorted() { writer.write(id) }
    }

    /// Known bits, and known numbers in ascending order.
    public init(reading reader: inout ByteReader) throws(DecodeError) {
        let bits = try reader.readUInt64()
        let count = try reader.readCount(atMost: OptionTable.workerIds.count, smallest: 2)
        var kept: [UInt16] = []
        for _ in 0..<count {
            let id = try reader.readUInt16()
            guard kept.last.map({ $0 < id }) ?? true else { throw .badValue }
            kept.append(id)
        }
        guard let keys = SettingKeys(bits: bits, kept: kept) else { throw .badValue }
        self = keys
    }
}
