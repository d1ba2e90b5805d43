// Who may do what: pure, and nowhere else decided. A daemon obeys its own user and root; members of
// the group that root's daemon admits operate everything and define what runs as themselves.

import Control
import Glibc

/// Who is at the other end of a control connection, as the kernel says.
struct Peer: Equatable, Sendable {
    let pid: pid_t
    let uid: uid_t
    let gid: gid_t
}

enum Authority {
    /// The group whose members root's daemon admits, where the system has it.
    static let group = "apm"

    /// What somebody is to a daemon.
    enum Standing: Equatable, CaseIterable, Sendable {
        /// Root, or the daemon's own user.
        case owner
        case member
        case anyone
    }

    /// What a command comes to.
    enum Deed: Equatable, Sendable {
        case look
        /// What is defined is started, stopped, signalled; its lines are read.
        case operate
        case define
        /// A definition of this owner is changed or removed.
        case change(owner: uid_t)
        /// The values of variables of this owner's definition are shown.
        case reveal(owner: uid_t)
        case end
    }

    static func standing(
        of peer: Peer, groups: [gid_t], daemonUid: uid_t, admitted: gid_t?
    ) -> Standing {
        if peer.uid == 0 || peer.uid == daemonUid { return .owner }
        guard daemonUid == 0, let admitted else { return .anyone }
        return peer.gid == admitted || groups.contains(admitted) ? .member : .anyone
    }

    /// `everyoneOperates`: the administrator has said so; nobody else can.
    static func may(
        _ deed: Deed, _ standing: Standing, uid: uid_t, everyoneOperates: Bool = false
    ) -> Bool {
        switch (standing, deed) {
        case (.owner, _): true
        case (_, .look): true
        case (.member, .operate), (.member, .define): true
        case (.member, .change(let owner)), (.member, .reveal(let owner)): owner == uid
        case (.member, .end): false
        case (.anyone, .operate): everyoneOperates
        case (.anyone, .define), (.anyone, .change), (.anyone, .reveal), (.anyone, .end): false
        }
    }

    /// The control door is open to who may do more than look.
    static func mayControl(_ standing: Standing) -> Bool { standing != .anyone }

    /// Whether what `owner` has defined may run as `uid`.
    static func mayRun(as uid: uid_t, owner: uid_t) -> Bool { owner == 0 || owner == uid }

    /// Whether a worker of this owner, found in the daemon's own notes, may run under the daemon.
    static func mayDefine(_ owner: uid_t, daemonUid: uid_t) -> Bool {
        daemonUid == 0 || owner == 0 || owner == daemonUid
    }

    /// Whether a worker without a `user` has to run as somebody else than the daemon.
    static func runsAsOwner(_ owner: uid_t, daemonUid: uid_t) -> Bool {
        daemonUid == 0 && owner != 0
    }
}
