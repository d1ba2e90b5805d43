// Whether a definition makes sense as a whole. The CLI asks before it sends, the master asks again
// because it believes nobody.

import Patterns

extension WorkerSettings {
    /// A field and what is wrong with it.
    public struct Problem: Error, Equatable, Sendable {
        public var key: String
        public var text: String
        public init(key: String, text: String) {
            self.key = key
            self.text = text
        }
    }

    /// The first thing that keeps this definition from being run; nil when there is none.
    public func problem() -> Problem? {
        if let text = WorkerName.problem(name) { return Problem(key: "name", text: text) }
        if exec.isEmpty { return Problem(key: "exec", text: "is missing") }
        if !path.hasPrefix("/") { return Problem(key: "path", text: "is not an absolute path") }
        if instances == 0 { return Problem(key: "instances", text: "is 0; at least 1 is needed") }
        if Int(instances) > SettingsLimits.instances {
            return Problem(key: "instances", text: "is more than \(SettingsLimits.instances)")
        }
        if !(1...64).contains(stopSignal) {
            return Problem(key: "stop_signal", text: "is not a signal number")
        }
        for (key, file) in [
            ("log", log), ("err_log", errLog), ("env_file", envFile), ("access_log", accessLog),
        ]
        where !file.isEmpty && !file.hasPrefix("/") {
            return Problem(key: key, text: "is not an absolute path")
        }
        for entry in dependsOn {
            if let text = WorkerName.problem(entry) {
                return Problem(key: "depends_on", text: "has a name that \(text)")
            }
        }
        for (key, patterns) in [("watch", watch), ("watch_ignore", watchIgnore)] {
            for pattern in patterns {
                guard let text = Pattern.problem(pattern) else { continue }
                return Problem(key: key, text: "has a pattern that \(text)")
            }
        }
        for entry in env where !Self.isAssignment(entry) {
            return Problem(key: "env", text: "is not KEY=value: \(entry.prefix(64))")
        }
        for entry in baseEnvironment where !Self.isAssignment(entry) {
            return Problem(key: "environment", text: "is not KEY=value: \(entry.prefix(64))")
        }
        if !envIndex.isEmpty, !Self.isAssignment(envIndex + "=") {
            return Problem(key: "env_index", text: "is not a variable name")
        }
        return nil
    }

    private static func isAssignment(_ entry: String) -> Bool {
        guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
        return equals != entry.utf8.startIndex
    }
}
