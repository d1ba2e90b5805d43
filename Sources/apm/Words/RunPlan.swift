// From the words of `run` to a definition that the daemon takes: paths made absolute from where the
// caller stands, the caller's environment reduced to what a worker should know of it. Pure, given
// the surroundings.

import Messages
import Settings

enum RunPlan {
    /// Variables of the caller that stand under the worker's own.
    private static let inherited = [
        "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_ADDRESS", "LC_COLLATE",
        "LC_CTYPE", "LC_IDENTIFICATION", "LC_MEASUREMENT", "LC_MESSAGES", "LC_MONETARY", "LC_NAME",
        "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME", "TZ", "TERM",
    ]

    static func settings(
        _ flags: WorkerFlags, program: [String], _ surroundings: Surroundings
    ) throws(Failure) -> WorkerSettings {
        var settings = WorkerSettings()
        try flags.apply(to: &settings)
        try chooseProgram(&settings, program)
        try placeFiles(of: &settings, surroundings)
        if settings.name.isEmpty { settings.name = WorkerName.base(of: settings.exec) }
        try placeFolder(of: &settings, surroundings)
        settings.baseEnvironment = try environment(surroundings)
        try check(settings, isNamed: flags.name != nil)
        return settings
    }

    /// The working directory; the caller's where none is named.
    static func placeFolder(
        of settings: inout WorkerSettings, _ surroundings: Surroundings
    ) throws(Failure) {
        if settings.path.isEmpty { settings.path = "." }
        try place(FlagValue.option("path"), of: &settings, surroundings)
        if settings.path.isEmpty { settings.path = surroundings.folder }
    }

    /// Files that are named, seen from where the caller stands; a bare program is looked up later.
    static func placeFiles(
        of settings: inout WorkerSettings, _ surroundings: Surroundings
    ) throws(Failure) {
        for option in OptionTable.paths where option.key != "path" {
            try place(option, of: &settings, surroundings)
        }
    }

    private static func place(
        _ option: ConfigOption, of settings: inout WorkerSettings, _ surroundings: Surroundings
    ) throws(Failure) {
        var placed = settings
        try FlagValue.read { () throws(ValueProblem) in
            try placed.place(
                option, in: surroundings.folder, variable: { surroundings.variable($0) })
        }
        settings = placed
    }

    private static func chooseProgram(
        _ settings: inout WorkerSettings, _ program: [String]
    ) throws(Failure) {
        if settings.exec.isEmpty {
            guard let first = program.first, !first.isEmpty else {
                throw .usage(
                    "run needs a program",
                    now: "apm run <program> [args…], like: apm run node app.js")
            }
            settings.exec = first
            settings.params = program.dropFirst() + settings.params
        } else if let first = program.first {
            let shown = Visible.text(first)
            throw .usage(
                "there are two programs: \(shown), and \(Visible.text(settings.exec)) by --exec",
                now: "to give \(shown) a flag --exec, write it after --: apm run \(shown) -- …")
        }
    }

    /// PATH without what depends on the current folder, and the other variables that are set.
    static func environment(_ surroundings: Surroundings) throws(Failure) -> [String] {
        var entries: [String] = []
        if let path = try variable("PATH", surroundings) {
            let folders = path.split(separator: ":").filter { $0.hasPrefix("/") }
            if !folders.isEmpty { entries.append("PATH=" + folders.joined(separator: ":")) }
        }
        for name in inherited {
            if let value = try variable(name, surroundings) { entries.append("\(name)=\(value)") }
        }
        return entries
    }

    /// A variable that the worker gets; one that cannot be passed on whole is named.
    private static func variable(
        _ name: String, _ surroundings: Surroundings
    ) throws(Failure) -> String? {
        guard !surroundings.isUnreadable(name) else {
            throw Failure(
                "the variable \(name) of your environment is not UTF-8",
                now: "set it to text that is UTF-8, or unset it")
        }
        guard let value = surroundings.variable(name) else { return nil }
        guard name.utf8.count + 1 + value.utf8.count <= SettingsLimits.argumentBytes else {
            throw Failure(
                "the variable \(name) of your environment is longer than "
                    + "\(SettingsLimits.argumentBytes) bytes",
                now: "shorten or unset it")
        }
        return value
    }

    /// What the daemon would refuse is told before it is asked, and with the name of the flag.
    private static func check(_ settings: WorkerSettings, isNamed: Bool) throws(Failure) {
        guard let problem = settings.problem() ?? settings.oversize() else { return }
        if problem.key == "name", !isNamed {
            throw .usage(
                "the name '\(Visible.text(settings.name))' \(problem.text)",
                now: "give the worker another one with --name: \(rule("name"))")
        }
        throw refused(problem)
    }

    /// A value that the daemon would not take, with what its flag takes.
    static func refused(_ problem: WorkerSettings.Problem) -> Failure {
        let key = RunWords.dashed(problem.key)
        return .usage(
            "--\(key) \(Visible.text(problem.text))", now: "--\(key) takes \(rule(problem.key))")
    }

    /// What a name takes.
    static let nameRule =
        "1 to \(SettingsLimits.nameBytes) bytes: letters, digits, _ - . @ + "
        + "and not beginning with - . SIG"

    /// What an option takes.
    private static func rule(_ key: String) -> String {
        let entry = "of at most \(SettingsLimits.argumentBytes) bytes"
        switch key {
        case "name": return nameRule
        case "instances": return "1 to \(SettingsLimits.instances)"
        case "params": return "arguments \(entry), all together and the environment 1 MB"
        case "user": return "an account's name of at most \(SettingsLimits.userBytes) bytes"
        case "env": return "KEY=value \(entry)"
        case "env_index": return "a variable's name of at most \(SettingsLimits.nameBytes) bytes"
        case "depends_on": return "names of workers, like db,cache"
        case "prefix", "log_time_format":
            return "text of at most \(SettingsLimits.formatBytes) bytes"
        default: return "a path of at most \(SettingsLimits.pathBytes) bytes"
        }
    }
}

extension WorkerSettings {
    /// The first part that is too large for the way to the daemon.
    func oversize() -> Problem? {
        let lists = [
            ("params", params, SettingsLimits.arguments), ("env", env, SettingsLimits.environment),
        ]
        var total = baseEnvironment.reduce(kept.valueBytes) { $0 + $1.utf8.count + 2 }
        for (key, list, limit) in lists {
            if list.count > limit {
                return Problem(key: key, text: "has more than \(limit) entries")
            }
            for entry in list where entry.utf8.count > SettingsLimits.argumentBytes {
                return Problem(
                    key: key,
                    text: "has an entry of more than \(SettingsLimits.argumentBytes) bytes")
            }
            total += list.reduce(0) { $0 + $1.utf8.count + 2 }
        }
        // The rest of a definition is smaller than what is left here.
        guard total <= MessageLimits.planBytes - 32 * 1024 else {
            return Problem(key: "params", text: "and the environment are together more than 1 MB")
        }
        return nil
    }
}
