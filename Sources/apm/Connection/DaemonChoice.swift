// Which daemon a call is for: --system, --user, or whichever suits the caller.

enum DaemonChoice: Equatable {
    /// APM_HOME's where that is set; else the system's for root and for those whom it lets in, and
    /// one's own for the others.
    case auto
    case system
    case user

    private static let flags: [String: DaemonChoice] = ["--system": .system, "--user": .user]
    static let words = flags.keys.sorted()

    /// Takes the flag at `position` out of the words, when it is one of these.
    mutating func take(_ words: inout [String], at position: Int) throws(Failure) -> Bool {
        guard let wanted = Self.flags[words[position]] else { return false }
        try choose(wanted)
        words.remove(at: position)
        return true
    }

    /// Of a line that is still being written. Where `--user` is a worker's it says nothing.
    static func of(unfinished words: [String]) -> DaemonChoice {
        if words.contains("--system") { return .system }
        let isWorkers = words.contains { RunWords.Verb(rawValue: $0) != nil }
        return words.contains("--user") && !isWorkers ? .user : .auto
    }

    mutating func choose(_ wanted: DaemonChoice) throws(Failure) {
        guard self == .auto || self == wanted else {
            throw .usage(
                "--system and --user contradict each other", now: "leave one of them out")
        }
        self = wanted
    }
}

extension Surroundings {
    /// As they count for a call with this choice: who names the system's daemon does not mean the
    /// one of APM_HOME.
    func choosing(_ choice: DaemonChoice) throws(Failure) -> Surroundings {
        switch choice {
        case .auto: return self
        case .user:
            guard uid != 0 || filled("APM_HOME") != nil else {
                throw .usage("root's own daemon is the system's", now: "leave --user out")
            }
            return self
        case .system:
            var changed = self
            let before = (variable, isUnreadable)
            changed.variable = { $0 == "APM_HOME" ? nil : before.0($0) }
            changed.isUnreadable = { $0 == "APM_HOME" ? false : before.1($0) }
            return changed
        }
    }
}
