// Which folder a daemon's control groups lie in, by names alone. Pure: who may write where, and who
// lives there, is asked by the caller.

/// A folder for a daemon's tree.
struct GroupPlace: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// A group that somebody else has made and left to this daemon: it stays.
        case delegated
        /// Made by this daemon and removed by it.
        case own
    }

    var path: String
    var kind: Kind
    /// Whose controllers can be passed on to `path`, outermost first.
    var above: [String] = []
    /// The daemon was started in the leaf that is meant for it.
    var isEntered = false
}

enum GroupPath {
    /// The leaf for the daemon itself and its helpers, and the folder above all instances.
    static let supervisor = "/supervisor"
    static let workers = "/workers"

    /// The own group, from the line `0::/path` of /proc/self/cgroup: empty for the root of the
    /// mount, else with a slash at its beginning and none at its end.
    static func own(in text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("0::/") {
            let own = line.dropFirst(3)
            return own == "/" ? "" : String(own)
        }
        return nil
    }

    /// Whether the path names a group below a mount, and nothing else whatever happens to it.
    static func isSafe(_ path: String) -> Bool {
        let mount = "/sys/fs/cgroup/"
        guard path.hasPrefix(mount), path.utf8.count > mount.utf8.count else { return false }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }

    static func lastName(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    /// The folders to try, best first. `own` is the group of this process, `previous` the tree that
    /// a dead daemon had noted; `isDelegated` tells whether a group was left to this process alone.
    static func places(
        mount: String, own: String, name: String, previous: String, isRoot: Bool,
        isDelegated: (String) -> Bool
    ) -> [GroupPlace] {
        var places: [GroupPlace] = []
        let here = mount + own
        // Started by a worker of the dead daemon: what it left can only be ended from outside.
        if !previous.isEmpty, isInside(here, previous + workers) {
            let isOwn = lastName(of: previous) == name
            places.append(GroupPlace(path: previous, kind: isOwn ? .own : .delegated))
        }
        if !own.isEmpty, isDelegated(here) {
            places.append(GroupPlace(path: here, kind: .delegated))
        } else if own.hasSuffix(supervisor), isDelegated(parent(of: here)) {
            places.append(
                GroupPlace(path: parent(of: here), kind: .delegated, isEntered: true))
        }
        if isRoot {
            places.append(GroupPlace(path: mount + "/" + name, kind: .own, above: [mount]))
        }
        // Not inside a tree of its own that is there already.
        let outer = own.split(separator: "/").prefix { $0 != name }
        let path = ([mount[...]] + outer + [name[...]]).joined(separator: "/")
        places.append(GroupPlace(path: path, kind: .own))
        return places
    }
}
