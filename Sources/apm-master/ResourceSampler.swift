// CPU and memory of instances, looked up when somebody asks and at no other time.
//
// From the control group where there is one: cpu.stat counts without any controller, memory.current
// needs that of memory. Without it, the resident pages of the group's processes are added up;
// without groups, processor time and pages are those of the main process alone.

import Control
import Glibc
import Posix

final class ResourceSampler {
    private let processes = ProcessFolder()

    /// One look, at any number of instances; their processes are counted against one bound.
    func begin() -> Look { Look(processes: processes, now: Clock.monotonicNanoseconds) }

    struct Look {
        fileprivate let processes: ProcessFolder
        fileprivate let now: Int64
        private var left = MasterLimits.usageProcessesPerLook

        fileprivate init(processes: ProcessFolder, now: Int64) {
            self.processes = processes
            self.now = now
        }

        /// Empty while it has no process.
        mutating func usage(of instance: Instance) -> Usage {
            guard let process = instance.process else { return Usage() }
            if let usage = process.trail.recent(now: now) { return usage }
            let group = instance.group
            return process.trail.look(
                now: now, startedAt: process.startedAt,
                used: group != nil
                    ? group?.cpuMicroseconds : ProcessFolder.cpuMicroseconds(of: process.pid),
                memoryBytes: memory(of: process.pid, in: group))
        }

        private mutating func memory(of main: pid_t, in group: InstanceGroup?) -> UInt64? {
            if let bytes = group?.memoryBytes { return bytes }
            guard let group else { return left > 0 ? resident(main) : nil }
            var sum: UInt64 = 0
            let limit = min(MasterLimits.usageProcesses, left)
            let folder = processes
            let count = group.processes(atMost: limit) { pid in
                sum += folder.residentBytes(of: pid) ?? 0
            }
            left -= count ?? limit
            return count == nil ? nil : sum
        }

        private mutating func resident(_ pid: pid_t) -> UInt64? {
            left -= 1
            return processes.residentBytes(of: pid)
        }
    }
}
