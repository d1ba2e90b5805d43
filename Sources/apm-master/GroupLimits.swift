// Settings as texts for the files of a control group (cgroup-v2.rst, "Controllers"). Pure.

import Control
import Settings

/// A file in a group's folder and what is written into it.
struct GroupLimit: Equatable, Sendable {
    var file: String
    var text: String
    /// Not there on every kernel that has the controller.
    var isOptional = false

    /// The same file without a limit.
    var lifted: GroupLimit {
        let text =
            switch file {
            case "memory.oom.group": "0"
            case "cpu.max": "max 100000"
            default: "max"
            }
        return GroupLimit(file: file, text: text, isOptional: isOptional)
    }
}

extension WorkerSettings {
    /// What these limits are in a group that has these controllers, in the order of writing.
    func groupLimits(under controllers: Controllers) -> [GroupLimit] {
        var limits: [GroupLimit] = []
        if controllers.contains(.memory), memoryLimit > 0 {
            limits.append(GroupLimit(file: "memory.max", text: String(memoryLimit)))
            // What is over the limit must not live on in the swap.
            limits.append(GroupLimit(file: "memory.swap.max", text: "0", isOptional: true))
            // All of the instance or nothing: half of it would be in nobody's interest.
            limits.append(GroupLimit(file: "memory.oom.group", text: "1"))
        }
        if controllers.contains(.memory), memoryHigh > 0 {
            limits.append(GroupLimit(file: "memory.high", text: String(memoryHigh)))
        }
        if controllers.contains(.cpu), cpuLimit > 0 {
            // Microseconds of processor time in each tenth of a second.
            limits.append(GroupLimit(file: "cpu.max", text: "\(UInt64(cpuLimit) * 1000) 100000"))
        }
        if controllers.contains(.pids), pidsLimit > 0 {
            limits.append(GroupLimit(file: "pids.max", text: String(pidsLimit)))
        }
        return limits
    }

    /// What has to be written where the limits of `old` are in force, to have these instead.
    func groupLimits(
        insteadOf old: WorkerSettings, under controllers: Controllers
    ) -> [GroupLimit] {
        let before = old.groupLimits(under: controllers)
        let after = groupLimits(under: controllers)
        let lifted = before.filter { limit in !after.contains { $0.file == limit.file } }
        return after.filter { !before.contains($0) } + lifted.map(\.lifted)
    }
}
