// The control groups of a daemon: `supervisor` for itself and its helpers, `workers/ID/N.START` for
// instances. Processes are in leaves alone, because a group with processes in it cannot pass
// controllers on. Without any controller whole trees can still be ended.

import CLinux
import Control
import Glibc
import Posix

final class GroupTree {
    let path: String
    /// Which limits can be set for instances.
    private(set) var controllers: Controllers = []
    /// Whether a dead daemon's workers were found and ended.
    private(set) var hadLeftovers = false
    /// Tells `workers` from one that was or will be there in other days.
    private(set) var identity: UInt64 = 0

    private let kind: GroupPlace.Kind
    private let workers: String
    /// The leaf of this process; nil where it stays where it was started.
    private var supervisor: String?
    /// Where this process came from, and goes back to.
    private let origin: String
    /// Passed on by this daemon, and not before.
    private var passedOn: [String] = []
    private var made: UInt64 = 0
    /// Until something is made there is nothing to remove.
    private var isRemoved = true

    /// The best place that this system has for a daemon of this name; nil where there is none.
    /// `previous` is the tree that a dead daemon of the same folder had noted.
    static func found(named name: String, previous: String) -> GroupTree? {
        guard let own = GroupFolder.own else { return nil }
        for mount in GroupFolder.mounts {
            let folder = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { continue }
            defer { close(folder) }
            guard apm_is_cgroup2(folder) else { continue }
            let places = GroupPath.places(
                mount: mount, own: own, name: name,
                previous: GroupPath.isSafe(previous) ? previous : "", isRoot: geteuid() == 0,
                isDelegated: { GroupFolder.isDelegated($0) })
            for place in places {
                if let tree = GroupTree(place, origin: mount + own) { return tree }
            }
        }
        return nil
    }

    private init?(_ place: GroupPlace, origin: String) {
        path = place.path
        kind = place.kind
        workers = place.path + GroupPath.workers
        self.origin = origin
        guard place.kind == .delegated || Self.take(path) else { return nil }
        isRemoved = false
        if place.isEntered { supervisor = origin } else { enterLeaf() }
        hadLeftovers = GroupFolder.end(workers)
        guard supervisor != nil || place.kind == .own, GroupFolder.make(workers) else {
            remove()
            return nil
        }
        identity = GroupFolder.identity(of: workers)
        passOn(place.above)
    }

    /// A daemon that could not start leaves nothing.
    deinit { remove() }

    /// Makes the folder. One that somebody else made is theirs to fill and to empty.
    private static func take(_ path: String) -> Bool {
        guard GroupFolder.make(path) else { return false }
        var information = stat()
        return stat(path, &information) == 0 && information.st_uid == geteuid()
            && access(path + "/cgroup.kill", W_OK) == 0
    }

    /// A new leaf for this process: one that was killed in its life would have what is cloned from
    /// it killed. The helpers of a dead daemon may need a moment to leave the old one.
    private func enterLeaf() {
        var leaf = path + GroupPath.supervisor
        if access(leaf, F_OK) == 0 { GroupFolder.removePatiently(leaf) }
        if mkdir(leaf, 0o755) != 0 {
            leaf += ".\(getpid())"
            guard mkdir(leaf, 0o755) == 0 else { return }
        }
        if GroupFolder.enter(leaf) { supervisor = leaf } else { _ = rmdir(leaf) }
    }

    /// Each controller by itself: one that cannot be had must not keep the others away.
    private func passOn(_ above: [String]) {
        let before = Self.words(path + "/cgroup.subtree_control")
        for (name, controller) in Controllers.named {
            for folder in above + [path, workers] {
                _ = KernelFile.write("+" + name, to: folder + "/cgroup.subtree_control")
            }
            if Self.words(workers + "/cgroup.subtree_control").contains(name) {
                controllers.insert(controller)
            }
        }
        passedOn = Self.words(path + "/cgroup.subtree_control").filter { !before.contains($0) }
    }

    private static func words(_ path: String) -> [String] {
        (KernelFile.read(path, limit: 512) ?? "").split { $0 == " " || $0 == "\n" }
            .map(String.init)
    }

    // MARK: instances

    /// A new group for one instance, with its limits.
    func group(
        worker: UInt32, instance: UInt16, limits: [GroupLimit]
    ) throws(SystemError) -> InstanceGroup {
        let parent = "\(workers)/\(worker)"
        if mkdir(parent, 0o755) == 0 {
            let names = Controllers.named.filter { controllers.contains($0.controller) }
            let text = names.map { "+" + $0.name }.joined(separator: " ")
            let refused =
                text.isEmpty
                ? 0 : KernelFile.write(text, to: parent + "/cgroup.subtree_control", in: AT_FDCWD)
            guard refused == 0 else {
                _ = rmdir(parent)
                throw SystemError("limit group", subject: parent, code: refused)
            }
        } else if errno != EEXIST {
            throw SystemError("make group", subject: parent, code: errno)
        }
        let path = try folder(in: parent, instance: instance)
        do {
            return try InstanceGroup(
                path: path, parent: parent, controllers: controllers, limits: limits)
        } catch {
            _ = rmdir(path)
            throw error
        }
    }

    /// One that a dead daemon's processes do not let go of is passed over.
    private func folder(in parent: String, instance: UInt16) throws(SystemError) -> String {
        for _ in 0..<MasterLimits.instances {
            made &+= 1
            let path = "\(parent)/\(instance).\(made)"
            if mkdir(path, 0o755) == 0 { return path }
            guard errno == EEXIST else { break }
        }
        throw SystemError("make group", subject: parent, code: errno)
    }

    // MARK: end

    /// Removes what was made, as far as it is empty, and goes back to where this process came from.
    func remove() {
        guard !isRemoved else { return }
        isRemoved = true
        GroupFolder.removeEmpty(workers)
        if let supervisor, supervisor != origin, leave() {
            // What a helper has left, as a child that closes a stranger's descriptors.
            GroupFolder.end(supervisor)
        }
        if kind == .own { GroupFolder.removeEmpty(path) }
    }

    private func leave() -> Bool {
        var targets = [origin]
        if kind == .own {
            targets.append(GroupPath.parent(of: path))
        } else {
            // A group that passes controllers on takes no process.
            for name in passedOn {
                _ = KernelFile.write("-" + name, to: path + "/cgroup.subtree_control")
            }
            targets.append(path)
        }
        return targets.contains { GroupFolder.enter($0) }
    }

    /// Ends what a dead daemon has left in a tree elsewhere, as when it was started from another
    /// session, and removes it. The path comes from the state file; `identity` is what `workers`
    /// had then. Never anything but `workers` is killed: this process may be beside it.
    static func end(at path: String, identity: UInt64) {
        let workers = path + GroupPath.workers
        guard GroupPath.isSafe(path), identity != 0 else { return }
        let folder = open(workers, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        var information = stat()
        guard apm_is_cgroup2(folder), fstat(folder, &information) == 0,
            information.st_uid == geteuid(), UInt64(information.st_ino) == identity
        else { return }
        GroupFolder.end(workers)
        GroupFolder.removeEmpty(path + GroupPath.supervisor)
        if GroupPath.lastName(of: path).hasPrefix("apm-") { GroupFolder.removeEmpty(path) }
    }
}
