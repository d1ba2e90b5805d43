// From the words of `update` to what the daemon is told: the settings that were given, and no
// others. An empty value sets a setting's default again. Pure, given the surroundings.

import Control
import Settings

enum UpdatePlan {
    static func command(
        for name: String, _ given: WorkerFlags, _ surroundings: Surroundings
    ) throws(Failure) -> UpdateCommand {
        let shown = Visible.text(name)
        guard given.name == nil else {
            throw .usage("update keeps the name", now: "apm rename \(shown) NEW changes it")
        }
        var flags = given
        let changed = try reset(&flags)
        guard !changed.isEmpty else {
            throw .usage(
                "update is told nothing to change",
                now: "apm update \(shown) --FLAG VALUE; apm update -h shows the flags")
        }
        var settings = WorkerSettings()
        try flags.apply(to: &settings)
        try RunPlan.placeFiles(of: &settings, surroundings)
        if changed.contains(.path) { try RunPlan.placeFolder(of: &settings, surroundings) }
        if let problem = settings.oversize() { throw RunPlan.refused(problem) }
        return UpdateCommand(name: name, changed: changed, settings: settings)
    }

    /// The settings that are given. Those that are given empty are taken out of `flags`.
    private static func reset(_ flags: inout WorkerFlags) throws(Failure) -> SettingKeys {
        var changed: SettingKeys = []
        for (key, flag) in WorkerFlags.single {
            guard let value = flags[keyPath: flag] else { continue }
            changed.insert(key)
            guard value.isEmpty else { continue }
            switch key {
            case .exec, .path:
                throw .usage("--\(key.rawValue) is empty", now: "leave it out, or give it a value")
            // No time before each line, as for run.
            case .logTimeFormat: continue
            default: flags[keyPath: flag] = nil
            }
        }
        for (key, flag) in WorkerFlags.repeated where !flags[keyPath: flag].isEmpty {
            changed.insert(key)
            if flags[keyPath: flag] == [""] { flags[keyPath: flag] = [] }
        }
        return changed
    }
}

extension WorkerFlags {
    /// Flags that stand once; a test compares both tables with the settings.
    static var single: [(SettingKey, WritableKeyPath<WorkerFlags, String?>)] {
        [
            (.exec, \.exec), (.path, \.path), (.instances, \.instances), (.user, \.user),
            (.envIndex, \.envIndex), (.envFile, \.envFile), (.restart, \.restart),
            (.restartDelay, \.restartDelay), (.maxRestarts, \.maxRestarts),
            (.restartErr, \.restartErr), (.errDelay, \.errDelay),
            (.maxErrRestarts, \.maxErrRestarts), (.errGrace, \.errGrace),
            (.restartBackoff, \.restartBackoff), (.startupGrace, \.startupGrace),
            (.dependsTimeout, \.dependsTimeout), (.killTimeout, \.killTimeout),
            (.stopSignal, \.stopSignal), (.standardInput, \.stdin), (.rolling, \.rolling),
            (.rollingDelay, \.rollingDelay),
            (.memoryLimit, \.memoryLimit), (.memoryHigh, \.memoryHigh), (.cpuLimit, \.cpuLimit),
            (.pidsLimit, \.pidsLimit), (.watchDelay, \.watchDelay), (.watchConf, \.watchConf),
            (.log, \.log), (.errLog, \.errLog), (.prefix, \.prefix),
            (.logTimeFormat, \.logTimeFormat), (.stripANSI, \.stripANSI),
        ]
    }

    /// Flags that may be repeated.
    static var repeated: [(SettingKey, WritableKeyPath<WorkerFlags, [String]>)] {
        [
            (.params, \.params), (.env, \.env), (.restartOnExitCodes, \.restartOnExitCodes),
            (.dependsOn, \.dependsOn), (.watch, \.watch), (.watchIgnore, \.watchIgnore),
        ]
    }
}
