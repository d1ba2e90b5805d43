// The ways down of apm-agent. The one that looks an account up keeps what that needs: reading
// files, and sockets. The one that reads configuration keeps opening files for reading, the one
// that watches files folders and inotify. The one that reads an environment starts a shell first
// and gives the rest up when that shell is done.

import CLinux
import Glibc
import Posix

extension Confinement {
    private static let agentFiles: UInt64 = 256
    private static let watchFiles: UInt64 = 16

    /// To look an account up; there is no way back.
    public static func enterAccount() throws(SystemError) {
        apm_ignore_pipe_signal()
        try giveUp(openFiles: agentFiles)
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        try check("RLIMIT_FSIZE", apm_limit(Int32(APM_LIMIT_FILE_BYTES), 0))
        try checkLandlock(apm_landlock_read_only())
        try SeccompProfile.account.load()
    }

    /// To watch files; there is no way back.
    public static func enterWatch() throws(SystemError) {
        apm_ignore_pipe_signal()
        try giveUp(openFiles: watchFiles)
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        try check("RLIMIT_FSIZE", apm_limit(Int32(APM_LIMIT_FILE_BYTES), 0))
        try checkLandlock(apm_landlock_read_folders())
        try SeccompProfile.watch.load()
    }

    /// Before the user's shell is asked; what it starts inherits most of this.
    public static func prepareEnvironment() throws(SystemError) {
        apm_ignore_pipe_signal()
        try giveUp(openFiles: agentFiles)
    }

    /// The shell is done, or was never needed; there is no way back.
    public static func closeEnvironment() throws(SystemError) {
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        try check("RLIMIT_FSIZE", apm_limit(Int32(APM_LIMIT_FILE_BYTES), 0))
        try checkLandlock(apm_landlock_deny_all())
        try SeccompProfile.environment.load()
    }

    private static let configFiles: UInt64 = 64
    /// Address space: enough for the largest configuration, and an end to what grows.
    private static let configBytes: UInt64 = 1024 * 1024 * 1024

    /// To read configuration; there is no way back.
    public static func enterConfig() throws(SystemError) {
        apm_ignore_pipe_signal()
        try giveUp(openFiles: configFiles)
        try check("RLIMIT_NPROC", apm_limit(Int32(APM_LIMIT_PROCESSES), 0))
        try check("RLIMIT_FSIZE", apm_limit(Int32(APM_LIMIT_FILE_BYTES), 0))
        try check("RLIMIT_AS", apm_limit(Int32(APM_LIMIT_ADDRESSES), configBytes))
        try checkLandlock(apm_landlock_read_only())
        try SeccompProfile.config.load()
    }
}
