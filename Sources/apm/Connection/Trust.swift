// Whether what listens on the control socket may be believed: its folder and its process must be
// root's or the caller's own. A stranger could otherwise pose as the daemon and collect what people
// define.

import CLinux
import Glibc

enum Trust {
    /// The folder is nobody else's and nobody else writes to it. A folder that is not there, or
    /// cannot be looked at, is left to `connect` to report.
    static func checkFolder(_ folder: String, uid: UInt32) throws(Failure) {
        var entry = stat()
        guard lstat(folder, &entry) == 0 else { return }
        try checkOwner(entry, folder, uid)
        if entry.st_mode & S_IFMT == S_IFLNK {
            guard stat(folder, &entry) == 0 else { return }
            try checkOwner(entry, folder, uid)
        }
        guard entry.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw Failure(
                "others can write to \(Visible.text(folder)), where the control socket is",
                now: "take that right away: chmod go-w \(Visible.text(folder))", .notPermitted)
        }
    }

    /// The process behind a connected socket. Gives its pid.
    static func checkPeer(of socket: Int32, _ path: String, uid: UInt32) throws(Failure) -> Int32 {
        var pid: pid_t = 0
        var peer: uid_t = 0
        var group: gid_t = 0
        guard apm_peer(socket, &pid, &peer, &group) == 0, isTrusted(peer, by: uid)
        else {
            throw Failure(
                "\(Visible.text(path)) is served by pid \(pid) of uid \(peer), "
                    + "who is \(uid == 0 ? "not root" : "neither root nor you")",
                now: "do not trust it; see what it is with: ps -p \(pid) -o user,args",
                .notPermitted)
        }
        return pid
    }

    static func isTrusted(_ owner: UInt32, by uid: UInt32) -> Bool { owner == 0 || owner == uid }

    private static func checkOwner(
        _ entry: stat, _ folder: String, _ uid: UInt32
    ) throws(Failure) {
        guard isTrusted(entry.st_uid, by: uid) else {
            throw Failure(
                "\(Visible.text(folder)), where the control socket is, belongs to uid "
                    + "\(entry.st_uid)",
                now: uid == 0
                    ? "run apm as that user: setpriv --reuid \(entry.st_uid) --clear-groups apm …, "
                        + "or with sudo -u '#\(entry.st_uid)'"
                    : "set APM_HOME to a folder of yours", .notPermitted)
        }
    }
}
