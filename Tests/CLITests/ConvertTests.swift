// Each field of PM2 as a setting, an option that is kept, or a remark; whole files of every form.

import Config
import Settings
import Testing

@testable import apm

/// An app as JSON, converted in a folder of few files.
private func converted(_ json: String, environment: String? = nil) throws -> ConvertedWorker {
    let hasScript = json.contains("script:") || json.contains("exec:")
    let script = hasScript ? "" : "script: 'server.js', "
    let conversion = try convert("{apps: [{\(script)\(json)}]}", environment)
    return try #require(conversion.workers.first)
}

private func convert(_ json: String, _ environment: String? = nil) throws -> Conversion {
    let document = try JSONReader.read(Array(json.utf8))
    return try Ecosystem.convert(document.value, in: scenery(environment))
}

private func scenery(_ environment: String? = nil) -> Scenery {
    Scenery(
        folder: "/srv/app", home: "/home/ann", processors: 4, environment: environment,
        look: { path in
            switch path {
            case "/srv/app/server.js", "/srv/app/job.py", "/srv/app/noend", "/srv/app/a b.js":
                .script
            case "/srv/app/tool", "/srv/app/bin/tool": .executable
            case "/srv/app/src": .folder
            default: .missing
            }
        })
}

struct ConvertTests {
    struct Row: Sendable, CustomStringConvertible {
        let json: String
        /// Statements that the block has, as they are written there.
        var has: [String] = []
        /// Keys that the block has not.
        var hasNot: [String] = []
        /// The beginning of each remark.
        var remarks: [String] = []
        var environment: String?
        var description: String { json }
    }

    static let table = [
        // Program
        Row(
            json: "",
            has: [
                "name server", "exec node", "params server.js", "path /srv/app", "restart true",
                "restart_err true", "stop_signal SIGINT",
            ], hasNot: ["instances", "env_index", "log", "max_err_restarts"]),
        Row(
            json: "script: 'job.py'",
            has: [
                "exec python3", "params job.py", "env PYTHONUNBUFFERED=1",
            ]),
        Row(
            json: "exec: './bin/tool', args: '--x \"1 2\"'",
            has: [
                "exec /srv/app/bin/tool", "params --x \"1 2\"", "name tool",
            ]),
        Row(
            json: "script: 'tool', interpreter: 'none', args: ['a', 2, null]",
            has: [
                "exec /srv/app/tool", "params a 2",
            ], remarks: ["args: holds null"]),
        Row(json: "script: 'npm', args: 'run start'", has: ["exec npm", "params run start"]),
        Row(
            json: "script: 'npm run start'",
            has: [
                "exec npm", "params run start", "name npm",
            ]),
        Row(json: "script: 'a && b'", has: ["exec bash", "params -c \"a && b\"", "name a"]),
        Row(
            json: "script: 'a b.js'", has: ["exec node", "params \"a b.js\""],
            remarks: ["name: a b is no name"]),
        Row(
            json: "script: 'noend'", has: ["exec node", "params noend"],
            remarks: [
                "script: noend does not say"
            ]),
        Row(
            json: "script: './gone.js'", has: ["exec node", "params ./gone.js"],
            remarks: [
                "script: /srv/app/gone.js is not there"
            ]),
        Row(json: "script: 'x.sh'", has: ["exec bash"]),
        Row(json: "script: 'x.ts'", has: ["exec bun"], remarks: ["script: PM2 takes bun"]),
        Row(
            json: "interpreter: 'python', node_args: '-u'",
            has: [
                "exec python", "params -u server.js",
            ]),
        Row(
            json: "exec_interpreter: './venv/bin/python'",
            has: [
                "exec /srv/app/venv/bin/python"
            ]),
        Row(
            json: "interpreter: 'node@20.1.0'", has: ["exec node"],
            remarks: [
                "interpreter: node@20.1.0"
            ]),
        Row(
            json: "interpreterArgs: ['--inspect', '-r', 'x'], args: \"a 'b\"",
            has: [
                "params --inspect -r x server.js a \"'b\""
            ], remarks: ["args: has a quote"]),
        Row(json: "args: '\\u0000'", has: ["params server.js"], remarks: ["args: arguments with"]),
        // Name, folder, instances, account
        Row(json: "name: 'my app'", has: ["name my-app"], remarks: ["name: my app is no name"]),
        Row(json: "name: 'SIGHUP'", has: ["name w-SIGHUP"], remarks: ["name: SIGHUP"]),
        Row(json: "name: '/#:'", has: ["name worker"], remarks: ["name: "]),
        Row(json: "name_prefix: 'p-', name: 'x'", has: ["name p-x"]),
        Row(json: "append_env_to_name: true", has: ["name server"], remarks: ["append_env_to_"]),
        Row(
            json: "append_env_to_name: true, env_prod: {}", has: ["name server-prod"],
            environment: "prod"),
        Row(json: "cwd: './src/'", has: ["path /srv/app/src"], hasNot: []),
        Row(json: "cwd: '~/x'", has: ["path /home/ann/x"]),
        Row(
            json: "instances: 3, exec_mode: 'fork'",
            has: [
                "instances 3", "env_index NODE_APP_INSTANCE",
            ]),
        Row(json: "instances: 3", has: ["instances 3"], remarks: ["instances: cluster mode"]),
        Row(
            json: "instances: 'max', exec_mode: 'cluster'", has: ["instances 4"],
            remarks: [
                "instances: 4 for the 4", "exec_mode: cluster",
            ]),
        Row(
            json: "instances: -1, exec_mode: 'fork_mode'", has: ["instances 3"],
            remarks: [
                "instances: 3 for the 4"
            ]),
        Row(
            json: "instances: 0, exec_mode: 'x'", has: ["instances 4"],
            remarks: [
                "instances: 4", "exec_mode: x is neither",
            ]),
        Row(json: "instances: '2', exec_mode: 'fork'", has: ["instances 2"]),
        Row(
            json: "instances: 1000, exec_mode: 'fork'", has: ["instances 256"],
            remarks: [
                "instances: 1000 are more"
            ]),
        Row(json: "instances: {}", hasNot: ["instances"], remarks: ["instances: is no number"]),
        Row(json: "instance_var: 'N'", has: ["env_index N"]),
        Row(json: "uid: 'www-data', gid: 'x'", has: ["user www-data"], remarks: ["gid: "]),
        Row(json: "user: 1000", has: ["user 1000"], remarks: ["uid: 1000 is a number"]),
        // Environment
        Row(
            json: "env: {A: 1, B: true, C: 'x y', D: {e: [1]}}, port: 80",
            has: [
                "env A=1", "env B=true", "env C=x y", "env 'D={\"e\":[1]}'",
                "env PORT=80",
            ]),
        Row(
            json: "env: {A: null, '': 1, 'b=c': 2, D: undefined}", hasNot: ["env"],
            remarks: [
                "env.A: was null", "env.: is no name", "env.b=c: is no name",
                "env.D: was undefined",
            ]),
        Row(json: "env: 'A=1'", hasNot: ["env"], remarks: ["env: is a text"]),
        Row(
            json: "env: {A: 1, B: 2}, env_prod: {A: 3}, env_test: {}",
            has: ["env A=3", "env B=2"], remarks: ["env_test: not taken"], environment: "prod"),
        Row(
            json: "env_prod: {}, env_test: {}",
            remarks: [
                "env_prod, env_test: not taken; apm convert --env prod"
            ]),
        // Restarts and stops
        Row(json: "autorestart: false", hasNot: ["restart", "restart_err"]),
        Row(json: "autorestart: 'no'", has: ["restart true"], remarks: ["autorestart: is a text"]),
        Row(json: "max_restarts: 10", has: ["max_err_restarts 10"], remarks: ["max_restarts: PM2"]),
        Row(json: "max_restarts: 0", hasNot: ["max_err_restarts"], remarks: ["max_restarts: 0"]),
        Row(json: "restart_delay: 3000", has: ["restart_delay 3000", "err_delay 3000"]),
        Row(
            json: "exp_backoff_restart_delay: 100",
            has: [
                "err_delay 100", "restart_backoff 15000",
            ], remarks: ["exp_backoff"]),
        Row(json: "stop_exit_codes: [0]", has: ["restart_err true"], hasNot: ["restart"]),
        Row(json: "stop_exit_codes: 3", has: ["restart true"], remarks: ["stop_exit_codes: rest"]),
        Row(json: "stop_exit_codes: ['x']", remarks: ["stop_exit_codes: holds x"]),
        Row(json: "kill_timeout: '5s'", has: ["kill_timeout 5000"]),
        Row(json: "kill_timeout: -1", hasNot: ["kill_timeout"], remarks: ["kill_timeout: is no"]),
        Row(json: "kill_timeout: 1e12", has: ["kill_timeout 86400000"], remarks: ["kill_timeout"]),
        Row(json: "max_memory_restart: '300M'", has: ["memory_limit 300M"], remarks: ["max_mem"]),
        Row(json: "max_memory_restart: 1048576", has: ["memory_limit 1M"], remarks: ["max_mem"]),
        Row(json: "max_memory_restart: 'x'", hasNot: ["memory_limit"], remarks: ["max_memory_r"]),
        // Logs
        Row(
            json: "out_file: 'o.log', error: '/e.log'",
            has: [
                "log /srv/app/o.log", "err_log /e.log",
            ]),
        Row(json: "output: 'x', err_file: 'x'", has: ["log /srv/app/x"], hasNot: ["err_log"]),
        Row(json: "log: '~/a.log'", has: ["log /home/ann/a.log"], hasNot: ["err_log"]),
        Row(json: "log_file: 'a', out: 'b'", has: ["log /srv/app/b"], remarks: ["log_file: there"]),
        Row(json: "log: true", hasNot: ["log"], remarks: ["log_file: true is no path"]),
        Row(json: "out_file: 'NULL', error_file: '/dev/null'", has: ["log /dev/null"]),
        Row(json: "disable_logs: true, out: 'x'", has: ["log /dev/null"]),
        Row(json: "time: true, merge_logs: true", hasNot: ["log_time_format"]),
        Row(
            json: "merge_logs: false, out: 'x', instances: 2, exec_mode: 'fork'",
            remarks: [
                "merge_logs: all instances"
            ]),
        Row(
            json: "log_date_format: 'HH:mm Z'", has: ["log_time_format %H:%M"],
            remarks: [
                "log_date_format: Z has"
            ]),
        Row(json: "log_date_format: 'Z'", hasNot: ["log_time_format"], remarks: ["log_date"]),
        // Files that are watched
        Row(json: "watch: true", has: ["watch *", "watch_ignore *node_modules*"]),
        Row(json: "watch: false, ignore_watch: ['x']", hasNot: ["watch", "watch_ignore"]),
        Row(
            json: "watch: ['src', './a.json', '**/*.js', 'x/**', 'y/*.ts', '.']",
            has: [
                "watch src/*, a.json, *.js, x/*, y/*, *"
            ], remarks: ["watch: y/*.ts is no pattern"]),
        Row(
            json: "watch: '/srv/app/src', ignore_watch: ['node_modules', './logs/', '*.log', "
                + "'a/**', '[\\\\/]x'], watch_delay: 500",
            has: [
                "watch src/*", "watch_ignore *node_modules*, *logs*, *.log, *a*",
                "watch_delay 500",
            ], remarks: ["ignore_watch: [\\/]x is no pattern"]),
        // What has no counterpart
        Row(json: "vizion: false, pmx: false, treekill: true, wait_ready: false, force: false"),
        Row(json: "namespace: 'default', windowsHide: true, source_map_support: false"),
        Row(
            json: "nmae: 'x', foo: 1",
            remarks: [
                "nmae: PM2 has no such field; name was meant?", "foo: PM2 has no such field",
            ]),
        Row(
            json: "outFile: 'a', out_file: 'b'", has: ["log /srv/app/b"],
            remarks: [
                "out_file: is the same as outFile"
            ]),
        Row(json: "name: null, cwd: null, env: null, watch: null", has: ["name server"]),
        Row(json: "name: 'a\\n# b'", has: ["name a-b"], remarks: ["name: a\\x0a# b is no name"]),
    ]

    /// Statements as they are written, gaps made one blank.
    private func statements(_ worker: ConvertedWorker) -> [String] {
        let text = ConversionText.of(Conversion(workers: [worker]), from: "/x")
        return text.split(separator: "\n").filter { $0.hasPrefix("    ") }.map { line in
            let words = line.drop { $0 == " " }.dropLast()
            let key = words.prefix { $0 != " " }
            return "\(key) \(words.dropFirst(key.count).drop { $0 == " " })"
        }
    }

    @Test(arguments: table)
    func fieldsBecomeSettings(_ row: Row) throws {
        let worker = try converted(row.json, environment: row.environment)
        let found = statements(worker)
        for statement in row.has { #expect(found.contains(statement), "\(statement): \(found)") }
        for key in row.hasNot {
            #expect(!found.contains { $0.hasPrefix(key + " ") }, "\(key): \(found)")
        }
        #expect(worker.warnings.count == row.remarks.count, "\(worker.warnings)")
        for (warning, beginning) in zip(worker.warnings, row.remarks) {
            #expect(warning.hasPrefix(beginning), "\(warning)")
        }
    }

    /// One file, which is everywhere.
    private struct OneFile: ConfigFiles {
        let text: String
        func read(_ path: String) throws(ConfigFileProblem) -> [UInt8] { Array(text.utf8) }
        func list(_ folder: String) throws(ConfigFileProblem) -> [String] { [] }
    }

    /// What is written reads as what was meant.
    @Test(arguments: table)
    func blocksAreReadAsWritten(_ row: Row) throws {
        let worker = try converted(row.json, environment: row.environment)
        let settings = ConversionText.together(worker).settings
        let text = ConversionText.of(Conversion(workers: [worker]), from: "/srv/app/e.json")
        let plan = ConfigReader.plan(of: "/etc/apm/x.conf", from: OneFile(text: text))
        #expect(plan.workers.map(\.settings) == [settings], "\(text)")
        #expect(plan.messages.isEmpty, "\(plan.messages)")
    }

    /// None of the fields without a counterpart is left out silently.
    @Test func everyFieldWithoutACounterpartIsTold() throws {
        for (name, missing) in PM2Fields.missing where !missing.remark.isEmpty {
            let worker = try converted("\(name): 'something'")
            #expect(worker.warnings == ["\(name): \(missing.remark)"], "\(name)")
        }
    }

    /// What the conversions are said to take, they take.
    @Test func everyFieldThatIsTakenIsTaken() throws {
        for name in PM2Fields.taken where name != "script" {
            let worker = try converted("\(name): 'x'")
            #expect(!worker.warnings.contains { $0.contains("no such field") }, "\(name)")
        }
        #expect(PM2Fields.taken.isDisjoint(with: PM2Fields.missing.keys))
        for name in PM2Fields.aliases.values {
            #expect(PM2Fields.taken.contains(name) || PM2Fields.missing[name] != nil, "\(name)")
        }
    }

    @Test(arguments: [
        "{apps: [{script: 'a'}, {script: 'b'}]}", "[{script: 'a'}, {script: 'b'}]",
        "{pm2: [{script: 'a'}, {script: 'b'}]}", "{pm2: {apps: [{script: 'a'}, {script: 'b'}]}}",
    ])
    func formsOfAFile(_ json: String) throws {
        #expect(try convert(json).workers.map(\.settings.name) == ["a", "b"])
    }

    @Test func oneAppStandsAlone() throws {
        #expect(try convert("{script: 'a'}").workers.map(\.settings.exec) == ["a"])
        #expect(try convert("{apps: {script: 'a'}}").workers.count == 1)
    }

    @Test func whatStandsBesideTheAppsIsTold() throws {
        let conversion = try convert("{apps: [{script: 'a'}], deploy: {}, x: 1}")
        #expect(conversion.warnings.count == 2)
        #expect(conversion.warnings[0].hasPrefix("deploy: "))
    }

    @Test func namesBecomeDifferent() throws {
        let conversion = try convert(
            "[{script: 'a'}, {script: 'a'}, {script: 'b', name: 'a-2'}, {script: 'a'}]")
        #expect(conversion.workers.map(\.settings.name) == ["a", "a-2", "a-2-2", "a-3"])
        #expect(conversion.workers.map(\.warnings.count) == [0, 1, 1, 1])
    }

    @Test(arguments: [
        ("{}", "the app has no script"), ("[]", "holds no app"), ("3", "is a number"),
        ("{apps: 3}", "not a list"), ("{apps: [3]}", "the app is a number"),
        ("{apps: [{script: 'a'}, null]}", "app 2 is null"), ("{deploy: {}}", "holds no app"),
        ("[{script: 'a'}, {name: 'n'}]", "app 2 (n) has no script"),
    ])
    func whatIsNoEcosystemIsRefused(_ json: String, _ says: String) throws {
        let failure = #expect(throws: Failure.self) { try convert(json) }
        #expect(failure?.what.contains(says) == true, "\(String(describing: failure))")
        #expect(failure?.now.isEmpty == false)
    }

    @Test func anEnvironmentThatNoAppHasIsRefused() throws {
        let failure = #expect(throws: Failure.self) {
            try convert("[{script: 'a', env_x: {}}, {script: 'b', env_y: {}}]", "z")
        }
        #expect(failure?.status == .usage && failure?.now == "--env takes one of: x, y")
        #expect(try convert("[{script: 'a', env_x: {}}, {script: 'b'}]", "x").workers.count == 2)
    }

    @Test func tooManyAppsAreRefused() throws {
        let list = String(repeating: "{script: 'a'},", count: ConvertLimits.apps + 1)
        #expect(throws: Failure.self) { try convert("[\(list)]") }
    }

    @Test func whatTheDaemonWouldRefuseIsRefused() throws {
        let long = String(repeating: "x", count: 40_000)
        let failure = #expect(throws: Failure.self) { try converted("args: ['\(long)']") }
        #expect(failure?.what.hasPrefix("server: params") == true)
    }

    @Test func theTextStandsAsItIs() throws {
        var conversion = try convert(
            "{apps: [{name: 'api', script: 'server.js', args: '--x \"a b\"', env: {A: '\"q\\\\'}, "
                + "vizion: true}], deploy: {}}")
        conversion.warnings.append("one\ntwo")
        #expect(
            ConversionText.of(conversion, from: "/srv/app/e.json") == #"""
                # Converted by apm convert from /srv/app/e.json
                # WARN: deploy: there is no deployment; workers alone were converted
                # WARN: one\x0atwo

                # WARN: vizion: versions are not looked up
                worker {
                    name         api;
                    exec         node;
                    params       server.js --x "a b";
                    path         /srv/app;
                    env          'A="q\';
                    restart      true;
                    restart_err  true;
                    stop_signal  SIGINT;
                }

                """#)
    }

    // MARK: Procfiles

    @Test func linesOfAProcfileBecomeWorkers() throws {
        let conversion = try Procfile.convert(
            """
            # comment
            web: node server.js --port 3000

            worker:  RAILS=1 ./bin/tool 'a b'\r
            clock: sh -c "x" | y $PORT
            my job: x
            release: x
            """, in: scenery())
        let workers = conversion.workers
        #expect(workers.map(\.settings.name) == ["web", "worker", "clock", "my-job", "release"])
        #expect(workers[0].settings.params == ["server.js", "--port", "3000"])
        #expect(workers[1].settings.exec == "/srv/app/bin/tool")
        #expect(workers[1].settings.env == ["RAILS=1"] && workers[1].settings.params == ["a b"])
        #expect(workers[2].settings.exec == "/bin/sh")
        #expect(workers[2].settings.params == ["-c", "sh -c \"x\" | y $PORT"])
        #expect(workers.map(\.warnings.count) == [0, 0, 1, 1, 1])
        #expect(workers.allSatisfy { $0.settings.restart && $0.settings.restartErr })
    }

    @Test(arguments: [
        ("", "no command"), ("web node", "line 1 is not"), ("a: b\n: x", "line 2 has no name"),
        ("a:", "line 1 has no command"),
    ])
    func whatIsNoProcfileIsRefused(_ text: String, _ says: String) {
        let failure = #expect(throws: Failure.self) { try Procfile.convert(text, in: scenery()) }
        #expect(failure?.what.contains(says) == true)
    }

    // MARK: Answers

    private func outcome(_ answer: String, _ end: BoundedRun.End = .code(0)) throws(Failure)
        -> NodeEvaluation.Outcome
    {
        try NodeEvaluation.outcome(
            of: .init(answer: Array(answer.utf8), end: end), shown: "e.js", folder: "/f")
    }

    @Test func whatNodeAnswersIsRead() throws {
        let read = try outcome(#"{"value":{"a":{"$apm":"a function"}},"asked":["X",1]}"#)
        #expect(read.value.field("a") == .odd("a function"))
        #expect(read.asked == ["X", "1"])
    }

    @Test(arguments: [
        ("", "without an answer"), ("{", "cannot be read"), (#"{"failure":"?"}"#, "cannot be read"),
        (#"{"failure":"thrown","message":"x\u001b"}"#, "e.js: x\\x1b"),
        (#"{"failure":"thrown","name":"E","message":"x","file":"/a","line":3}"#, "/a:3: E: x"),
        (#"{"failure":"exit","code":3}"#, "process.exit(3)"),
    ])
    func whatWentWrongIsTold(_ answer: String, _ says: String) {
        let failure = #expect(throws: Failure.self) { try outcome(answer) }
        #expect(failure?.what.contains(says) == true, "\(String(describing: failure))")
    }

    @Test func accountsAreReadFromGetent() {
        let entry = "ann:x:1000:1001:Ann,,,:/home/ann:/bin/sh\n"
        let ann = Account(uid: 1000, gid: 1001, name: "ann", home: "/home/ann")
        #expect(Account.parse(entry: entry, uid: 1000) == ann)
        #expect(Account.parse(entry: entry, uid: 1001) == nil)
        for bad in ["", "a:b", "-x:x:1000:1:::", "ann:x:1000:x:::\n"] {
            #expect(Account.parse(entry: bad, uid: 1000) == nil, "\(bad)")
        }
        #expect(Account.parse(groups: "ann     1000 27 0 x 100\n") == [1000, 27, 100])
    }

    @Test func kindsOfFiles() {
        for (name, kind) in [
            ("a/e.config.js", EcosystemFile.Kind.javaScript), ("e.CJS", .javaScript),
            ("e.mjs", .javaScript), ("e.json", .json), ("/x/Procfile", .procfile),
            ("Procfile.dev", .procfile), ("e.yml", nil), ("js", nil), ("e", nil),
        ] {
            #expect(EcosystemFile.kind(of: name) == kind, "\(name)")
        }
    }
}
