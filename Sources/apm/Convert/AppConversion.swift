// One app of an ecosystem file as a worker: which field becomes which setting, and what a person
// should know of the rest. Pure, given the scenery.

import Settings

/// A worker as it was converted.
struct ConvertedWorker: Equatable {
    var settings = WorkerSettings()
    /// Options whose feature this version does not have: key and values.
    var kept: [(key: String, values: [String])] = []
    /// What stands over the block, one line each.
    var warnings: [String] = []

    static func == (left: ConvertedWorker, right: ConvertedWorker) -> Bool {
        left.settings == right.settings && left.warnings == right.warnings
            && left.kept.elementsEqual(right.kept) { $0.key == $1.key && $0.values == $1.values }
    }
}

struct AppConversion {
    var fields: AppFields
    let scenery: Scenery
    var worker = ConvertedWorker()
    /// Whether `env_NAME` was there for the environment that was asked for.
    private(set) var hadEnvironment = false
    /// Names of its environments.
    private(set) var environments: [String] = []

    mutating func note(environment: String) {
        environments.append(environment)
        if environment == scenery.environment { hadEnvironment = true }
    }

    init(_ fields: [PlainValue.Field], in scenery: Scenery) {
        self.fields = AppFields(fields)
        self.scenery = scenery
    }

    /// `what` names the app in messages: `app 2`.
    mutating func convert(_ what: String) throws(Failure) -> ConvertedWorker {
        convertFolder()
        try convertProgram(what)
        convertName()
        convertInstances()
        convertAccount()
        convertEnvironment()
        convertRestarts()
        convertStop()
        convertMemory()
        convertLogs()
        convertWatch()
        worker.warnings = fields.finish()
        return worker
    }

    mutating func keep(_ key: String, _ values: [String]) {
        if !values.isEmpty { worker.kept.append((key, values)) }
    }

    private mutating func convertFolder() {
        worker.settings.path = scenery.resolve(fields.text("cwd") ?? ".", from: scenery.folder)
    }

    private mutating func convertName() {
        let prefix = fields.text("name_prefix") ?? ""
        let named = fields.text("name") ?? worker.settings.name
        var name = prefix + named
        if fields.truth("append_env_to_name") == true {
            if let environment = scenery.environment {
                name += "-" + environment
            } else {
                fields.remark("append_env_to_name", "no --env was given, so nothing was appended")
            }
        }
        worker.settings.name = Self.fit(name)
        if worker.settings.name != name {
            fields.remark(
                "name", "\(name) is no name for a worker; \(worker.settings.name) was taken")
        }
    }

    /// A worker's name that is as near to `name` as can be.
    static func fit(_ name: String) -> String {
        if WorkerName.problem(name) == nil { return name }
        var fitting = ""
        for character in name {
            let isFit = WorkerName.problem("x\(character)") == nil
            if isFit {
                fitting.append(character)
            } else if !fitting.isEmpty, fitting.last != "-" {
                fitting.append("-")
            }
        }
        while fitting.last == "-" { fitting.removeLast() }
        let rest = fitting.drop { $0 == "-" || $0 == "." }
        fitting = rest.hasPrefix("SIG") ? "w-" + rest : String(rest)
        while fitting.utf8.count > SettingsLimits.nameBytes { fitting.removeLast() }
        return fitting.isEmpty ? "worker" : fitting
    }

    private mutating func convertInstances() {
        let mode = fields.text("exec_mode") ?? ""
        let value = fields.take("instances")
        let wanted = count(of: value)
        let most = SettingsLimits.instances
        if wanted > most { fields.remark("instances", "\(wanted) are more than \(most)") }
        worker.settings.instances = UInt16(min(max(1, wanted), most))
        let count = worker.settings.instances
        let isNode = WorkerName.base(of: worker.settings.exec).hasPrefix("node")
        if mode.hasPrefix("cluster") || mode.isEmpty && isNode && value != nil && count > 1 {
            fields.remark(
                mode.isEmpty ? "instances" : "exec_mode",
                "cluster mode has no counterpart: to share a port among instances, set server, "
                    + "like server :3000, and use the connector; without it each binds its own")
        } else if !mode.isEmpty, !mode.hasPrefix("fork") {
            fields.remark("exec_mode", "\(mode) is neither fork nor cluster")
        }
        if let variable = fields.text("instance_var") {
            worker.settings.envIndex = variable
        } else if count > 1 {
            worker.settings.envIndex = "NODE_APP_INSTANCE"
        }
    }

    /// PM2 reads a number, `max`, 0 (all processors) and negative numbers (all but so many).
    private mutating func count(of value: PlainValue?) -> Int {
        let number: Double?
        switch value {
        case nil: return 1
        case .number(let given)?: number = given
        case .text("max")?: number = 0
        case .text(let text)?: number = Double(text)
        default: number = nil
        }
        guard let number, let whole = Int(exactly: number.rounded(.towardZero)) else {
            fields.remark("instances", "is no number; one was taken")
            return 1
        }
        guard whole <= 0 else { return whole }
        let count = max(1, scenery.processors + whole)
        fields.remark(
            "instances",
            "\(count) for the \(scenery.processors) processors of this machine; PM2 counts them "
                + "at each start")
        return count
    }

    private mutating func convertAccount() {
        guard let value = fields.take("uid") else { return }
        guard let user = value.plainText, !user.isEmpty else {
            return fields.remark("uid", "is \(value.kind), not an account: left out")
        }
        worker.settings.user = user
        if Double(user) != nil {
            fields.remark("uid", "\(user) is a number; if that is refused, name the account")
        }
    }

    private mutating func convertMemory() {
        guard let value = fields.take("max_memory_restart") else { return }
        guard let text = value.plainText, let bytes = ByteSize.bytes(text),
            (1...SettingsLimits.memoryBytes).contains(bytes)
        else {
            return fields.remark("max_memory_restart", "is no amount of memory: left out")
        }
        worker.settings.memoryLimit = bytes
        fields.remark(
            "max_memory_restart",
            "memory_limit is a hard one: the kernel ends an instance beyond it, then it restarts")
    }
}
