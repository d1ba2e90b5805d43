// What apm-proxyd may call. Left out on purpose: open, socket, bind, listen, connect, clone, exec,
// kill, sendmsg (it could pass descriptors), fcntl. It accepts from listeners that it was given.

import CSeccomp
import Glibc

extension SeccompProfile {
    static let proxyd = SeccompProfile(
        allowed: memory
            + rows([
                "accept4", "read", "write", "recvmsg", "recvfrom", "sendto", "shutdown", "close",
                "fstat", "epoll_wait", "epoll_pwait", "epoll_ctl",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]) + [
                // Answers go out at once, and a connection that is cut is reset, so that nobody
                // takes half an answer for a whole one; nothing else about a socket is changed.
                SeccompRow(
                    call: "setsockopt",
                    arguments: [
                        ArgumentRule(
                            index: 1, comparison: SCMP_CMP_EQ, value: UInt64(IPPROTO_TCP)),
                        ArgumentRule(
                            index: 2, comparison: SCMP_CMP_EQ, value: UInt64(TCP_NODELAY)),
                    ]),
                SeccompRow(
                    call: "setsockopt",
                    arguments: [
                        ArgumentRule(
                            index: 1, comparison: SCMP_CMP_EQ, value: UInt64(SOL_SOCKET)),
                        ArgumentRule(
                            index: 2, comparison: SCMP_CMP_EQ, value: UInt64(SO_LINGER)),
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
