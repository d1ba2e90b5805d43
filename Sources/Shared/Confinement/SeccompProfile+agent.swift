// What apm-agent may call: as it looks an account up, reads an environment file, watches files, and
// reads configuration.

import CSeccomp
import Glibc

extension SeccompProfile {
    /// What answers for accounts is whatever this host has: files, sockets, libraries that are
    /// loaded for it. So all passes but what reaches other processes, more rights, or a change of
    /// anything that lasts.
    static let account = SeccompProfile(
        refused: rows([
            "prctl", "openat2", "creat", "memfd_create", "truncate", "ftruncate", "fallocate",
            "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "link", "linkat",
            "symlink", "symlinkat", "mkdir", "mkdirat", "mknod", "mknodat", "chmod", "fchmod",
            "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "setxattr",
            "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
        ]) + openForWriting,
        killed: rows([
            "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "kill", "tkill",
            "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd",
            "pidfd_send_signal", "process_vm_readv", "process_vm_writev", "process_madvise",
            "kcmp", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
            "fspick", "mount_setattr", "pivot_root", "chroot", "unshare", "setns", "setuid",
            "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
            "setgroups", "bpf", "keyctl", "add_key", "request_key", "io_uring_setup",
            "io_uring_enter", "io_uring_register", "perf_event_open", "userfaultfd",
            "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
            "listen", "accept", "accept4",
        ]) + [
            SeccompRow(
                call: "tgkill",
                arguments: [
                    ArgumentRule(index: 0, comparison: SCMP_CMP_NE, value: UInt64(getpid()))
                ])
        ])

    /// Opening for anything but reading: the two low bits of the flags.
    private static let openForWriting: [SeccompRow] = [("open", 1), ("openat", 2)].flatMap {
        (call: String, index: UInt32) in
        [UInt64(O_WRONLY), UInt64(O_RDWR)].map { mode in
            SeccompRow(
                call: call,
                arguments: [
                    ArgumentRule(
                        index: index, comparison: SCMP_CMP_MASKED_EQ, value: UInt64(O_ACCMODE),
                        other: mode)
                ])
        }
    }

    /// Reads one open file and talks to the master; nothing else.
    static let environment = SeccompProfile(
        allowed: memory
            + rows([
                "read", "recvmsg", "sendto", "close", "fstat", "poll", "ppoll",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]),
        refused: rows([
            "openat", "newfstatat", "statx", "readlink", "readlinkat", "access", "faccessat",
            "ioctl", "prlimit64", "sched_getaffinity", "socket", "lseek",
        ]))

    /// Opens files and folders for reading, looks at whose they are, and talks to the master.
    static let config = SeccompProfile(
        allowed: memory
            + rows([
                "read", "recvmsg", "sendto", "close", "fstat", "newfstatat", "fstatfs", "statfs",
                "readlinkat", "getxattr", "fgetxattr", "getdents64", "lseek", "poll", "ppoll",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid", "geteuid", "getuid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]) + [
                SeccompRow(
                    call: "openat",
                    arguments: [
                        ArgumentRule(
                            index: 2, comparison: SCMP_CMP_MASKED_EQ,
                            value: UInt64(O_ACCMODE | O_CREAT | O_TRUNC), other: 0)
                    ]),
                // The C library asks whether a folder may be read before it lists it.
                SeccompRow(
                    call: "fcntl",
                    arguments: [
                        ArgumentRule(
                            index: 1, comparison: SCMP_CMP_EQ, value: UInt64(F_GETFL))
                    ]),
                // Why it gives up.
                SeccompRow(
                    call: "write",
                    arguments: [
                        ArgumentRule(
                            index: 0, comparison: SCMP_CMP_EQ, value: UInt64(STDERR_FILENO))
                    ]),
            ],
        refused: rows([
            "readlink", "access", "faccessat", "statx", "ioctl", "prlimit64",
            "sched_getaffinity", "socket",
        ]))

    /// Watches folders and reads what is in them; opens no file, and talks to the master alone.
    static let watch = SeccompProfile(
        allowed: memory
            + rows([
                "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "getdents64",
                "read", "recvmsg", "sendto", "close", "fstat", "poll", "ppoll",
                "brk", "munmap", "mremap", "madvise", "futex",
                "clock_gettime", "getrandom", "getpid", "gettid",
                "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
            ]) + [
                openFlags(of: O_ACCMODE | O_CREAT | O_TRUNC | O_DIRECTORY, are: O_DIRECTORY),
                // Why it gives up.
                SeccompRow(
                    call: "write",
                    arguments: [
                        ArgumentRule(
                            index: 0, comparison: SCMP_CMP_EQ, value: UInt64(STDERR_FILENO))
                    ]),
            ],
        refused: rows([
            "newfstatat", "statx", "readlink", "readlinkat", "access", "faccessat",
            "ioctl", "prlimit64", "sched_getaffinity", "socket", "lseek",
        ]) + [openFlags(of: O_DIRECTORY, are: 0)])

    /// `openat` with these of its flags set so.
    private static func openFlags(of mask: Int32, are flags: Int32) -> SeccompRow {
        SeccompRow(
            call: "openat",
            arguments: [
                ArgumentRule(
                    index: 2, comparison: SCMP_CMP_MASKED_EQ, value: UInt64(mask),
                    other: UInt64(flags))
            ])
    }
}
