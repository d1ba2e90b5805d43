// docs/PRIVILEGES.md against running agents: what /proc says of them, and what becomes of each
// forbidden call that ptrace makes them perform.

import Documents
import Glibc
import Messages
import Testing

@testable import apm_master

extension SystemTests {
    @Suite(.enabled(if: isRoot, "looking into other processes needs root"))
    struct AgentPrivilegeTests {
        /// Confined as far as it gets: the one of an environment after its shell.
        private func agent(_ job: String) throws -> AgentPeer {
            if job == "config" {
                let agent = try AgentPeer(.config, as: AgentPeer.nobody)
                agent.settle()
                return agent
            }
            if job == "watch" {
                let agent = try AgentPeer(.watch, as: AgentPeer.nobody)
                agent.send(
                    .watchFiles(
                        WatchPlan(
                            folder: "/usr", wanted: ["*"], ignored: ["*/*/*/"],
                            delayMilliseconds: 0)))
                guard case .watching? = try agent.receive() else {
                    Issue.record("it does not watch")
                    return agent
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
            let config = try agent("config")
            let pids = [
                "apm-agent watch": watch.pid,
                "apm-agent account": account.pid, "apm-agent environment": environment.pid,
                "apm-agent config": config.pid,
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
                headed: ["agent's limit", "account", "environment", "watch", "config"])
            for (column, job) in [
                (1, "account"), (2, "environment"), (3, "watch"), (4, "config"),
            ] {
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

        @Test func forbiddenCallsOfAgentsEndAsDocumented() throws {
            let rows = try Documents.table(
                in: "docs/PRIVILEGES.md",
                headed: ["call of an agent", "account", "environment", "watch", "config"])
            #expect(rows.count >= 30)
            for row in rows {
                // Not to read: an account's does that.
                let arguments =
                    row[0] == "openat"
                    ? [-100, InjectedCall.text, Int64(O_WRONLY), 0, 0, 0]
                    : InjectedCall.arguments(of: row[0], against: getpid())
                for (column, job) in [
                    (1, "account"), (2, "environment"), (3, "watch"), (4, "config"),
                ] {
                    let end = try agent(job).perform(row[0], arguments)
                    #expect("\(end)" == row[column], "\(job): \(row[0])")
                }
            }
        }

        /// The control, and what the look-up needs.
        @Test func anAgentMayDoItsOwnWork() throws {
            for job in ["account", "environment", "watch", "config"] {
                let agent = try agent(job)
                let end = agent.perform("getpid", [0, 0, 0, 0, 0, 0])
                #expect(end == .returned(Int64(agent.pid)), "\(job)")
            }
            let config = try agent("config")
            let reading: [Int64] = [-100, InjectedCall.text, 0, 0, 0, 0]
            #expect("\(config.perform("openat", reading))" == "allowed")
            let account = try agent("account")
            #expect("\(account.perform("openat", reading))" == "allowed")
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
                let found = try agent("watch").perform(
                    "openat", [-100, InjectedCall.text, Int64(flags), 0o600, 0, 0])
                #expect("\(found)" == end, "\(flags)")
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
            let config = try agent("config")
            config.send(.resolveAccount(name: "nobody"))
            #expect(try config.receive() == nil)
        }

        /// Root's own keeps its uid and nothing else: it reads, and can reach no capability.
        @Test func rootsConfigurationIsReadWithoutCapabilities() throws {
            let root = Identity(
                name: "root", uid: 0, gid: 0, groups: [], home: "/", shell: "/bin/sh",
                searchPath: "")
            let agent = try AgentPeer(.config, as: root)
            agent.settle()
            #expect(ProcessTable.status(agent.pid, "Uid")?.hasPrefix("0 0") == true)
            for set in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
                let found = ProcessTable.status(agent.pid, set).flatMap { UInt64($0, radix: 16) }
                #expect(found == 0, "\(set)")
            }
            let creating: [Int64] = [
                -100, InjectedCall.text, Int64(O_CREAT | O_WRONLY), 0o600, 0, 0,
            ]
            #expect(agent.perform("openat", creating) == .killed)
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
