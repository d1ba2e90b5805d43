// A control group (cgroup v2) of one instance: whatever a worker starts is in it, so that its whole
// tree can be limited, measured and ended.

import CLinux
import Control
import Glibc
import Posix

/// Must not be used again once it was killed: Linux 6.14 to at least 6.18 compares the kill count
/// of a group that a clone enters with the count of the group it comes from, and kills the
/// newcomer.
final class InstanceGroup {
    private(set) var wasKilled = false
    private let path: String
    private let parent: String
    /// For clone3's CLONE_INTO_CGROUP.
    let folder: Descriptor
    /// cgroup.events: becomes ready with EPOLLPRI when the last process has gone.
    let events: Descriptor
    /// cgroup.kill, open from the beginning: killing must not fail for want of a descriptor.
    private let killer: Descriptor
    private let hasMemory: Bool
    /// What earlier runs in it have left behind in its counters.
    private var usedBefore: UInt64 = 0
    private var eventsBefore = MemoryEvents()

    /// Makes it with its limits, before anything is in it. `path` must not exist.
    init(
        path: String, parent: String, controllers: Controllers, limits: [GroupLimit]
    ) throws(SystemError) {
        self.path = path
        self.parent = parent
        hasMemory = controllers.contains(.memory)
        let opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        folder = Descriptor(owning: opened)
        for limit in limits {
            let refused = KernelFile.write(limit.text, to: limit.file, in: opened)
            if refused == 0 || (limit.isOptional && refused == ENOENT) { continue }
            throw SystemError("limit group", subject: "\(path)/\(limit.file)", code: refused)
        }
        let file = openat(opened, "cgroup.events", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        events = Descriptor(owning: file)
        let kill = openat(opened, "cgroup.kill", O_WRONLY | O_CLOEXEC)
        guard kill >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        killer = Descriptor(owning: kill)
    }

    /// Other limits for what is in it already; gives what the kernel refused. To bring a group
    /// below a smaller limit can take the kernel its time, which is not this process's to wait.
    func change(_ limits: [GroupLimit]) -> (file: String, errno: Int32)? {
        for limit in limits {
            if limit.file.hasPrefix("memory."), let size = UInt64(limit.text),
                let used = memoryBytes, size < used
            {
                let started = limit.file.withCString { name in
                    apm_write_elsewhere(folder.raw, name, limit.text, limit.text.utf8.count)
                }
                if started == 0 { continue }
                return (limit.file, -started)
            }
            let refused = KernelFile.write(limit.text, to: limit.file, in: folder.raw)
            if refused == 0 || (limit.isOptional && refused == ENOENT) { continue }
            return (limit.file, refused)
        }
        return nil
    }

    /// Another run in the same group: what its counters say from now on is of that run.
    func beginAgain() {
        usedBefore = readCPU() ?? 0
        if hasMemory { eventsBefore = readMemoryEvents() ?? MemoryEvents() }
    }

    /// Whether a process is in it.
    var isPopulated: Bool {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { room in
            let count = pread(events.raw, room.baseAddress, room.count, 0)
            return count > 0 && KernelFile.saysPopulated(room[0..<count])
        }
    }

    /// SIGKILL to everything in it, also to what is being forked right now. False when the kernel
    /// refused.
    func kill() -> Bool {
        wasKilled = true
        return Glibc.write(killer.raw, "1", 1) == 1
    }

    /// Removes the folder and those that the worker had made in it; they must be empty.
    func remove() {
        GroupFolder.removeEmpty(path)
        _ = rmdir(parent)
    }

    // MARK: what it tells

    /// Whether a process of this run was killed by the kernel for want of memory.
    func memoryVerdict() -> MemoryEvents.Verdict {
        guard hasMemory, let now = readMemoryEvents() else { return .notKilled }
        return now.verdict(since: eventsBefore)
    }

    /// Processor time of this run; needs no controller.
    var cpuMicroseconds: UInt64? {
        readCPU().map { $0 > usedBefore ? $0 - usedBefore : 0 }
    }

    /// Page cache included, as the kernel counts it against the limit; nil without the controller.
    var memoryBytes: UInt64? {
        guard hasMemory else { return nil }
        return KernelFile.look(at: "memory.current", in: folder.raw) {
            KernelText.number(0, in: $0)
        }
    }

    /// Hands over its processes, but not those of groups inside it; nil when there are more.
    func processes(atMost limit: Int, _ body: (Int32) -> Void) -> Int? {
        KernelFile.look(at: "cgroup.procs", in: folder.raw) {
            KernelText.processes(in: $0, atMost: limit, body)
        }
    }

    private func readCPU() -> UInt64? {
        KernelFile.look(at: "cpu.stat", in: folder.raw) {
            KernelText.value(of: "usage_usec", in: $0)
        }
    }

    private func readMemoryEvents() -> MemoryEvents? {
        KernelFile.look(at: "memory.events", in: folder.raw) { MemoryEvents(reading: $0) }
    }
}
