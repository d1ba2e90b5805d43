// docs/PRIVILEGES.md against running processes: what /proc says of them, and what becomes of each
// forbidden call that ptrace makes the shipped, running apm-logd perform.

import Documents
import Glibc
import Injection
import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct PrivilegeTests {
        @Test func processesAreAsDocumented() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            let looker = try ControlPeer(at: daemon.look)
            daemon.run(
                "web", ["--server", "http://127.0.0.1:\(Loopback.freePort())", "--no-wait"],
                probe: "sleep")
            eventually("apm-proxyd is confined") {
                ProcessTable.status(daemon.proxyd, "Seccomp") == "2"
            }
            let pids = [
                "apm-master": daemon.pid, "apm-logd": daemon.logd, "apm-guid": daemon.guid,
                "apm-proxyd": daemon.proxyd,
                "worker": try #require(daemon.workers.first),
            ]
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md",
                headed: [
                    "process", "uid", "effective capabilities", "no_new_privs", "seccomp",
                    "network",
                ])
            #expect(rows.count == pids.count)
            for row in rows {
                let pid = try #require(pids[row[0]])
                let uids = ProcessTable.status(pid, "Uid")?.split(separator: " ") ?? []
                #expect(uids.allSatisfy { $0 == row[1] }, "\(row[0]): \(uids)")
                #expect(capabilities(of: pid) == row[2], "\(row[0])")
                #expect(ProcessTable.status(pid, "NoNewPrivs") == row[3], "\(row[0])")
                #expect(ProcessTable.status(pid, "Seccomp") == row[4], "\(row[0])")
                #expect(network(of: pid) == row[5], "\(row[0])")
            }
            looker.leave()
            daemon.end()
        }

        private func capabilities(of pid: pid_t) -> String {
            let text = ProcessTable.status(pid, "CapEff") ?? ""
            guard let set = UInt64(text, radix: 16) else { return "unknown" }
            if set == 0 { return "none" }
            if set == 1 << 5 { return "kill" }
            let own = ProcessTable.status(getpid(), "CapBnd").flatMap { UInt64($0, radix: 16) }
            return set == own ? "all" : text
        }

        private func network(of pid: pid_t) -> String {
            func namespace(_ pid: pid_t) -> String {
                var room = [CChar](repeating: 0, count: 128)
                let count = readlink("/proc/\(pid)/ns/net", &room, 127)
                return String(
                    decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                    as: UTF8.self)
            }
            if namespace(pid) == namespace(getpid()) { return "the host's" }
            let devices = ProcessTable.read("/proc/\(pid)/net/dev") ?? ""
            let names = devices.split(separator: "\n").dropFirst(2)
                .map { $0.split(separator: ":")[0].filter { $0 != " " } }
            return names.allSatisfy { $0 == "lo" } ? "empty" : "\(names)"
        }

        @Test func logdLimitsItself() throws {
            let daemon = try TestDaemon()
            let limits = try #require(ProcessTable.read("/proc/\(daemon.logd)/limits"))
            let rows = try Documents.table(in: "docs/PRIVILEGES.md", headed: ["limit", "value"])
            for row in rows {
                let line = try #require(
                    limits.split(separator: "\n").first { $0.hasPrefix(row[0]) })
                let values = line.dropFirst(row[0].count).split(separator: " ")
                let most = Int(row[1]) ?? -1
                #expect(values[0] == values[1], "\(line)")
                #expect((Int(values[0]) ?? Int.max) <= most, "\(line)")
            }
            let groups = ProcessTable.status(daemon.logd, "Groups")
            #expect(groups == "", "\(String(describing: groups))")
            daemon.end()
        }

        @Test func descriptorsOfLogdAreItsOwn() throws {
            let daemon = try TestDaemon()
            var targets: [String] = []
            for name in ProcessTable.entries("/proc/\(daemon.logd)/fd") {
                var room = [CChar](repeating: 0, count: 256)
                let count = readlink("/proc/\(daemon.logd)/fd/\(name)", &room, 255)
                targets.append(
                    String(
                        decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                        as: UTF8.self))
            }
            for target in targets {
                let isKnown =
                    target == "/dev/null" || target.hasPrefix("socket:")
                    || target.hasPrefix("/memfd:apm-journal") || target == "anon_inode:[eventpoll]"
                    || target == daemon.home + "/apm.log"
                #expect(isKnown, "\(target)")
            }
            daemon.end()
        }

        /// Arguments that would do something if the call were let through.
        private static func arguments(of call: String, _ daemon: TestDaemon) -> [Int64] {
            let text = INJECTION_TEXT_VALUE
            switch call {
            case "openat", "unlinkat": return [-100, text, 0, 0, 0, 0]
            case "socket": return [1, 1, 0, 0, 0, 0]
            case "clone": return [17, 0, 0, 0, 0, 0]
            case "execve", "chdir": return [text, 0, 0, 0, 0, 0]
            case "kill": return [Int64(daemon.pid), 0, 0, 0, 0, 0]
            case "ptrace": return [16, Int64(daemon.pid), 0, 0, 0, 0]
            case "fcntl": return [5, 4, 0, 0, 0, 0]
            case "ftruncate": return [5, 0, 0, 0, 0, 0]
            default: return [0, 0, 0, 0, 0, 0]
            }
        }

        @Test func forbiddenCallsEndAsDocumented() throws {
            var daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: forbidden system call"]
            let rows = try Documents.table(in: "docs/PRIVILEGES.md", headed: ["call", "end"])
            #expect(rows.count >= 40)
            for (index, row) in rows.enumerated() {
                // A helper that dies again and again is started again ever later: a fresh daemon.
                if index % 4 == 3 {
                    daemon.end()
                    daemon = try TestDaemon()
                    daemon.expectedAlerts = ["apm-logd ended: forbidden system call"]
                }
                let number = injection_number(row[0])
                try #require(number >= 0, "\(row[0]) is not in the table of numbers")
                let end = inject(number, Self.arguments(of: row[0], daemon), into: daemon)
                #expect(end == row[1], "\(row[0])")
            }
            daemon.end()
        }

        @Test func conditionsAreConditions() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended: forbidden system call"]
            let executable: [Int64] = [0, 4096, 7, 0x22, -1, 0]
            #expect(inject(injection_number("mmap"), executable, into: daemon) == "killed")
            let intoLog: [Int64] = [3, 0, 5, 0, 16, 0]
            #expect(inject(injection_number("splice"), intoLog, into: daemon) == "killed")
            let otherThread: [Int64] = [Int64(daemon.pid), Int64(daemon.pid), 9, 0, 0, 0]
            #expect(inject(injection_number("tgkill"), otherThread, into: daemon) == "killed")
            daemon.end()
        }

        /// The control: what is allowed goes through, so that `killed` means something.
        @Test func anAllowedCallIsAllowed() throws {
            let daemon = try TestDaemon()
            let end = inject(injection_number("getpid"), [0, 0, 0, 0, 0, 0], into: daemon)
            #expect(end == "returned \(daemon.logd)")
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "ptrace of another user needs root"))
        func aLogdThatSeemsToCloseItsLinkIsReplaced() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["apm-logd ended"]
            let old = daemon.logd
            // A datagram of nothing looks like an end. Stopped before that is seen, it does not
            // end by itself.
            kill(daemon.pid, SIGSTOP)
            eventually("the daemon is stopped") { ProcessTable.state(daemon.pid) == "T" }
            _ = inject(injection_number("sendto"), [3, 0, 0, 0, 0, 0], into: daemon)
            kill(old, SIGSTOP)
            eventually("apm-logd is stopped") { ProcessTable.state(old) == "T" }
            kill(daemon.pid, SIGCONT)
            eventually("another takes its place") {
                let now = daemon.logd
                return now != 0 && now != old
            }
            let path = daemon.home + "/on.log"
            daemon.run("on", ["--log", path], probe: "print", "1")
            eventually("it writes") { (ProcessTable.read(path) ?? "").contains("line 1") }
            daemon.end()
        }

        private func inject(_ number: Int, _ arguments: [Int64], into daemon: TestDaemon) -> String
        {
            var pid: pid_t = 0
            eventually("an apm-logd sleeps in its loop") {
                pid = daemon.logd
                return pid != 0 && ProcessTable.state(pid) == "S"
                    && ProcessTable.status(pid, "Seccomp") == "2"
            }
            usleep(2000)
            let injection = inject_call(pid, number, arguments, "/etc/passwd")
            switch Int(injection.end) {
            case INJECTION_KILLED.rawValueInt:
                eventually("another apm-logd runs") { ![0, pid].contains(daemon.logd) }
                return injection.result == SIGSYS ? "killed" : "signal \(injection.result)"
            case INJECTION_RETURNED.rawValueInt:
                return injection.result == -Int64(EACCES)
                    ? "refused" : "returned \(injection.result)"
            default: return "ptrace failed: \(injection.result)"
            }
        }
    }
}

extension injection_end {
    fileprivate var rawValueInt: Int { Int(rawValue) }
}

/// INJECTION_TEXT of injection.h: a macro that Swift cannot see.
private let INJECTION_TEXT_VALUE: Int64 = 0x7ABC_DEF0_1234_5678
