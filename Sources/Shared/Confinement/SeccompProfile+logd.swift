// What apm-logd may call. Left out on purpose: open, socket, connect, accept, clone, exec, kill,
// sendmsg (it could pass descriptors), ftruncate and pwrite (they rewrite what was logged), fcntl
// (it could clear O_APPEND).

import CSeccomp
import Glibc
import Messages

extension Confinement {
    /// The journal's descriptor: the only file that splice may write to. It follows fd 3.
    public static let journalDescriptor: Int32 = 4
}

extension SeccompProfile {
    static let logd = SeccompProfile(
        allowed: memory
            + rows([
                "write", "recvmsg", "sendto", "close", "fstat",
                "epoll_wait", "epoll_pwait", "epoll_ctl",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]) + [
                // Pipe to journal, never to a log.
                SeccompRow(
                    call: "splice",
                    arguments: [
                        ArgumentRule(
                            index: 2, comparison: SCMP_CMP_EQ,
                            value: UInt64(Confinement.journalDescriptor))
                    ]),
                // abort() signals the own process; no other can be reached.
                SeccompRow(
                    call: "tgkill",
                    arguments: [
                        ArgumentRule(index: 0, comparison: SCMP_CMP_EQ, value: UInt64(getpid()))
                    ]),
            ],
        refused: rows([
            "openat", "newfstatat", "statx", "readlink", "readlinkat", "access", "faccessat",
            "ioctl", "prlimit64", "sched_getaffinity", "socket", "lseek",
        ]))
}
