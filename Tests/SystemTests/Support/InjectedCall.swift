// A system call that ptrace makes a running process perform: how tests show what a compromised
// helper could not do.

import Glibc
import Injection

/// What became of it. The description is the word that docs/PRIVILEGES.md has for it.
enum InjectedCall: Equatable, CustomStringConvertible {
    /// An argument that stands for the address of the text `/etc/passwd`: INJECTION_TEXT of
    /// injection.h, a macro that Swift cannot see.
    static let text: Int64 = 0x7ABC_DEF0_1234_5678

    case killed
    case signalled(Int64)
    case refused
    case returned(Int64)
    case failed(String)

    init(_ name: String, _ arguments: [Int64], of pid: pid_t) {
        let number = injection_number(name)
        guard number >= 0, arguments.count == 6 else {
            self = .failed("\(name) is not in the table of numbers, or has not six arguments")
            return
        }
        let injection = inject_call(pid, number, arguments, "/etc/passwd")
        switch Int(injection.end) {
        case 1 where injection.result == SIGSYS: self = .killed
        case 1: self = .signalled(injection.result)
        case 0 where injection.result == -Int64(EACCES): self = .refused
        case 0: self = .returned(injection.result)
        default: self = .failed("ptrace: \(injection.result)")
        }
    }

    var hasEnded: Bool {
        switch self {
        case .killed, .signalled: true
        case .refused, .returned, .failed: false
        }
    }

    var description: String {
        switch self {
        case .killed: "killed"
        case .signalled(let signal): "signal \(signal)"
        case .refused: "refused"
        case .returned: "allowed"
        case .failed(let reason): reason
        }
    }

    /// Arguments with which the call would do something to `victim`, were it let through.
    static func arguments(of call: String, against victim: pid_t) -> [Int64] {
        let victim = Int64(victim)
        return switch call {
        case "openat", "unlinkat": [-100, text, 0, 0, 0, 0]
        case "socket": [1, 1, 0, 0, 0, 0]
        case "clone": [17, 0, 0, 0, 0, 0]
        case "execve", "chdir": [text, 0, 0, 0, 0, 0]
        case "kill", "pidfd_open": [victim, 0, 0, 0, 0, 0]
        case "tgkill": [victim, victim, 0, 0, 0, 0]
        case "ptrace": [16, victim, 0, 0, 0, 0]
        case "mmap": [0, 4096, 7, 0x22, -1, 0]
        default: [0, 0, 0, 0, 0, 0]
        }
    }
}
