// Control groups (cgroup v2), one for each instance: whatever a worker starts is in it, so its
// whole tree can be ended. A mount without any controller is enough for this.

import CLinux
import Glibc
import Posix

/// The folder under which a daemon's groups lie; nil where there is no cgroup v2 that it may use.
final class GroupTree {
    let path: String
    /// Whether a dead daemon's workers were found and ended.
    private(set) var hadLeftovers = false
    private var made: UInt64 = 0

    /// Finds the mount and the daemon's own group in it, and ends what a dead daemon of the same
    /// name left there: the lock of its folder is ours, so it cannot be alive.
    init?(named name: String) {
        for mount in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
            let folder = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { continue }
            defer { close(folder) }
            guard apm_is_cgroup2(folder), let own = Self.ownGroup() else { continue }
            let path = mount + own + name
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { continue }
            // One that somebody else made is theirs to fill and to empty.
            var information = stat()
            guard stat(path, &information) == 0, information.st_uid == geteuid(),
                access(path + "/cgroup.kill", W_OK) == 0
            else { continue }
            self.path = path
            sweepLeftovers()
            for folder in [path, path + "/workers"] {
                guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { return nil }
            }
            return
        }
        return nil
    }

    /// The line `0::/path` of /proc/self/cgroup, with a slash at its end.
    private static func ownGroup() -> String? {
        guard let text = KernelFile.read("/proc/self/cgroup", limit: 4096) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("0::/") {
            let own = String(line.dropFirst(3))
            return own.hasSuffix("/") ? own : own + "/"
        }
        return nil
    }

    /// Ends what is in a tree that a daemon of this folder had made elsewhere, as when it was
    /// started from another session, and removes it.
    static func end(at path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard path.hasPrefix("/sys/fs/cgroup/"), name.hasPrefix("apm-"), !path.contains("/../")
        else { return }
        guard KernelFile.write("1", to: path + "/cgroup.kill") else { return }
        for _ in 0..<50 where isPopulated(path) { usleep(2000) }
        removeEmpty(path, depth: deepest)
    }

    private func sweepLeftovers() {
        hadLeftovers = isPopulated
        _ = KernelFile.write("1", to: path + "/cgroup.kill")
        // The killed need a moment to be gone; a folder that is still full stays and is used again.
        for _ in 0..<50 {
            guard isPopulated else { break }
            usleep(2000)
        }
        remove()
    }

    private var isPopulated: Bool { Self.isPopulated(path) }

    private static func isPopulated(_ path: String) -> Bool {
        let events = KernelFile.read(path + "/cgroup.events", limit: 512) ?? ""
        return KernelFile.saysPopulated(events.utf8)
    }

    /// Removes the empty folders, deepest first.
    func remove() {
        Self.removeEmpty(path, depth: Self.deepest)
    }

    /// Levels that are looked at when empty groups are removed; workers may make groups of their
    /// own.
    static let deepest = 16

    fileprivate static func removeEmpty(_ path: String, depth: Int) {
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

    /// A new group for one instance.
    func group(worker: UInt32, instance: UInt16) throws(SystemError) -> InstanceGroup {
        let workerPath = "\(path)/workers/\(worker)"
        guard mkdir(workerPath, 0o755) == 0 || errno == EEXIST else {
            throw SystemError("make group", subject: workerPath, code: errno)
        }
        made &+= 1
        let path = "\(workerPath)/\(instance).\(made)"
        do {
            return try InstanceGroup(path: path, parent: workerPath)
        } catch {
            _ = rmdir(path)
            throw error
        }
    }
}

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

    fileprivate init(path: String, parent: String) throws(SystemError) {
        self.path = path
        self.parent = parent
        guard mkdir(path, 0o755) == 0 else {
            throw SystemError("make group", subject: path, code: errno)
        }
        let opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        folder = Descriptor(owning: opened)
        let file = openat(opened, "cgroup.events", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        events = Descriptor(owning: file)
        let kill = openat(opened, "cgroup.kill", O_WRONLY | O_CLOEXEC)
        guard kill >= 0 else { throw SystemError("open group", subject: path, code: errno) }
        killer = Descriptor(owning: kill)
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
        GroupTree.removeEmpty(path, depth: GroupTree.deepest)
        _ = rmdir(parent)
    }
}

/// Small files of the kernel.
enum KernelFile {
    static func read(_ path: String, limit: Int) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: limit)
        let count = Glibc.read(file, &room, limit)
        return count >= 0 ? String(decoding: room[0..<count], as: UTF8.self) : nil
    }

    /// Whether a cgroup.events has the line `populated 1`. By bytes: this is on the way of every
    /// restart.
    static func saysPopulated(_ events: some Sequence<UInt8>) -> Bool {
        let line: StaticString = "populated 1"
        var matched = 0
        for byte in events {
            if byte != line.utf8Start[matched] { matched = 0 }
            if byte == line.utf8Start[matched] { matched += 1 }
            if matched == line.utf8CodeUnitCount { return true }
        }
        return false
    }

    static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Glibc.write(file, text, text.utf8.count) == text.utf8.count
    }
}
