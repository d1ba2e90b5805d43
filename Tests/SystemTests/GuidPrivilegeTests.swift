// docs/PRIVILEGES.md against the shipped, running apm-guid: its limits, its descriptors, and what
// becomes of each forbidden call that ptrace makes it perform.

import Documents
import Glibc
import Injection
import Testing

/// INJECTION_TEXT of injection.h: a macro that Swift cannot see.
private let text: Int64 = 0x7ABC_DEF0_1234_5678

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct GuidPrivilegeTests {
        @Test func guidLimitsItself() throws {
            let daemon = try TestDaemon()
            let looker = try ControlPeer(at: daemon.look)
            let guid = daemon.guid
            let limits = try #require(ProcessTable.read("/proc/\(guid)/limits"))
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md", headed: ["limit of apm-guid", "value"])
            for row in rows {
                let line = try #require(
                    limits.split(separator: "\n").first { $0.hasPrefix(row[0]) })
                let values = line.dropFirst(row[0].count).split(separator: " ")
                #expect(values[0] == values[1] && Int(values[0]) == Int(row[1]), "\(line)")
            }
            #expect(ProcessTable.status(guid, "Groups") == "")
            for name in ProcessTable.entries("/proc/\(guid)/fd") {
                var room = [CChar](repeating: 0, count: 256)
                let count = readlink("/proc/\(guid)/fd/\(name)", &room, 255)
                let target = String(
                    decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                    as: UTF8.self)
                let isKnown =
                    target == "/dev/null" || target.hasPrefix("socket:")
                    || target == "anon_inode:[eventpoll]"
                #expect(isKnown, "\(target)")
            }
            looker.leave()
            daemon.end()
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
            // What the conditions forbid: another option than who looks, another file than 2.
            case "getsockopt": [3, 1, 59, text, text, 0]
            case "write": [3, text, 1, 0, 0, 0]
            case "mmap": [0, 4096, 7, 0x22, -1, 0]
            default: [0, 0, 0, 0, 0, 0]
            }
        }

        @Test func forbiddenCallsOfGuidEndAsDocumented() throws {
            var daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-guid ended: forbidden system call"]
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md", headed: ["call of apm-guid", "end"])
            #expect(rows.count >= 40)
            for (index, row) in rows.enumerated() {
                // One that dies again and again is started again ever later: a fresh daemon.
                if index % 4 == 3 {
                    daemon.end()
                    daemon = try TestDaemon()
                    daemon.expectedAlerts = ["apm-guid ended: forbidden system call"]
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
            guard let looker = try? ControlPeer(at: daemon.look) else { return "nobody answers" }
            looker.leave()
            var pid: pid_t = 0
            eventually("apm-guid sleeps in its loop") {
                pid = daemon.guid
                return pid != 0 && ProcessTable.state(pid) == "S"
                    && ProcessTable.status(pid, "Seccomp") == "2"
            }
            usleep(2000)
            let injection = inject_call(pid, number, arguments, "/etc/passwd")
            switch Int(injection.end) {
            case 1:
                eventually("it is gone") { daemon.guid != pid }
                return injection.result == SIGSYS ? "killed" : "signal \(injection.result)"
            case 0: return injection.result == -Int64(EACCES) ? "refused" : "passed"
            default: return "ptrace failed: \(injection.result)"
            }
        }
    }
}
