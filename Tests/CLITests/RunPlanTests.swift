// From a command line to a definition.

import Settings
import Testing

@testable import apm

struct RunPlanTests {
    /// The settings that `apm run WORDS` sends.
    private func settings(
        _ words: [String], _ variables: [String: String] = [:]
    ) throws -> WorkerSettings {
        guard case .parse(let parsed) = try Invocation.read(["run"] + words).action,
            let run = try RootCommand.parseAsRoot(parsed) as? Run
        else { throw Failure("not a run", now: "") }
        return try RunPlan.settings(
            run.flags, program: run.program, Stage.surroundings(variables))
    }

    @Test func programAndArguments() throws {
        let plain = try settings(["node", "server.js", "--port", "3000"])
        #expect(plain.name == "node")
        #expect(plain.exec == "node")
        #expect(plain.params == ["server.js", "--port", "3000"])
        #expect(plain.path == "/home/ann/site")
    }

    @Test func dashesOfTheProgramSurvive() throws {
        #expect(try settings(["sh", "--", "-c", "--", "--name"]).params == ["-c", "--", "--name"])
        #expect(try settings(["ls", "-lh", "-"]).params == ["-lh", "-"])
        #expect(try settings(["n", "", " "]).params == ["", " "])
    }

    @Test func everyFlagArrives() throws {
        let all = try settings([
            "./bin/app", "--name=web", "--path", "/srv", "--instances", "3", "--env", "A=1",
            "--env", "--B=2", "--env_index", "N", "--restart", "--restart_delay", "1s",
            "--max_restarts", "4", "--restart-err=on", "--err_delay", "20ms", "--max-err-restarts",
            "5", "--err_grace", "6", "--restart_on_exit_codes", "1,2", "--restart_on_exit_codes",
            "3", "--restart_backoff", "1m", "--startup_grace", "7", "--kill_timeout", "8",
            "--stop_signal", "int", "--stdin", "null", "--log", "out.log", "--err_log", "/e.log",
            "--prefix", "p", "--log_time_format", "%T", "--strip_ansi",
        ])
        var expected = WorkerSettings()
        expected.name = "web"
        expected.exec = "/home/ann/site/bin/app"
        expected.path = "/srv"
        expected.instances = 3
        expected.env = ["A=1", "--B=2"]
        expected.envIndex = "N"
        expected.restart = true
        expected.restartDelay = 1000
        expected.maxRestarts = 4
        expected.restartErr = true
        expected.errDelay = 20
        expected.maxErrRestarts = 5
        expected.errGrace = 6
        expected.restartOnExitCodes = [1, 2, 3]
        expected.restartBackoff = 60_000
        expected.startupGrace = 7
        expected.killTimeout = 8
        expected.stopSignal = 2
        expected.standardInput = .null
        expected.log = "/home/ann/site/out.log"
        expected.errLog = "/e.log"
        expected.prefix = "p"
        expected.logTimeFormat = "%T"
        expected.stripANSI = true
        #expect(all == expected)
    }

    @Test func emptyValuesArrive() throws {
        let made = try settings(["n", "--prefix=", "--log", "", "--params="])
        #expect(made.prefix.isEmpty && made.log.isEmpty)
        #expect(made.params == [""])
    }

    @Test func everyOptionOfTheTableIsDeclared() throws {
        let help = RootCommand.helpMessage(for: Run.self, columns: 400)
        for option in OptionTable.worker {
            #expect(help.contains("--\(RunWords.dashed(option.key)) "), "\(option.key)")
        }
    }

    /// What the parser itself says that it takes, against the table.
    @Test func theParserDeclaresTheTableAndNothingElse() throws {
        let long = /"kind"\s*:\s*"long",\s*"name"\s*:\s*"([^"]*)"/
        let flags = Set(WorkerFlags._dumpHelp().matches(of: long).map { String($0.output.1) })
        let wanted = OptionTable.worker.keys.map { RunWords.dashed($0) }
        #expect(flags.subtracting(["help"]).sorted() == wanted.sorted())
    }

    @Test func whatIsKeptArrivesAndIsToldOnce() throws {
        let made = try settings([
            "n", "--server", ":80,ws://[::1]:1", "--server=tcp://:9", "--tls", "--tls_key", "k.pem",
            "--trust-proxy=on", "--keep_alive", "3s",
        ])
        let texts = { (key: String) in made.texts(FlagValue.option(key)) }
        #expect(texts("server") == ["http://0.0.0.0:80", "ws://[::1]:1", "tcp://0.0.0.0:9"])
        #expect(texts("tls") == ["true"] && texts("tls_key") == ["/home/ann/site/k.pem"])
        #expect(texts("trust_proxy").isEmpty && texts("keep_alive") == ["3000"])
        #expect(
            Kept.note(on: made)
                == "tls and tls_key are kept, and not acted on by this version")
        let one = try settings(["n", "--listen", "jobs"])
        #expect(Kept.note(on: one) == "listen is kept, and not acted on by this version")
        #expect(Kept.note(on: WorkerSettings()) == nil)
        let failure = #expect(throws: Failure.self) { try settings(["--server", "x", "n"]) }
        #expect(failure?.what == "--server: 'x' is no address")
        #expect(failure?.now.hasPrefix("--server takes http://") == true)
    }

    @Test func programCanComeAsAFlagButNotTwice() throws {
        let flagged = try settings(["--exec", "node", "--params", "a.js", "--params=-x"])
        #expect(flagged.exec == "node")
        #expect(flagged.params == ["a.js", "-x"])
        let failure = #expect(throws: Failure.self) { try settings(["nodemon", "--exec", "x"]) }
        #expect(failure?.status == .usage)
        #expect(throws: Failure.self) { try settings([]) }
    }

    @Test func environmentIsReduced() throws {
        let made = try settings(
            ["n"],
            [
                "PATH": "bin:/usr/bin::/bin:.", "HOME": "/home/ann", "SECRET": "x", "LC_ALL": "C",
                "TZ": "UTC",
            ])
        #expect(
            made.baseEnvironment == ["PATH=/usr/bin:/bin", "HOME=/home/ann", "LC_ALL=C", "TZ=UTC"])
    }

    @Test func pathIsExpanded() throws {
        let made = try settings(["n", "--path", "$TOP/${SUB}x/$"], ["TOP": "/srv", "SUB": "a"])
        #expect(made.path == "/srv/ax/$")
        #expect(try settings(["n", "--path", "./sub"]).path == "/home/ann/site/sub")
        for path in ["$NONE/x", "${TOP"] {
            let failure = #expect(throws: Failure.self) { try settings(["n", "--path", path]) }
            #expect(failure?.status == .usage)
        }
    }

    @Test func logsAreExpandedLikePath() throws {
        let made = try settings(
            ["n", "--log", "$TOP/a.log", "--err-log", "${TOP}.log"], ["TOP": "/srv"])
        #expect(made.log == "/srv/a.log" && made.errLog == "/srv.log")
        let failure = #expect(throws: Failure.self) { try settings(["n", "--err-log", "$NONE"]) }
        #expect(failure?.what == "--err-log: $NONE is not set")
    }

    @Test func variablesThatCannotBePassedOnAreNamed() throws {
        let long = String(repeating: "x", count: 32 * 1024)
        let tooLong = #expect(throws: Failure.self) { try settings(["n"], ["LC_ALL": long]) }
        #expect(
            tooLong?.what == "the variable LC_ALL of your environment is longer than 32768 bytes")
        #expect(tooLong?.now == "shorten or unset it")
        let unreadable = #expect(throws: Failure.self) {
            try RunPlan.environment(Stage.surroundings(unreadable: ["TZ"]))
        }
        #expect(unreadable?.what == "the variable TZ of your environment is not UTF-8")
        #expect(try RunPlan.environment(Stage.surroundings(["SECRET": long])).isEmpty)
    }

    @Test(arguments: [
        (
            ["--name", "a/b"],
            "--name takes 1 to 64 bytes: letters, digits, _ - . @ + "
                + "and not beginning with - . SIG"
        ),
        (["--instances", "0"], "--instances takes 1 to 256"),
        (["--instances", "70000"], "--instances takes 1 to 256"),
        (
            ["--params", String(repeating: "x", count: 32769)],
            "--params takes text of at most 32768 bytes"
        ),
        (
            ["--prefix", String(repeating: "x", count: 257)],
            "--prefix takes text of at most 256 bytes"
        ),
    ])
    func rulesStandInTheSecondLine(_ flags: [String], _ now: String) {
        let failure = #expect(throws: Failure.self) { try settings(flags + ["n"]) }
        #expect(failure?.now == now)
    }

    @Test func helpMarksWhatMayBeRepeated() {
        let help = RootCommand.helpMessage(for: Run.self, columns: 400)
        #expect(!help.contains("default as flag"))
        var entries: [String] = []
        for line in help.split(separator: "\n") {
            // A long flag has its words in the next line.
            if line.hasPrefix("      "), !entries.isEmpty {
                entries[entries.count - 1] += line
            } else {
                entries.append(String(line))
            }
        }
        for option in OptionTable.worker {
            let flag = "--\(RunWords.dashed(option.key)) "
            let line = entries.first { $0.contains(flag) } ?? ""
            #expect(option.standard.isEmpty || line.contains("(default: \(option.standard))"))
            #expect(line.contains("May be repeated") == option.kind.isRepeated, "\(option.key)")
        }
    }

    @Test(arguments: [
        ["n", "--instances", "0"], ["n", "--instances", "257"], ["n", "--env", "A"],
        ["n", "--name", "a b"], ["SIGX"], ["n", "--env_index", "="], ["n", "--name="],
        ["n", "--prefix", String(repeating: "x", count: 257)],
    ])
    func badDefinitionsAreUsageErrors(_ words: [String]) {
        let failure = #expect(throws: Failure.self) { try settings(words) }
        #expect(failure?.status == .usage)
    }

    @Test func tooMuchIsRefusedBeforeItIsSent() throws {
        let argument = String(repeating: "x", count: 32 * 1024)
        let many = Array(repeating: argument, count: 32)
        #expect(throws: Failure.self) { try settings(["n"] + many) }
        #expect(throws: Failure.self) { try settings(["n", argument + "x"]) }
        #expect(try settings(["n"] + many.prefix(30)).params.count == 30)
    }

    @Test func badDefaultNameSuggestsTheFlag() {
        let failure = #expect(throws: Failure.self) { try settings(["./my app"]) }
        #expect(failure?.now.hasPrefix("give the worker another one with --name: 1 to 64") == true)
    }
}
