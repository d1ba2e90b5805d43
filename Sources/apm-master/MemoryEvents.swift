// What memory.events tells of a group: how often it ran into its limit, and how many of its
// processes the kernel has killed for want of memory. Counters that only grow; pure.

struct MemoryEvents: Equatable, Sendable {
    /// A limit of the group itself, or of a group in it, could not be kept in any other way.
    var atOwnLimit: UInt64 = 0
    /// Processes that were killed, wherever the memory was missing.
    var kills: UInt64 = 0

    init() {}

    init(atOwnLimit: UInt64, kills: UInt64) {
        self.atOwnLimit = atOwnLimit
        self.kills = kills
    }

    /// nil when it is no memory.events.
    init?(reading text: RawSpan) {
        guard let limit = KernelText.value(of: "oom", in: text),
            let kills = KernelText.value(of: "oom_kill", in: text)
        else { return nil }
        atOwnLimit = limit
        self.kills = kills
    }

    /// Whether memory was why a process was killed between an earlier look and this one.
    func verdict(since earlier: MemoryEvents) -> Verdict {
        guard kills > earlier.kills else { return .notKilled }
        return atOwnLimit > earlier.atOwnLimit ? .overOwnLimit : .noneLeft
    }

    enum Verdict: Equatable, Sendable {
        case notKilled
        case overOwnLimit
        /// The limit of a group above it, or the memory of the machine, was used up.
        case noneLeft
    }
}
