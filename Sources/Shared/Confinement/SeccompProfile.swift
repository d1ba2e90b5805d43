// A role's system calls as rows. What is not listed kills the process: a hidden EPERM would leave a
// helper that half works. A few calls that the C library makes on its own get an error instead.

import CLinux
import CSeccomp
import Glibc
import Messages
import Posix

/// A condition on one argument of a system call.
struct ArgumentRule {
    var index: UInt32
    var comparison: scmp_compare
    var value: UInt64
    var other: UInt64 = 0
}

/// One row: a call, when its arguments match, is allowed or answered with EACCES.
struct SeccompRow {
    var call: String
    var arguments: [ArgumentRule] = []
}

struct SeccompProfile {
    var allowed: [SeccompRow] = []
    /// Answered with EACCES.
    var refused: [SeccompRow]
    /// When not empty, these kill and all else is allowed.
    var killed: [SeccompRow] = []

    /// The one of a helper.
    static func of(_ role: Role) -> SeccompProfile {
        switch role {
        case .logd: logd
        case .guid: guid
        case .proxyd: proxyd
        case .master, .cli, .agent: preconditionFailure("\(role) is not confined by its role")
        }
    }

    /// SCMP_ACT_KILL_PROCESS, SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EACCES): macros that Swift cannot see.
    private static let kill: UInt32 = 0x8000_0000
    private static let allow: UInt32 = 0x7fff_0000
    private static let refuse: UInt32 = 0x0005_0000 | UInt32(EACCES)

    func load() throws(SystemError) {
        guard let filter = seccomp_init(killed.isEmpty ? Self.kill : Self.allow) else {
            throw SystemError("seccomp_init", code: ENOMEM)
        }
        defer { seccomp_release(filter) }
        for row in allowed { try add(row, Self.allow, to: filter) }
        for row in refused { try add(row, Self.refuse, to: filter) }
        for row in killed { try add(row, Self.kill, to: filter) }
        let result = seccomp_load(filter)
        guard result == 0 else { throw SystemError("seccomp_load", negated: Int(result)) }
    }

    private func add(
        _ row: SeccompRow, _ action: UInt32, to filter: scmp_filter_ctx
    ) throws(SystemError) {
        let number = seccomp_syscall_resolve_name(row.call)
        // A call that this architecture or library does not know cannot be made either.
        guard number >= 0 else { return }
        let comparisons = row.arguments.map {
            scmp_arg_cmp(arg: $0.index, op: $0.comparison, datum_a: $0.value, datum_b: $0.other)
        }
        let result = seccomp_rule_add_array(
            filter, action, number, UInt32(comparisons.count), comparisons)
        guard result == 0 else {
            throw SystemError("seccomp_rule_add", subject: row.call, negated: Int(result))
        }
    }

    /// Memory that can never be executed.
    static let memory: [SeccompRow] = ["mmap", "mprotect"].map {
        SeccompRow(
            call: $0,
            arguments: [
                ArgumentRule(
                    index: 2, comparison: SCMP_CMP_MASKED_EQ, value: UInt64(PROT_EXEC), other: 0)
            ])
    }

    static func rows(_ calls: [String]) -> [SeccompRow] { calls.map { SeccompRow(call: $0) } }
}
