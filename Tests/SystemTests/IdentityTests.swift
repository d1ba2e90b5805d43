// Workers that run as somebody else: what they find, what is refused, and that looking again costs
// only their own start. The account is nobody's, as this host knows it.

import CLinux
import Control
import Glibc
import Injection
import Testing

extension SystemTests {
    @Suite(.enabled(if: isRoot, "becoming another uid needs root"))
    struct IdentityTests {
        /// `probe show` of a worker, as facts.
        private func shown(_ daemon: TestDaemon, _ flags: [String]) -> [String] {
            let path = daemon.home + "/show.log"
            let run = daemon.run(
                "s", ["--log", path, "--strip-ansi", "--log-time-format", ""] + flags,
                probe: "show")
            #expect(run.status == 0, "\(run.errors)")
            eventually("it has shown") { (ProcessTable.read(path) ?? "").contains("env USER") }
            eventually("it is recorded") {
                daemon.apm("list", "--json").output.contains("\"exited\"")
            }
            return (ProcessTable.read(path) ?? "").split(separator: "\n").map { line in
                String(line.drop { $0 != " " }.drop { $0 == " " })
            }
        }

        private func secret(_ daemon: TestDaemon, _ name: String, _ text: String) -> String {
            daemon.file(name, holding: text, mode: 0o600)
        }

        @Test func aWorkerFindsItsUserAndNothingOfTheDaemon() throws {
            let daemon = try TestDaemon()
            let file = secret(daemon, "env", "FROM=file\nBOTH=file\nLANG=file\n")
            let facts = shown(
                daemon,
                ["--user", "nobody", "--env-file", file, "--env", "BOTH=set", "--path", "/"])
            let account = try #require(getpwnam("nobody")).pointee
            let (home, shell) = (
                String(cString: account.pw_dir), String(cString: account.pw_shell)
            )
            var groups = [gid_t](repeating: 0, count: 64)
            var count: Int32 = 64
            getgrouplist("nobody", account.pw_gid, &groups, &count)
            let all = groups.prefix(Int(count)).map(String.init).joined(separator: " ")
            let expected = [
                "uid 65534 65534 65534", "gid 65534 65534 65534", "groups \(all)", "cwd /",
                "umask 0022", "blocked 0000000000000000", "ignored 0000000000000000",
                "CapEff 0000000000000000", "CapPrm 0000000000000000", "CapInh 0000000000000000",
                "NoNewPrivs 0", "env HOME=\(home)", "env USER=nobody", "env LOGNAME=nobody",
                "env SHELL=\(shell)", "env PATH=/usr/local/bin:/usr/bin:/bin", "env TZ=UTC",
                "env FROM=file", "env BOTH=set", "env LANG=file", "env APM=1",
                "env \(daemon.marker)",
            ]
            for fact in expected { #expect(facts.contains(fact), "\(fact) is not in \(facts)") }
            #expect(facts.filter { $0.hasPrefix("env ") }.count == 11, "\(facts)")
            let descriptors = facts.filter { $0.hasPrefix("fd ") }
            let kinds = descriptors.map { $0.contains("socket:") ? "socket" : "pipe" }
            #expect(kinds == ["socket", "pipe", "pipe"], "\(descriptors)")
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(7), &limit)
            #expect(facts.contains { $0.hasPrefix("nofile \(limit.rlim_cur) ") }, "\(facts)")
            let own = injection_keyring()
            #expect(own < 0 || !facts.contains("keyring \(own)"), "root's own keyring")
            daemon.end()
        }

        /// A connector opens its output once more, to have it for itself; so do shells.
        @Test func anotherUserMayOpenItsOutputAgain() throws {
            let daemon = try TestDaemon()
            let path = daemon.home + "/again.log"
            let script = "echo one > /dev/stdout && echo two > /dev/stderr; exec sleep 60"
            let run = daemon.apm(
                "run", "--name", "again", "--user", "nobody", "--path", "/", "--log", path,
                "--prefix", "", "--strip-ansi", "--log-time-format", "", "/bin/sh", "-c", script)
            #expect(run.status == 0, "\(run.errors)")
            eventually("both are in the log") {
                let log = ProcessTable.read(path) ?? ""
                return log.contains("one\n") && log.contains("two\n")
            }
            daemon.end()
        }

        @Test func whatIsNoAccountIsRefused() throws {
            let daemon = try TestDaemon()
            for name in ["no-such-account", "65534", "nobody ", "ç"] {
                let run = daemon.run("x", ["--user", name], probe: "sleep")
                BadInputTests.expectTwoLines(run, holding: "no account")
                #expect(daemon.apm("list", "--json").output.contains("[]"))
            }
            daemon.end()
        }

        @Test func aUsersOwnDaemonTakesItsUserAlone() throws {
            let daemon = try TestDaemon(uid: 65_534)
            let other = daemon.run("x", ["--user", "daemon"], probe: "sleep")
            #expect(other.status == 77)
            BadInputTests.expectTwoLines(other, holding: "cannot become daemon")
            let file = daemon.file("env", holding: "A=1")
            let own = daemon.run(
                "x", ["--user", "nobody", "--env-file", file], probe: "sleep")
            #expect(own.status == 0, "\(own.errors)")
            let pid = try #require(daemon.workers.first)
            #expect(ProcessTable.status(pid, "Uid") == "65534 65534 65534 65534")
            daemon.end()
        }

        @Test func aStartLooksAgainAndARefusalChangesNothing() throws {
            let daemon = try TestDaemon()
            let file = secret(daemon, "env", "ROUND=1\n")
            daemon.run("w", ["--env-file", file], probe: "sleep")
            #expect(ProcessTable.carrying("ROUND=1").count == 1)
            _ = secret(daemon, "env", "ROUND=2\n")
            #expect(daemon.apm("restart", "w").status == 0)
            let running = ProcessTable.carrying("ROUND=2")
            #expect(running.count == 1)
            _ = secret(daemon, "env", "ROUND=3\nTOP SECRET\n")
            let refused = daemon.apm("restart", "w")
            BadInputTests.expectTwoLines(refused, holding: "line 2 of \(file)")
            #expect(!refused.errors.contains("SECRET") && !daemon.log.contains("SECRET"))
            #expect(ProcessTable.carrying("ROUND=2") == running)
            // A restart by itself uses what is known.
            #expect(daemon.apm("start", "w").output.contains("already"))
            daemon.end()
        }

        @Test func aRestartByItselfUsesWhatIsKnown() throws {
            let daemon = try TestDaemon()
            let file = secret(daemon, "env", "ROUND=first\n")
            daemon.run(
                "w",
                ["--env-file", file, "--user", "nobody", "--restart-err", "--err-delay", "0"],
                probe: "sleep")
            unlink(file)
            let pid = try #require(daemon.workers.first)
            kill(pid, SIGKILL)
            eventually("another one runs") {
                daemon.workers.count == 1 && daemon.workers.first != pid
            }
            let next = try #require(daemon.workers.first)
            #expect(ProcessTable.status(next, "Uid") == "65534 65534 65534 65534")
            #expect(ProcessTable.carrying("ROUND=first") == [next])
            let refused = daemon.apm("restart", "w")
            BadInputTests.expectTwoLines(refused, holding: "cannot be opened")
            #expect(daemon.workers == [next])
            daemon.end()
        }

        /// A folder of nobody's, with a link to root's secret.
        private func trap(_ daemon: TestDaemon) -> String {
            chmod(daemon.home, 0o755)
            let folder = daemon.home + "/theirs"
            mkdir(folder, 0o755)
            _ = secret(daemon, "secret", "TOPSECRET=1\n")
            symlink(daemon.home + "/secret", folder + "/env")
            chown(folder, 65_534, 65_534)
            lchown(folder + "/env", 65_534, 65_534)
            return folder
        }

        @Test func rootReadsNothingThatOthersCanRedirect() throws {
            let daemon = try TestDaemon()
            let folder = trap(daemon)
            let asRoot = daemon.run("r", ["--env-file", folder + "/env"], probe: "show")
            BadInputTests.expectTwoLines(asRoot, holding: "others can change a folder above it")
            let asThem = daemon.run(
                "r", ["--env-file", folder + "/env", "--user", "nobody"], probe: "show")
            BadInputTests.expectTwoLines(asThem, holding: "Permission denied")
            // What may be theirs is theirs to read.
            unlink(folder + "/env")
            _ = daemon.file("theirs/env", holding: "THEIRS=1")
            let theirs = daemon.run(
                "r", ["--env-file", folder + "/env", "--user", "nobody"], probe: "sleep")
            #expect(theirs.status == 0, "\(theirs.errors)")
            #expect(ProcessTable.carrying("THEIRS=1").count == 1)
            for said in [asRoot, asThem] { #expect(!said.errors.contains("TOPSECRET")) }
            #expect(!daemon.log.contains("TOPSECRET"))
            // In a safe folder, but others may change the file itself.
            let open = daemon.file("open", holding: "A=1")
            chmod(open, 0o666)
            let run = daemon.run("o", ["--env-file", open], probe: "sleep")
            BadInputTests.expectTwoLines(run, holding: "is refused")
            daemon.end()
        }

        @Test func rootRunsNothingThatOthersCanChange() throws {
            let daemon = try TestDaemon()
            let folder = trap(daemon)
            for name in ["theirs/prog", "roots", "writable"] {
                let path = daemon.file(name, holding: "#!/bin/sh\nexec sleep 1000\n", mode: 0o755)
                chmod(path, name == "writable" ? 0o777 : 0o755)
            }
            symlink(daemon.home + "/roots", daemon.home + "/link")
            symlink(folder + "/prog", daemon.home + "/away")
            let refused: [(words: [String], advice: String)] = [
                ([folder + "/prog"], "--user nobody"), ([daemon.home + "/away"], "--user nobody"),
                ([daemon.home + "/writable"], "chmod"),
                (["--path", folder, "sleep", "1000"], "--user nobody"),
                (["--path", folder + "/..", "sleep", "1000"], "--user nobody"),
            ]
            for (words, advice) in refused {
                let run = Program.run(
                    TestDaemon.executables + "/apm", ["run", "--name", "x"] + words,
                    environment: daemon.environment)
                BadInputTests.expectTwoLines(run, holding: "others can change")
                #expect(run.errors.contains(advice), "\(run.errors)")
            }
            // The first folder of PATH that has it counts, whoever it belongs to.
            let found = Program.run(
                TestDaemon.executables + "/apm", ["run", "--name", "x", "prog"],
                environment: daemon.environment.filter { !$0.hasPrefix("PATH=") }
                    + ["PATH=\(folder):/usr/bin:/bin"])
            BadInputTests.expectTwoLines(found, holding: "others can change")
            for (index, words) in [
                [daemon.home + "/link"], ["--user", "nobody", folder + "/prog"],
                ["--user", "nobody", "--path", folder, "sleep", "1000"],
            ].enumerated() {
                let run = Program.run(
                    TestDaemon.executables + "/apm",
                    ["run", "--name", "ok\(index)", "--startup-grace", "50"] + words,
                    environment: daemon.environment)
                #expect(run.status == 0, "\(run.errors)")
            }
            daemon.end()
        }

        @Test func twoHundredRestartsWithAUserLeaveTheRightNumber() throws {
            let daemon = try TestDaemon()
            daemon.run("many", ["--instances", "4", "--user", "nobody"], probe: "sleep")
            let control = try ControlPeer(daemon)
            for request in 0..<200 {
                try control.send(.restart(.init(name: "many")), id: UInt32(request + 10))
            }
            var answers = 0
            while answers < 200, try control.receive(seconds: 20) != nil { answers += 1 }
            #expect(answers == 200)
            eventually("four run") { daemon.workers.count == 4 }
            #expect(daemon.apm("list", "--json").output.contains("\"running\":4"))
            control.leave()
            daemon.end()
        }

        @Test func aStopCancelsAStartThatIsPrepared() throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--instances", "2", "--user", "nobody"], probe: "sleep")
            let control = try ControlPeer(daemon)
            for round in 0..<100 {
                let id = UInt32(round * 2 + 10)
                try control.send(.restart(.init(name: "w")), id: id)
                try control.send(.stop(.init(name: "w")), id: id + 1)
            }
            var overtaken = 0
            for answer in 0..<200 {
                let reply = try #require(try control.receive(seconds: 20), "answer \(answer)")
                guard case .outcome(_, let outcome) = reply else {
                    Issue.record("\(reply)")
                    continue
                }
                if outcome.result == .overtaken { overtaken += 1 }
            }
            #expect(overtaken >= 1)
            #expect(daemon.workers.isEmpty)
            #expect(daemon.apm("list", "--json").output.contains("\"stopped\""))
            try control.send(.start(.init(name: "w")), id: 300)
            try control.send(.remove(.init(name: "w")), id: 301)
            for _ in 0..<2 { _ = try #require(try control.receive(seconds: 20)) }
            #expect(daemon.apm("list", "--json").output.contains("[]"))
            control.leave()
            daemon.end()
        }

        @Test func aNewDaemonLooksAgain() throws {
            let daemon = try TestDaemon()
            daemon.expectedAlerts = ["broken is not started again"]
            let good = secret(daemon, "good", "GOOD=1")
            let broken = secret(daemon, "broken", "BROKEN=1")
            daemon.run("good", ["--user", "nobody", "--env-file", good], probe: "sleep")
            daemon.run("broken", ["--env-file", broken], probe: "sleep")
            eventually("both are noted") {
                (ProcessTable.read(daemon.home + "/state") ?? "").contains(broken)
            }
            _ = secret(daemon, "broken", "not that")
            let before = daemon.pid
            let left = daemon.workers
            kill(before, SIGKILL)
            eventually("it is dead") { !ProcessTable.isAlive(before) }
            try daemon.startAgain()
            eventually("one runs again, as its user") {
                let now = daemon.workers.filter { !left.contains($0) }
                return now.count == 1
                    && ProcessTable.status(now[0], "Uid") == "65534 65534 65534 65534"
            }
            eventually("the other one is told") {
                daemon.log.contains("broken is not started again")
            }
            let list = daemon.apm("list", "--json").output
            #expect(list.contains("\"broken\"") && list.contains("\"stopped\""), "\(list)")
            _ = secret(daemon, "broken", "BROKEN=2")
            #expect(daemon.apm("start", "broken").status == 0)
            daemon.end()
        }
    }
}
