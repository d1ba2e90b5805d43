// docs/PRIVILEGES.md against running processes: what /proc says of them, and what becomes of each
// forbidden call that ptrace makes the shipped, running apm-logd perform.

import Documents
import Glibc
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
            func namespace(_ pid: pid_t) -> String { ProcessTable.target("/proc/\(pid)/ns/net") }
            if namespace(pid) == namespace(getpid()) { return "the host's" }
            let devices = ProcessTable.read("/proc/\(pid)/net/dev") ?? ""
            let names = devices.split(separator: "\n").dropFirst(2)
                .map { $0.split(separator: ":")[0].filter { $0 != " " } }
            return names.allSatisfy { $0 == "lo" } ? "empty" : "\(names)"
        }

        private let logd = ConfinedHelper(
            name: "apm-logd", pid: \.logd,
            arguments: ["fcntl": [5, 4, 0, 0, 0, 0], "ftruncate": [5, 0, 0, 0, 0, 0]])

        @Test func logdLimitsItself() throws {
            let daemon = try logd.daemon()
            try logd.expectLimits(inTableHeaded: "limit", of: daemon)
            try logd.expectDescriptors(
                ["/memfd:apm-journal", daemon.home + "/apm.log"], of: daemon)
            daemon.end()
        }

        @Test func forbiddenCallsEndAsDocumented() throws {
            try logd.expectEnds(inTableHeaded: "call")
        }

        @Test func conditionsAreConditions() throws {
            let daemon = try logd.daemon()
            let another = Int64(daemon.pid)
            let forbidden: [(call: String, arguments: [Int64])] = [
                ("mmap", [0, 4096, 7, 0x22, -1, 0]), ("splice", [3, 0, 5, 0, 16, 0]),
                ("tgkill", [another, another, 9, 0, 0, 0]),
            ]
            for (call, arguments) in forbidden {
                let end = try logd.perform(call, arguments, of: daemon)
                #expect(end == .killed, "\(call)")
            }
            _ = try logd.waiting(daemon)
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
            _ = InjectedCall("sendto", [3, 0, 0, 0, 0, 0], of: old)
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
    }
}
