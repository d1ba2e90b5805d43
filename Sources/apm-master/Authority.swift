// Who may do what: pure. For now a daemon obeys its own user and root; groups come with the second
// door.

import Glibc

/// Who is at the other end of a control connection, as the kernel says.
struct Peer: Equatable, Sendable {
    let pid: pid_t
    let uid: uid_t
    let gid: gid_t
}

enum Authority {
    static func mayControl(_ peer: Peer, daemonUid: uid_t) -> Bool {
        peer.uid == 0 || peer.uid == daemonUid
    }

    /// Whether this peer may change, copy or read a definition of `owner` that is there.
    static func mayChange(_ peer: Peer, owner: uid_t, daemonUid: uid_t) -> Bool {
        peer.uid == 0 || peer.uid == daemonUid || peer.uid == owner
    }

    /// Whether a worker of this owner may run under the daemon.
    static func mayDefine(_ owner: uid_t, daemonUid: uid_t) -> Bool {
        owner == 0 || owner == daemonUid
    }
}
