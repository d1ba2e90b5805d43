// Where each setting of a worker is held, so that reading, writing, comparing and taking over are
// written once for all of them.

/// A field of WorkerSettings.
enum SettingField {
    case text(WritableKeyPath<WorkerSettings, String>)
    case texts(WritableKeyPath<WorkerSettings, [String]>)
    case truth(WritableKeyPath<WorkerSettings, Bool>)
    case small(WritableKeyPath<WorkerSettings, UInt16>)
    /// Where 0 is not a value but says that nothing is set, the option has no default.
    case number(WritableKeyPath<WorkerSettings, UInt32>)
    case percent(WritableKeyPath<WorkerSettings, UInt32>)
    case bytes(WritableKeyPath<WorkerSettings, UInt64>)
    case exitCodes(WritableKeyPath<WorkerSettings, [UInt8]>)
    case signal(WritableKeyPath<WorkerSettings, UInt8>)
    case standardInput(WritableKeyPath<WorkerSettings, WorkerSettings.StandardInput>)
    case servers(WritableKeyPath<WorkerSettings, [ServerAddress]>)
    case networks(WritableKeyPath<WorkerSettings, [IPNetwork]>)

    /// Its value in canonical form, a default's too; empty where nothing is set.
    func texts(in settings: WorkerSettings) -> [String] {
        switch self {
        case .text(let path): [settings[keyPath: path]]
        case .texts(let path): settings[keyPath: path]
        case .truth(let path): [String(settings[keyPath: path])]
        case .small(let path): [String(settings[keyPath: path])]
        case .number(let path): [String(settings[keyPath: path])]
        case .percent(let path): Self.set("\(settings[keyPath: path])%", settings[keyPath: path])
        case .bytes(let path):
            Self.set(ByteSize.text(settings[keyPath: path]), settings[keyPath: path])
        case .exitCodes(let path): settings[keyPath: path].map { String($0) }
        case .signal(let path): [SignalName.text(settings[keyPath: path])]
        case .standardInput(let path): [settings[keyPath: path] == .null ? "null" : "pipe"]
        case .servers(let path): settings[keyPath: path].map(\.text)
        case .networks(let path): settings[keyPath: path].map(\.text)
        }
    }

    private static func set(_ text: String, _ value: some BinaryInteger) -> [String] {
        value == 0 ? [] : [text]
    }

    /// Sets it to what `OptionValue.canonical` gave; false where that is another kind of value.
    func store(_ values: [String], in settings: inout WorkerSettings) -> Bool {
        let first = values.first ?? ""
        switch self {
        case .text(let path): settings[keyPath: path] = first
        case .texts(let path): settings[keyPath: path] = values
        case .truth(let path): return Self.assign(Bool(first), path, &settings)
        case .small(let path): return Self.assign(UInt16(first), path, &settings)
        case .number(let path): return Self.assign(UInt32(first), path, &settings)
        case .percent(let path): return Self.assign(UInt32(first.dropLast()), path, &settings)
        case .bytes(let path): return Self.assign(ByteSize.bytes(first), path, &settings)
        case .exitCodes(let path): settings[keyPath: path] = values.compactMap { UInt8($0) }
        case .signal(let path): return Self.assign(SignalName.number(first), path, &settings)
        case .standardInput(let path): settings[keyPath: path] = first == "null" ? .null : .pipe
        case .servers(let path):
            return Self.assign(values.map { ServerAddress($0) }, path, &settings)
        case .networks(let path):
            return Self.assign(values.map { IPNetwork($0) }, path, &settings)
        }
        return true
    }

    private static func assign<Value>(
        _ value: Value?, _ path: WritableKeyPath<WorkerSettings, Value>,
        _ settings: inout WorkerSettings
    ) -> Bool {
        guard let value else { return false }
        settings[keyPath: path] = value
        return true
    }

    private static func assign<Value>(
        _ values: [Value?], _ path: WritableKeyPath<WorkerSettings, [Value]>,
        _ settings: inout WorkerSettings
    ) -> Bool {
        let known = values.compactMap { $0 }
        settings[keyPath: path] = known
        return known.count == values.count
    }

    func take(from other: WorkerSettings, into settings: inout WorkerSettings) {
        switch self {
        case .text(let path): settings[keyPath: path] = other[keyPath: path]
        case .texts(let path): settings[keyPath: path] = other[keyPath: path]
        case .truth(let path): settings[keyPath: path] = other[keyPath: path]
        case .small(let path): settings[keyPath: path] = other[keyPath: path]
        case .number(let path), .percent(let path):
            settings[keyPath: path] = other[keyPath: path]
        case .bytes(let path): settings[keyPath: path] = other[keyPath: path]
        case .exitCodes(let path): settings[keyPath: path] = other[keyPath: path]
        case .signal(let path): settings[keyPath: path] = other[keyPath: path]
        case .standardInput(let path): settings[keyPath: path] = other[keyPath: path]
        case .servers(let path): settings[keyPath: path] = other[keyPath: path]
        case .networks(let path): settings[keyPath: path] = other[keyPath: path]
        }
    }

    func isEqual(_ left: WorkerSettings, _ right: WorkerSettings) -> Bool {
        switch self {
        case .text(let path): left[keyPath: path] == right[keyPath: path]
        case .texts(let path): left[keyPath: path] == right[keyPath: path]
        case .truth(let path): left[keyPath: path] == right[keyPath: path]
        case .small(let path): left[keyPath: path] == right[keyPath: path]
        case .number(let path), .percent(let path): left[keyPath: path] == right[keyPath: path]
        case .bytes(let path): left[keyPath: path] == right[keyPath: path]
        case .exitCodes(let path): left[keyPath: path] == right[keyPath: path]
        case .signal(let path): left[keyPath: path] == right[keyPath: path]
        case .standardInput(let path): left[keyPath: path] == right[keyPath: path]
        case .servers(let path): left[keyPath: path] == right[keyPath: path]
        case .networks(let path): left[keyPath: path] == right[keyPath: path]
        }
    }
}

extension SettingKey {
    var field: SettingField {
        switch self {
        case .exec: .text(\.exec)
        case .params: .texts(\.params)
        case .path: .text(\.path)
        case .instances: .small(\.instances)
        case .user: .text(\.user)
        case .env: .texts(\.env)
        case .envIndex: .text(\.envIndex)
        case .envFile: .text(\.envFile)
        case .restart: .truth(\.restart)
        case .restartDelay: .number(\.restartDelay)
        case .maxRestarts: .number(\.maxRestarts)
        case .restartErr: .truth(\.restartErr)
        case .errDelay: .number(\.errDelay)
        case .maxErrRestarts: .number(\.maxErrRestarts)
        case .errGrace: .number(\.errGrace)
        case .restartOnExitCodes: .exitCodes(\.restartOnExitCodes)
        case .restartBackoff: .number(\.restartBackoff)
        case .startupGrace: .number(\.startupGrace)
        case .dependsOn: .texts(\.dependsOn)
        case .dependsTimeout: .number(\.dependsTimeout)
        case .killTimeout: .number(\.killTimeout)
        case .stopSignal: .signal(\.stopSignal)
        case .standardInput: .standardInput(\.standardInput)
        case .rolling: .truth(\.rolling)
        case .rollingDelay: .number(\.rollingDelay)
        case .memoryLimit: .bytes(\.memoryLimit)
        case .memoryHigh: .bytes(\.memoryHigh)
        case .cpuLimit: .percent(\.cpuLimit)
        case .pidsLimit: .number(\.pidsLimit)
        case .watch: .texts(\.watch)
        case .watchIgnore: .texts(\.watchIgnore)
        case .watchDelay: .number(\.watchDelay)
        case .watchConf: .truth(\.watchConf)
        case .log: .text(\.log)
        case .errLog: .text(\.errLog)
        case .prefix: .text(\.prefix)
        case .logTimeFormat: .text(\.logTimeFormat)
        case .stripANSI: .truth(\.stripANSI)
        default: servingField
        }
    }
}
