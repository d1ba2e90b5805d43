// Root's rights, reduced: what a child on its way down needs stays permitted, what the loop itself
// needs stays in effect. The bounding set stays: a worker of root would silently lose rights.

import CCapability
import Glibc
import Posix

enum Capabilities {
    /// Children raise these: becoming a user, network namespaces, logs in a user's folder.
    private static let permitted: [cap_value_t] = [
        CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_NET_BIND_SERVICE, CAP_DAC_OVERRIDE, CAP_CHOWN,
        CAP_FOWNER, CAP_SYS_RESOURCE, CAP_SYS_ADMIN,
    ]
    /// The loop signals workers of other users and does nothing else that needs a capability.
    private static let effective: [cap_value_t] = [CAP_KILL]

    /// Gives up the rest for good. Does nothing without root.
    static func reduce() throws(SystemError) {
        guard geteuid() == 0 else { return }
        guard let now = cap_get_proc(), let wanted = cap_init() else {
            throw SystemError("cap_get_proc", code: errno)
        }
        defer {
            cap_free(UnsafeMutableRawPointer(now))
            cap_free(UnsafeMutableRawPointer(wanted))
        }
        try raise(wanted, CAP_PERMITTED, permitted, asFarAsIn: now)
        try raise(wanted, CAP_EFFECTIVE, effective, asFarAsIn: now)
        guard cap_set_proc(wanted) == 0 else { throw SystemError("cap_set_proc", code: errno) }
    }

    /// What is permitted is in effect again, for the end of the daemon.
    static func raise() {
        guard geteuid() == 0, let now = cap_get_proc() else { return }
        defer { cap_free(UnsafeMutableRawPointer(now)) }
        try? raise(now, CAP_EFFECTIVE, permitted, asFarAsIn: now)
        _ = cap_set_proc(now)
    }

    /// For a port that only root may have.
    static func raiseForPorts() {
        guard geteuid() == 0, let now = cap_get_proc() else { return }
        defer { cap_free(UnsafeMutableRawPointer(now)) }
        try? raise(now, CAP_EFFECTIVE, [CAP_NET_BIND_SERVICE], asFarAsIn: now)
        _ = cap_set_proc(now)
    }

    private static func raise(
        _ set: cap_t, _ flag: cap_flag_t, _ values: [cap_value_t], asFarAsIn now: cap_t
    ) throws(SystemError) {
        for value in values {
            var has = CAP_CLEAR
            guard cap_get_flag(now, value, CAP_PERMITTED, &has) == 0 else { continue }
            var one = value
            guard cap_set_flag(set, flag, 1, &one, has) == 0 else {
                throw SystemError("cap_set_flag", code: errno)
            }
        }
    }
}
