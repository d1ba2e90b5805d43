// Files that change, folders that come and go, and the restarts that follow or do not.

import Control
import Glibc
import Testing

/// Files of a worker under test, and what became of their changes.
struct WatchedWorker {
    let daemon: TestDaemon
    let name: String
    let folder: String

    /// `prepare` fills the folder before it is watched.
    init(
        _ daemon: TestDaemon, _ name: String = "w", _ flags: [String] = ["--watch", "*.js"],
        folder: String = "app", probe mode: [String] = ["sleep"],
        prepare: (WatchedWorker) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        self.daemon = daemon
        self.name = name
        self.folder = daemon.home + "/" + folder
        mkdir(self.folder, 0o755)
        prepare(self)
        let arguments =
            [
                "run", "--name", name, "--env", daemon.marker, "--startup-grace", "50", "--path",
                self.folder,
            ] + flags + ["--", TestDaemon.probe] + mode
        let run = Program.run(
            TestDaemon.executables + "/apm", arguments, environment: daemon.environment)
        #expect(run.errors.isEmpty, "\(run.errors)", sourceLocation: sourceLocation)
        awaitWatch(sourceLocation: sourceLocation)
    }

    func awaitWatch(sourceLocation: SourceLocation = #_sourceLocation) {
        eventually("\(name) is watched", within: 10, sourceLocation: sourceLocation) {
            daemon.apm("info", name, "--json").output.contains("\"state\":\"watching\"")
        }
    }

    func make(_ name: String) { mkdir("\(folder)/\(name)", 0o755) }

    func write(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let file = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        #expect(file >= 0, "\(name)", sourceLocation: sourceLocation)
        _ = Glibc.write(file, "x", 1)
        close(file)
    }

    func move(_ from: String, _ to: String) { rename("\(folder)/\(from)", "\(folder)/\(to)") }

    /// Restarts by changes, as the daemon's log has them.
    var changes: [String] {
        daemon.log.split(separator: "\n").compactMap { line in
            guard let text = Self.text(after: "\(name): changed: ", in: line) else { return nil }
            return String(text.prefix { $0 != "," })
        }
    }

    /// Waits until the restarts are just these.
    func expect(_ wanted: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        eventually("\(wanted)", within: 15, sourceLocation: sourceLocation) {
            changes.count >= wanted.count && count == wanted.count
        }
        #expect(changes == wanted, sourceLocation: sourceLocation)
    }

    /// What `list` counts, of all instances.
    var count: Int {
        let row =
            daemon.apm("list", "--json").output.split(separator: "\"name\":")
            .first { $0.hasPrefix("\"\(name)\"") } ?? ""
        return number(after: "\"watch\":", in: String(row))
    }

    private func number(after mark: String, in text: String) -> Int {
        Int(Self.text(after: mark, in: text[...])?.prefix { $0.isNumber } ?? "") ?? -1
    }

    private static func text(after mark: String, in line: Substring) -> Substring? {
        var rest = line
        while !rest.isEmpty {
            if rest.hasPrefix(mark) { return rest.dropFirst(mark.count) }
            rest.removeFirst()
        }
        return nil
    }

    var pid: pid_t { pids(daemon, name).first ?? 0 }

    /// Its daemon's watching agents.
    var agents: [pid_t] {
        ProcessTable.children(of: daemon.pid).filter {
            ProcessTable.isAlive($0)
                && ProcessTable.read("/proc/\($0)/cmdline") == "apm-agent\0watch\0"
        }
    }
}

extension SystemTests {
    @Suite struct WatchTests {
        @Test func aChangeMakesOneRestart() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let events = try Terminal(
                TestDaemon.executables + "/apm", ["events", "--json", "w"],
                environment: daemon.environment + ["TERM=dumb"])
            let before = worker.pid
            eventually("it listens", within: 10) {
                daemon.apm("rename", "w", "v")
                daemon.apm("rename", "v", "w")
                return events.read().contains("renamed")
            }
            worker.write("app.txt")
            worker.write("app.js")
            worker.expect(["app.js"])
            #expect(worker.pid != before && worker.pid > 0)
            events.expect("\"cause\":\"watch\",\"file\":\"app.js\"")
            worker.write("lib.js")
            worker.expect(["app.js", "lib.js"])
            kill(events.pid, SIGINT)
            _ = events.end()
            let info = daemon.apm("info", "w").output
            #expect(info.contains("watching 1 folder, from \(worker.folder) on"), "\(info)")
            daemon.end()
        }

        @Test func aBurstOfSavesMakesOneRestart() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(
                daemon, "w", ["--watch", "*.js", "--watch-delay", "500"])
            for number in 0..<200 { worker.write("f\(number % 7).js") }
            eventually("it is restarted", within: 15) { worker.count == 1 }
            worker.write("last.js")
            worker.expect([worker.changes.first ?? "", "last.js"])
            daemon.end()
        }

        /// node_modules costs no watch; new folders do, from their first file on.
        @Test func foldersAreWatchedAsFarAsTheyCount() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(
                daemon, "w",
                [
                    "--watch", "*.js,*.json", "--watch", "conf/*", "--watch-ignore",
                    "*node_modules*",
                ],
                prepare: { worker in
                    for name in ["src", "src/deep", "node_modules", "node_modules/x"] {
                        worker.make(name)
                    }
                })
            let agent = try #require(worker.agents.first)
            func watches() -> Int {
                ProcessTable.entries("/proc/\(agent)/fdinfo").reduce(0) { sum, name in
                    let text = ProcessTable.read("/proc/\(agent)/fdinfo/\(name)") ?? ""
                    return sum + text.split(separator: "\n").count { $0.hasPrefix("inotify wd:") }
                }
            }
            #expect(watches() == 3)
            worker.write("node_modules/x/a.js")
            worker.make("new")
            worker.make("new/deep")
            worker.write("new/deep/a.js")
            worker.expect(["new/deep/a.js"])
            #expect(watches() == 5)
            // As editors save: another file, renamed over the old one.
            worker.write("src/deep/a.tmp")
            worker.move("src/deep/a.tmp", "src/deep/a.js")
            worker.expect(["new/deep/a.js", "src/deep/a.js"])
            worker.make("conf")
            worker.write("conf/anything")
            worker.expect(["new/deep/a.js", "src/deep/a.js", "conf/anything"])
            daemon.end()
        }

        @Test func whatAPersonHasStoppedStaysSo() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            daemon.apm("stop", "w")
            worker.write("a.js")
            // The same agent tells of it first.
            let other = WatchedWorker(daemon, "other")
            worker.write("b.js")
            other.expect(["b.js"])
            #expect(worker.pid == 0 && worker.changes.isEmpty)
            daemon.apm("start", "w")
            worker.write("c.js")
            worker.expect(["c.js"])
            daemon.end()
        }

        @Test func whatHasEndedByItselfIsStartedAgain() throws {
            let daemon = try TestDaemon()
            let bad = WatchedWorker(daemon, "bad", probe: ["sleep"])
            kill(bad.pid, SIGKILL)
            eventually("it is errored") { daemon.apm("list").output.contains("errored") }
            bad.write("a.js")
            bad.expect(["a.js"])
            eventually("it runs") { bad.pid > 0 }
            daemon.end()
        }

        /// However many changes come while one is stopped slowly, one restart follows.
        @Test func changesDuringARestartMakeOneMore() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(
                daemon, "w", ["--watch", "*.js", "--watch-delay", "50", "--kill-timeout", "2000"],
                probe: ["ignore-term"])
            worker.write("a.js")
            eventually("it is being stopped", within: 10) {
                daemon.log.contains("w running -> stopping(start)")
            }
            worker.write("b.js")
            // Another watch of the same folder tells when the changes have been seen.
            let other = WatchedWorker(daemon, "other", ["--watch", "*.js", "--watch-delay", "50"])
            worker.write("c.js")
            other.expect(["c.js"])
            try #require(worker.changes == ["a.js"])
            eventually("it is restarted", within: 15) { worker.count == 2 }
            #expect(worker.changes == ["a.js", "c.js"])
            daemon.apm("update", "w", "--kill-timeout", "50")
            worker.write("d.js")
            worker.expect(["a.js", "c.js", "d.js"])
            daemon.end()
        }

        @Test func instancesAreRestartedInTurnWhereTheyRoll() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(
                daemon, "w",
                ["--watch", "*.js", "--instances", "2", "--rolling", "--rolling-delay", "10"])
            worker.write("a.js")
            eventually("all are restarted", within: 15) {
                daemon.log.contains("w: all 2 instances are restarted")
            }
            #expect(worker.count == 2 && worker.changes == ["a.js"])
            daemon.end()
        }

        @Test func theWatchIsChangedInPlace() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let before = worker.pid
            #expect(daemon.apm("update", "w", "--watch", "*.py,*.toml").status == 0)
            worker.awaitWatch()
            worker.write("a.js")
            worker.write("a.py")
            #expect(worker.pid == before)
            worker.expect(["a.py"])
            #expect(daemon.apm("update", "w", "--watch", "").status == 0)
            eventually("nothing is watched") { worker.agents.isEmpty }
            #expect(!daemon.apm("info", "w").output.contains("watching"))
            let refused = daemon.apm("update", "w", "--watch", "src/*.js")
            #expect(refused.status == 2 && refused.errors.contains("* in its middle"))
            daemon.end()
        }

        @Test func renamesCopiesAndRemovalsTakeTheWatchAlong() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let agents = worker.agents
            daemon.apm("rename", "w", "v")
            #expect(worker.agents == agents)
            daemon.apm("copy", "v", "w")
            eventually("both are watched") { worker.agents.count == 2 }
            worker.awaitWatch()
            worker.write("a.js")
            worker.expect(["a.js"])
            eventually("so is the other") { daemon.log.contains("v: changed: a.js, restarting") }
            daemon.apm("remove", "w")
            eventually("one is left") { worker.agents == agents }
            daemon.end()
        }

        @Test func aKilledAgentComesBack() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let agent = try #require(worker.agents.first)
            kill(agent, SIGKILL)
            eventually("there is another one") {
                worker.agents.first.map { $0 != agent } ?? false
            }
            worker.awaitWatch()
            #expect(daemon.log.contains("w: its files are not watched: apm-agent has ended"))
            worker.write("a.js")
            worker.expect(["a.js"])
            daemon.end()
        }

        @Test func aFolderThatIsReplacedIsWatchedAgain() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let old = worker.folder + "-old"
            rename(worker.folder, old)
            eventually("it is told", within: 10) {
                daemon.log.contains("\(worker.folder) is not there; it is waited for")
            }
            mkdir(worker.folder, 0o755)
            worker.awaitWatch()
            worker.write("a.js")
            worker.expect(["a.js"])
            daemon.end()
        }

        @Test func aNewDaemonWatchesAgain() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            let agent = try #require(worker.agents.first)
            eventually("it is noted") { ProcessTable.read(daemon.home + "/state") != nil }
            kill(daemon.pid, SIGKILL)
            eventually("its agent ends with it") { !ProcessTable.isAlive(agent) }
            try daemon.startAgain()
            worker.awaitWatch()
            worker.write("a.js")
            worker.expect(["a.js"])
            daemon.end()
        }

        /// It waits for the kernel and the master, and for no time to pass.
        @Test func anIdleWatchSleepsForEver() throws {
            let daemon = try TestDaemon()
            let worker = WatchedWorker(daemon)
            worker.write("a.js")
            worker.expect(["a.js"])
            let agent = try #require(worker.agents.first)
            eventually("it sleeps without a deadline") {
                let words = (ProcessTable.read("/proc/\(agent)/syscall") ?? "")
                    .split(whereSeparator: \.isWhitespace)
                guard words.count > 3 else { return false }
                // poll with -1, or ppoll without a time.
                return ["0xffffffff", "0xffffffffffffffff", "0x0"].contains(words[3])
            }
            daemon.end()
        }

        @Test(.enabled(if: isRoot, "another user needs root"))
        func theAgentIsTheWorkersUser() throws {
            let daemon = try TestDaemon()
            chmod(daemon.home, 0o711)
            let worker = WatchedWorker(
                daemon, "w", ["--watch", "*.js", "--user", "nobody"],
                prepare: { chmod($0.folder, 0o755) })
            let agent = try #require(worker.agents.first)
            #expect(ProcessTable.status(agent, "Uid")?.hasPrefix("65534 65534") == true)
            worker.write("a.js")
            worker.expect(["a.js"])
            chmod(worker.folder, 0o700)
            kill(agent, SIGKILL)
            eventually("it is told", within: 10) {
                daemon.log.contains("w: its files are not watched: \(worker.folder) may not be")
            }
            daemon.end()
        }

        /// In a user namespace, whose limit can be a low one.
        @Test(.enabled(if: isRoot, "a user namespace with its own limit"))
        func theLimitOfWatchesIsTold() throws {
            let daemon = try TestDaemon(uid: 65_534)
            #expect(daemon.apm("exit", "daemon").status == 0)
            for name in ["app", "app/a", "app/b"] { mkdir(daemon.home + "/" + name, 0o755) }
            let script =
                "echo 2 > /proc/sys/user/max_inotify_watches && "
                + "exec setpriv --ambient-caps -all --inh-caps -all \"$@\""
            let run = Program.run(
                "/usr/bin/unshare",
                [
                    "-U", "--map-current-user", "--keep-caps", "sh", "-c", script, "sh",
                    TestDaemon.publicExecutables + "/apm", "run", "--name", "w", "--env",
                    daemon.marker, "--startup-grace", "50", "--watch", "*", "--path",
                    daemon.home + "/app", "--", TestDaemon.publicExecutables + "/probe", "sleep",
                ], environment: daemon.environment, uid: 65_534)
            #expect(run.status == 0, "\(run.errors)")
            try daemon.startAgain()
            eventually("it is told", within: 10) {
                daemon.log.contains("sysctl fs.inotify.max_user_watches=")
            }
            let info = daemon.apm("info", "w", "--json").output
            #expect(info.contains("\"reason\":\"watch_limit\""), "\(info)")
            // Room again, by itself.
            rmdir(daemon.home + "/app/a")
            eventually("it is watched", within: 30) {
                daemon.apm("info", "w", "--json").output.contains("\"state\":\"watching\"")
            }
            daemon.end()
        }
    }
}
