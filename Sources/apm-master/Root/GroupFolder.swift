// Folders of control groups: what is in them, and how they are emptied and removed.

import CLinux
import Glibc
import Posix

enum GroupFolder {
    /// Where cgroup v2 may be mounted; the second one beside controllers of version 1.
    static let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]

    /// Levels that are looked at when empty groups are removed; workers may make groups of their
    /// own.
    private static let deepest = 16

    /// Where this process is, below any mount.
    static var own: String? {
        KernelFile.read("/proc/self/cgroup", limit: 4096).flatMap { GroupPath.own(in: $0) }
    }

    /// Whether this process is in that group or below it.
    static func holdsThisProcess(_ path: String) -> Bool {
        guard let own else { return false }
        return mounts.contains { GroupPath.isInside($0 + own, path) }
    }

    /// Whether a group was left to this process by systemd, and nobody else lives in it. One of
    /// another user is not: its owner could take it away again.
    static func isDelegated(_ path: String) -> Bool {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return false }
        defer { close(folder) }
        var information = stat()
        guard fstat(folder, &information) == 0, information.st_uid == geteuid(),
            apm_is_delegated(folder), access(path + "/cgroup.subtree_control", W_OK) == 0
        else { return false }
        var isOther = false
        let count = KernelFile.look(at: "cgroup.procs", in: folder) { text in
            KernelText.processes(in: text, atMost: 1) { isOther = $0 != getpid() }
        }
        return count != nil && !isOther
    }

    /// This process, with all its threads, goes there.
    static func enter(_ path: String) -> Bool {
        KernelFile.write(String(getpid()), to: path + "/cgroup.procs")
    }

    static func isPopulated(_ path: String) -> Bool {
        let events = KernelFile.read(path + "/cgroup.events", limit: 512) ?? ""
        return KernelFile.saysPopulated(events.utf8)
    }

    /// SIGKILL to everything in a group and below it, and its removal. Gives whether anything was
    /// there. What is this process's own is left alone.
    @discardableResult
    static func end(_ path: String) -> Bool {
        guard !holdsThisProcess(path) else { return false }
        let hadProcesses = isPopulated(path)
        if hadProcesses { _ = KernelFile.write("1", to: path + "/cgroup.kill") }
        removePatiently(path)
        return hadProcesses
    }

    /// The killed need a moment to be gone; a folder that is still full then stays.
    static func removePatiently(_ path: String) {
        let end = Clock.monotonicNanoseconds + MasterLimits.groupPatience.nanoseconds
        while isPopulated(path), Clock.monotonicNanoseconds < end { usleep(2000) }
        removeEmpty(path)
    }

    /// Removes the empty folders, deepest first.
    static func removeEmpty(_ path: String) { removeEmpty(path, depth: deepest) }

    private static func removeEmpty(_ path: String, depth: Int) {
        guard depth > 0, let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeEmpty(path + "/" + name, depth: depth - 1) }
        }
        closedir(folder)
        _ = rmdir(path)
    }

    /// Makes a folder, or takes the one that is there.
    static func make(_ path: String) -> Bool { mkdir(path, 0o755) == 0 || errno == EEXIST }

    /// Tells a folder from every other one that had or will have its name; 0 when there is none.
    static func identity(of path: String) -> UInt64 {
        var information = stat()
        return stat(path, &information) == 0 ? UInt64(information.st_ino) : 0
    }
}
