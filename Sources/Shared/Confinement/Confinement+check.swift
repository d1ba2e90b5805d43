// The way down of `apm check`: before it reads the text of a file it gives up all but reading files
// and writing its answer. What it wanted to know of the daemon it has asked before.

import CLinux
import CSeccomp
import Glibc
import Posix

extension Confinement {
    private static let checkBytes: UInt64 = 1024 * 1024 * 1024

    /// There is no way back. Capabilities, and the way to more rights, are given up for certain;
    /// Landlock and seccomp where this machine lets them be used.
    public static func enterCheck() throws(SystemError) {
        try check("PR_SET_DUMPABLE", apm_undumpable())
        try check("RLIMIT_CORE", apm_limit(Int32(APM_LIMIT_CORE), 0))
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        try check("RLIMIT_AS", apm_limit(Int32(APM_LIMIT_ADDRESSES), checkBytes))
        try check("capset", apm_drop_capabilities())
        try check("PR_SET_NO_NEW_PRIVS", apm_no_new_privileges())
        _ = apm_landlock_read_only()
        try? SeccompProfile.check.load()
    }
}

extension SeccompProfile {
    /// What the agent that reads configuration may call, and an answer on standard output.
    static let check = SeccompProfile(
        allowed: config.allowed + [
            // The C library asks it of a folder before it lists it.
            SeccompRow(call: "fcntl"),
            SeccompRow(
                call: "write",
                arguments: [
                    ArgumentRule(index: 0, comparison: SCMP_CMP_EQ, value: UInt64(STDOUT_FILENO))
                ]),
        ],
        refused: config.refused)
}
