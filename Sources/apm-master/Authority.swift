// Who may do what: pure, and nowhere else decided. A daemon obeys its own user and root; members of
// the group that root's daemon admits operate everything and define what runs as themselves.

import Control
import Glibc

/// Who is at the other end of a control connection, as the kernel says.
struct Peer: Equatable, Sendable {
    let pid: pid_t
    let uid: uid_t
    let gid: gid_t
    /// Further groups.
    var groups: [gid_t] = []
}

enum Authority {
    /// The group whose members root's daemon admits, where the system has it.
    static let group = "apm"

    /// What somebody is to a daemon.
    enum Standing: Equatable, Sendable {
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
        /// A definition that is there is changed, copied or removed.
        case change
        /// The values of a definition's variables are shown.
        case reveal
        /// The main configuration is carried out.
        case configure
        case end
    }

    static func standing(
        of peer: Peer, groups: [gid_t], daemonUid: uid_t, admitted: gid_t?
    ) -> Standing {
        if peer.uid == 0 || peer.uid == daemonUid { return .owner }
        guard daemonUid == 0, let admitted else { return .anyone }
        return peer.gid == admitted || groups.contains(admitted) ? .member : .anyone
    }

    /// What a command comes to, and the worker whose definition it is about.
    static func deed(of command: Command) -> (deed: Deed, worker: String?) {
        switch command {
        case .hello, .list, .info, .status, .events, .wait, .look: (.look, nil)
        case .start, .stop, .restart, .signal, .stopAll, .log: (.operate, nil)
        // Who is to be whose is decided worker by worker, by whom the file is read as.
        case .run, .load, .unload: (.define, nil)
        case .reload(let reload): (reload.file.isEmpty ? .operate : .define, nil)
        case .boot: (.configure, nil)
        case .remove(let selection): (.change, selection.name)
        case .rename(let rename): (.change, rename.name)
        case .copy(let copy): (.change, copy.name)
        case .update(let update): (.change, update.name)
        case .setSource(let source): (.change, source.name)
        case .environment(let selection): (.reveal, selection.name)
        case .exit: (.end, nil)
        }
    }

    /// `isTheirs`: the definition that it is about is the caller's own.
    static func may(_ deed: Deed, _ standing: Standing, isTheirs: Bool = false) -> Bool {
        switch (standing, deed) {
        case (.owner, _), (_, .look): true
        case (.member, .operate), (.member, .define): true
        case (.member, .change), (.member, .reveal): isTheirs
        case (.member, .configure), (.member, .end), (.anyone, _): false
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
