// Opens an environment file in a one-shot child: with the rights of whom the worker belongs to, or,
// where others could redirect root, with those of the user that it runs as.

import CLinux
import Control
import Glibc
import Posix

/// A child that opens one file; the answer comes over `reply`.
struct EnvironmentOpener {
    private let pidfd: Int32
    let reply: Int32

    static func start(
        path: String, definer: uid_t, group: gid_t, worker: Identity?
    ) throws(SystemError) -> EnvironmentOpener {
        let ends = try DescriptorPair.packetSockets()
        var pidfd: Int32 = -1
        var plan = apm_open_plan()
        plan.definer = definer
        plan.definer_group = group
        plan.uid = worker?.uid ?? 0
        plan.gid = worker?.gid ?? 0
        plan.reply_fd = ends.1
        let pid = path.withCString { path in
            (worker?.groups ?? []).withUnsafeBufferPointer { groups in
                plan.path = path
                plan.groups = groups.baseAddress
                plan.group_count = groups.count
                return apm_spawn_environment_opener(&plan, &pidfd)
            }
        }
        close(ends.1)
        guard pid > 0 else {
            close(ends.0)
            throw SystemError("clone", negated: Int(pid))
        }
        return EnvironmentOpener(pidfd: pidfd, reply: ends.0)
    }

    func answer() -> OpenerReply.Answer {
        OpenerReply.receive(
            from: reply, broken: .envFile, wrong: .envKind, isRight: apm_is_environment_file)
    }

    /// Done with it, whatever it is doing.
    func end() {
        _ = apm_pidfd_signal(pidfd, SIGKILL)
        close(pidfd)
        close(reply)
    }
}
