// docs/PRIVILEGES.md against running agents: what /proc says of them, and what becomes of each
// forbidden call that ptrace makes them perform.

import Documents
import Glibc
import Injection
import Messages
import Testing

@testable import apm_master

/// INJECTION_TEXT of injection.h: a macro that Swift cannot see.
private let text: Int64 = 0x7ABC_DEF0_1234_5678

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct AgentPrivilegeTests {
        /// Confined as far as it gets: the one of an environment after its shell.
        private func agent(_ job: String) throws -> AgentPeer {
            if job == "watch" {
                let agent = try AgentPeer(.watch, as: AgentPeer.nobody)
                agent.send(
                    .watchFiles(
                        WatchPlan(
                            folder: "/usr", wanted: ["*"], ignored: ["*/*/*/"],
                            delayMilliseconds: 0)))
                while true {
                    guard case .watching? = try agent.receive() else { break }
                    break
                }
                agent.settle()
                return agent
            }
            guard job == "environment" else {
                let agent = try AgentPeer(.account)
                agent.settle()
                return agent
            }
            let agent = try AgentPeer(.environment, as: AgentPeer.nobody)
            agent.send(.readLoginPath(Login(name: "nobody", home: "/", shell: "/bin/sh")))
            guard case .loginPathRead(let path)? = try agent.receive() else {
                Issue.record("no answer")
                return agent
            }
            #expect(path.source == .shell)
            agent.settle()
            return agent
        }

        @Test func agentsAreAsDocumented() throws {
            let daemon = try TestDaemon()
            daemon.run("u", ["--user", "nobody"], probe: "sleep")
            let account = try agent("account")
            let environment = try agent("environment")
            let watch = try agent("watch")
            let pids = [
                "apm-agent watch": watch.pid,
                "apm-agent account": account.pid, "apm-agent environment": environment.pid,
                "worker with a user": try #require(daemon.workers.first),
            ]
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md",
                headed: [
                    "started for", "uid", "capabilities", "no_new_privs", "seccomp", "network",
                ])
            #expect(rows.count == pids.count)
            for row in rows {
                let pid = try #require(pids[row[0]])
                let uid = row[1] == "the user's" ? "65534" : row[1]
                let uids = ProcessTable.status(pid, "Uid")?.split(separator: " ") ?? []
                #expect(uids.count == 4 && uids.allSatisfy { $0 == uid }, "\(row[0]): \(uids)")
                for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
                    let found = ProcessTable.status(pid, set).flatMap { UInt64($0, radix: 16) }
                    #expect(found == 0, "\(row[0]) \(set)")
                }
                #expect(ProcessTable.status(pid, "NoNewPrivs") == row[3], "\(row[0])")
                #expect(ProcessTable.status(pid, "Seccomp") == row[4], "\(row[0])")
                let groups = ProcessTable.status(pid, "Groups")
                #expect(groups == (uid == "65534" ? "65534" : ""), "\(row[0])")
            }
            daemon.end()
        }

        @Test func agentsLimitThemselves() throws {
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md",
                headed: ["agent's limit", "account", "environment", "watch"])
            for (column, job) in [(1, "account"), (2, "environment"), (3, "watch")] {
                let agent = try agent(job)
                let limits = try #require(ProcessTable.read("/proc/\(agent.pid)/limits"))
                for row in rows {
                    let line = try #require(
                        limits.split(separator: "\n").first { $0.hasPrefix(row[0]) })
                    let values = line.dropFirst(row[0].count).split(separator: " ")
                    #expect(values[0] == row[column] && values[1] == row[column], "\(job) \(line)")
                }
                for name in ProcessTable.entries("/proc/\(agent.pid)/fd") {
                    // The watching one has its inotify descriptor beside.
                    let most = job == "watch" ? 4 : 3
                    #expect((Int(name) ?? 0) <= most, "\(job) holds \(name)")
                }
            }
        }

        /// Arguments that would do something if the call were let through.
        private func arguments(of call: String) -> [Int64] {
            switch call {
            case "openat": [-100, text, 1, 0, 0, 0]
            case "unlinkat": [-100, text, 0, 0, 0, 0]
            case "socket": [1, 1, 0, 0, 0, 0]
            case "clone": [17, 0, 0, 0, 0, 0]
            case "execve", "chdir": [text, 0, 0, 0, 0, 0]
            case "kill", "pidfd_open": [Int64(getpid()), 0, 0, 0, 0, 0]
            case "tgkill": [Int64(getpid()), Int64(getpid()), 0, 0, 0, 0]
            case "ptrace": [16, Int64(getpid()), 0, 0, 0, 0]
            default: [0, 0, 0, 0, 0, 0]
            }
        }

        @Test func forbiddenCallsOfAgentsEndAsDocumented() throws {
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md",
                headed: ["call of an agent", "account", "environment", "watch"])
            #expect(rows.count >= 30)
            for row in rows {
                let number = injection_number(row[0])
                try #require(number >= 0, "\(row[0]) is not in the table of numbers")
                for (column, job) in [(1, "account"), (2, "environment"), (3, "watch")] {
                    let end = try agent(job).inject(number, arguments(of: row[0]))
                    #expect(end == row[column], "\(job): \(row[0])")
                }
            }
        }

        /// The control, and what the look-up needs.
        @Test func anAgentMayDoItsOwnWork() throws {
            for job in ["account", "environment", "watch"] {
                let agent = try agent(job)
                #expect(agent.inject(injection_number("getpid"), [0, 0, 0, 0, 0, 0]) == "allowed")
            }
            let account = try agent("account")
            let reading: [Int64] = [-100, text, 0, 0, 0, 0]
            #expect(account.inject(injection_number("openat"), reading) == "allowed")
            account.send(.resolveAccount(name: "nobody"))
            guard case .accountResolved(let answer)? = try account.receive() else {
                Issue.record("no answer")
                return
            }
            #expect(answer.uid == 65_534)
        }

        /// Folders are opened, files are not, whatever else the flags say.
        @Test func aWatchOpensFoldersAlone() throws {
            let ends: [(flags: Int32, end: String)] = [
                (O_RDONLY | O_DIRECTORY | O_CLOEXEC, "allowed"), (O_RDONLY, "refused"),
                (O_WRONLY, "refused"), (O_RDONLY | O_TRUNC, "refused"),
                (O_RDWR | O_DIRECTORY, "killed"), (O_CREAT | O_DIRECTORY, "killed"),
                (O_TRUNC | O_DIRECTORY, "killed"), (0o20_000_000 | O_DIRECTORY | O_RDWR, "killed"),
            ]
            for (flags, end) in ends {
                let found = try agent("watch").inject(
                    injection_number("openat"), [-100, text, Int64(flags), 0o600, 0, 0])
                #expect(found == end, "\(flags)")
            }
        }

        /// It is told once what to watch.
        @Test func aSecondPlanEndsAWatch() throws {
            let watch = try agent("watch")
            watch.send(.watchFiles(WatchPlan(folder: "/", wanted: [], delayMilliseconds: 0)))
            #expect(try watch.receive() == nil)
        }

        /// Another job's question, or a second shell: nothing is answered.
        @Test func anAgentDoesItsOwnJobAlone() throws {
            let account = try agent("account")
            account.send(.readLoginPath(Login(name: "nobody", home: "/", shell: "/bin/sh")))
            #expect(try account.receive() == nil)
            let environment = try agent("environment")
            environment.send(.readLoginPath(Login(name: "nobody", home: "/", shell: "/bin/sh")))
            #expect(try environment.receive() == nil)
        }

        /// What a profile leaves running ends with its shell.
        @Test func nothingOfAShellIsLeft() throws {
            let daemon = try TestDaemon()
            let home = daemon.home
            chmod(home, 0o755)
            _ = daemon.file(".profile", holding: "sleep 1000 & (setsid sleep 1000 &) \n")
            let mark = "HOME=\(home)"
            let agent = try AgentPeer(.environment, as: AgentPeer.nobody)
            agent.send(.readLoginPath(Login(name: "nobody", home: home, shell: "/bin/sh")))
            guard case .loginPathRead(let path)? = try agent.receive() else {
                Issue.record("no answer")
                return
            }
            #expect(path.source == .shell)
            eventually("what it started is gone") {
                ProcessTable.carrying(mark).filter {
                    ProcessTable.status($0, "Uid")?.hasPrefix("65534") == true
                        && ProcessTable.isAlive($0)
                }.isEmpty
            }
            daemon.end()
        }
    }
}
