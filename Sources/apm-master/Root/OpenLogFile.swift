// Opens a log file in a one-shot child that has the rights of whom the worker belongs to: a slow
// disk, a FIFO, a lease or a link costs that child, not the daemon.

import CLinux
import Control
import Glibc
import Posix

/// A child that opens one file; the answer comes over `reply`.
struct LogOpener {
    let definer: uid_t
    let pid: pid_t
    let pidfd: Int32
    let reply: Int32

    static func start(
        path: String, definer: uid_t, group: gid_t
    ) throws(SystemError) -> LogOpener {
        let ends = try DescriptorPair.packetSockets()
        var pidfd: Int32 = -1
        let pid = path.withCString {
            apm_spawn_log_opener($0, definer, group, ends.1, &pidfd)
        }
        close(ends.1)
        guard pid > 0 else {
            close(ends.0)
            throw SystemError("clone", negated: Int(pid))
        }
        return LogOpener(definer: definer, pid: pid, pidfd: pidfd, reply: ends.0)
    }

    func answer() -> OpenerReply.Answer {
        OpenerReply.receive(from: reply, broken: .log, wrong: .logFile) { apm_is_log($0, definer) }
    }

    func abandon() {
        _ = apm_pidfd_signal(pidfd, SIGKILL)
        finish()
    }

    func finish() {
        close(pidfd)
        close(reply)
    }
}
