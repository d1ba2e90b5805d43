// What apm-guid may call. Left out on purpose: open, socket, bind, listen, connect, clone, exec,
// kill, sendmsg (it could pass descriptors), setsockopt, fcntl. It accepts from a listener that it
// was given, and answers.

import CSeccomp
import Glibc

extension SeccompProfile {
    static let guid = SeccompProfile(
        allowed: memory
            + rows([
                "accept4", "recvmsg", "sendto", "close", "fstat",
                "epoll_wait", "epoll_pwait", "epoll_ctl",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]) + [
                // Why it gives up.
                SeccompRow(
                    call: "write",
                    arguments: [
                        ArgumentRule(
                            index: 0, comparison: SCMP_CMP_EQ, value: UInt64(STDERR_FILENO))
                    ]),
                // Who looks, and nothing else about a socket.
                SeccompRow(
                    call: "getsockopt",
                    arguments: [
                        ArgumentRule(
                            index: 1, comparison: SCMP_CMP_EQ, value: UInt64(SOL_SOCKET)),
                        ArgumentRule(
                            index: 2, comparison: SCMP_CMP_EQ, value: UInt64(SO_PEERCRED)),
                    ]),
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
