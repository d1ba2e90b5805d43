// The way down: what every helper gives up before it reads its first byte, in this order. Uid,
// groups and network namespace were given up before exec, by the master's child.

import CLinux
import CSeccomp
import Glibc
import Messages
import Posix

public enum Confinement {
    /// What is in force afterwards, for the first line of the log.
    public struct Report: Sendable {
        /// ABI version, or 0 where the kernel has no Landlock.
        public var landlock: Int32
    }

    /// Enters the confinement of `role`; there is no way back.
    public static func enter(_ role: Role, openFiles: UInt64) throws(SystemError) -> Report {
        let profile = SeccompProfile.of(role)
        apm_ignore_pipe_signal()
        try giveUp(openFiles: openFiles)
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        let landlock = apm_landlock_deny_all()
        try checkLandlock(landlock)
        try profile.load()
        return Report(landlock: max(0, landlock))
    }

    /// What every confined process gives up: being looked into, outliving the master, cores, most
    /// descriptors, capabilities, the way to more.
    static func giveUp(openFiles: UInt64) throws(SystemError) {
        try check("PR_SET_DUMPABLE", apm_undumpable())
        try check("RLIMIT_CORE", apm_limit(Int32(APM_LIMIT_CORE), 0))
        try limitOpenFiles(to: openFiles)
        try check("capset", apm_drop_capabilities())
        try check("PR_SET_NO_NEW_PRIVS", apm_no_new_privileges())
    }

    /// A kernel without Landlock is no error.
    static func checkLandlock(_ result: Int32) throws(SystemError) {
        guard result >= 0 || result == -ENOSYS || result == -EOPNOTSUPP else {
            throw SystemError("landlock", negated: Int(result))
        }
    }

    /// As many as wanted, where the hard limit allows.
    private static func limitOpenFiles(to wanted: UInt64) throws(SystemError) {
        var before: UInt64 = 0
        try check("RLIMIT_NOFILE", apm_raise_open_files(&before))
        if apm_limit(Int32(APM_LIMIT_FILES), wanted) == -EPERM { return }
    }

    static func check(_ operation: String, _ result: Int32) throws(SystemError) {
        guard result >= 0 else { throw SystemError(operation, negated: Int(result)) }
    }
}
