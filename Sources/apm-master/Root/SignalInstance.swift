// Signals to workers: by pidfd, so that a number used again is never hit; to a process group only
// while its leader is not reaped, which keeps the group's number taken.

import CLinux
import Glibc

enum SignalInstance {
    /// To the main process alone.
    static func send(_ signal: Int32, to pidfd: Int32) {
        _ = apm_pidfd_signal(pidfd, signal)
    }

    /// The same; gives 0 or the errno.
    static func deliver(_ signal: Int32, to pidfd: Int32) -> Int32 {
        -apm_pidfd_signal(pidfd, signal)
    }

    /// To the process group of a leader that is alive or a zombie of ours: its number cannot have
    /// been given to anybody else.
    static func sendToGroup(_ signal: Int32, ofUnreapedLeader pid: pid_t) {
        _ = kill(-pid, signal)
    }
}
