// docs/PRIVILEGES.md against the shipped, running apm-proxyd: its limits, its descriptors, and what
// becomes of each forbidden call that ptrace makes it perform.

import Documents
import Glibc
import Injection
import Testing

/// INJECTION_TEXT of injection.h: a macro that Swift cannot see.
private let text: Int64 = 0x7ABC_DEF0_1234_5678

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct ProxydPrivilegeTests {
        @Test func proxydLimitsItself() throws {
            let daemon = try TestDaemon()
            let proxyd = try serving(daemon)
            let limits = try #require(ProcessTable.read("/proc/\(proxyd)/limits"))
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md", headed: ["limit of apm-proxyd", "value"])
            for row in rows {
                let line = try #require(
                    limits.split(separator: "\n").first { $0.hasPrefix(row[0]) })
                let values = line.dropFirst(row[0].count).split(separator: " ")
                // Of open files no more than this machine lets the daemon have.
                var own = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &own)
                let most = row[0] == "Max open files" ? Int(own.rlim_max) : .max
                let wanted = try #require(Int(row[1]))
                #expect(values[0] == values[1] && Int(values[0]) == min(wanted, most), "\(line)")
            }
            #expect(ProcessTable.status(proxyd, "Groups") == "")
            for name in ProcessTable.entries("/proc/\(proxyd)/fd") {
                var room = [CChar](repeating: 0, count: 256)
                let count = readlink("/proc/\(proxyd)/fd/\(name)", &room, 255)
                let target = String(
                    decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                    as: UTF8.self)
                let isKnown =
                    target == "/dev/null" || target.hasPrefix("socket:")
                    || target.hasPrefix("pipe:") || target == "anon_inode:[eventpoll]"
                    || target.hasPrefix("/memfd:apm-figures")
                #expect(isKnown, "\(target)")
            }
            daemon.end()
        }

        /// Has it work: a worker serves, though it never greets. Gives apm-proxyd's pid.
        private func serving(_ daemon: TestDaemon) throws -> pid_t {
            let run = daemon.run(
                "web", ["--server", "http://127.0.0.1:\(Loopback.freePort())", "--no-wait"],
                probe: "sleep")
            try #require(run.status == 0, "\(run.errors)")
            eventually("apm-proxyd is confined") {
                ProcessTable.status(daemon.proxyd, "Seccomp") == "2"
            }
            return daemon.proxyd
        }

        /// Arguments that would do something if the call were let through.
        private static func arguments(of call: String, _ daemon: TestDaemon) -> [Int64] {
            switch call {
            case "openat", "unlinkat": [-100, text, 0, 0, 0, 0]
            case "socket": [1, 1, 0, 0, 0, 0]
            case "clone": [17, 0, 0, 0, 0, 0]
            case "execve", "chdir": [text, 0, 0, 0, 0, 0]
            case "kill": [Int64(daemon.pid), 0, 0, 0, 0, 0]
            case "tgkill": [Int64(daemon.pid), Int64(daemon.pid), 9, 0, 0, 0]
            case "ptrace": [16, Int64(daemon.pid), 0, 0, 0, 0]
            // What the conditions forbid: any option but TCP_NODELAY and SO_LINGER.
            case "setsockopt": [3, 1, 2, text, 4, 0]
            case "mmap": [0, 4096, 7, 0x22, -1, 0]
            default: [0, 0, 0, 0, 0, 0]
            }
        }

        @Test func forbiddenCallsOfProxydEndAsDocumented() throws {
            var daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-proxyd ended: forbidden system call"]
            _ = try serving(daemon)
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md", headed: ["call of apm-proxyd", "end"])
            #expect(rows.count >= 40)
            for (index, row) in rows.enumerated() {
                // One that dies again and again is started again ever later: a fresh daemon.
                if index % 4 == 3 {
                    daemon.end()
                    daemon = try TestDaemon()
                    daemon.expectedAlerts = ["apm-proxyd ended: forbidden system call"]
                    _ = try serving(daemon)
                }
                let number = injection_number(row[0])
                try #require(number >= 0, "\(row[0]) is not in the table of numbers")
                #expect(
                    inject(number, Self.arguments(of: row[0], daemon), into: daemon) == row[1],
                    "\(row[0])")
            }
            #expect(
                inject(injection_number("getpid"), [0, 0, 0, 0, 0, 0], into: daemon) == "passed")
            daemon.end()
        }

        private func inject(
            _ number: Int, _ arguments: [Int64], into daemon: TestDaemon
        ) -> String {
            var pid: pid_t = 0
            eventually("apm-proxyd sleeps in its loop") {
                pid = daemon.proxyd
                return pid != 0 && ProcessTable.state(pid) == "S"
                    && ProcessTable.status(pid, "Seccomp") == "2"
            }
            usleep(2000)
            let injection = inject_call(pid, number, arguments, "/etc/passwd")
            switch Int(injection.end) {
            case 1:
                eventually("it is gone") { daemon.proxyd != pid }
                return injection.result == SIGSYS ? "killed" : "signal \(injection.result)"
            case 0: return injection.result == -Int64(EACCES) ? "refused" : "passed"
            default: return "ptrace failed: \(injection.result)"
            }
        }
    }
}
