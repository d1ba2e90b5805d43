// From text to a plan: what workers become, and what is said of what they do not become.

import Settings
import Testing

@testable import Config

func plan(_ files: [String: String]) -> ConfigPlan {
    ConfigReader.plan(
        of: "/etc/a.conf", from: MemoryFiles(files),
        environment: ["HOME": "/home/me", "SRV": "/srv"])
}

func plan(_ text: String) -> ConfigPlan { plan(["/etc/a.conf": text]) }

/// `key=value|value` of all that is set, in the order of the tables.
func short(_ settings: WorkerSettings) -> String {
    ([OptionTable.worker] + OptionTable.blocks).flatMap { block in
        block.compactMap { option in
            let texts = settings.texts(option)
            return texts.isEmpty ? nil : "\(option.fullKey)=\(texts.joined(separator: "|"))"
        }
    }.joined(separator: " ")
}

/// `line:column text`; warnings begin with `~`.
func messages(_ plan: ConfigPlan) -> [String] {
    plan.messages.map {
        "\($0.level == .warning ? "~" : "")\($0.line):\($0.column) \($0.text)"
    }
}

@Suite struct ReaderTests {
    static let read: [(String, String)] = [
        ("exec node;", "name=node exec=node path=/etc"),
        ("name a; exec /usr/bin/node;", "name=a exec=/usr/bin/node path=/etc"),
        ("cmd node 'a b' --c;", "name=node exec=node params=a b|--c path=/etc"),
        ("exec n; params a b, c; params d;", "name=n exec=n params=a|b|c|d path=/etc"),
        // Paths.
        ("exec ./n; path app;", "name=n exec=/etc/app/n path=/etc/app"),
        ("exec n; path $SRV/x; log l.log;", "name=n exec=n path=/srv/x log=/etc/l.log"),
        (
            "exec n; path ~/x; env_file ~;",
            "name=n exec=n path=/home/me/x env_file=/home/me"
        ),
        (
            "exec n; tls_cert c.pem; tls_key ${SRV}/k;",
            "name=n exec=n path=/etc tls_cert=/etc/c.pem tls_key=/srv/k"
        ),
        ("exec n; access_log a.log;", "name=n exec=n path=/etc access_log=/etc/a.log"),
        ("exec n; access_log off;", "name=n exec=n path=/etc"),
        // Values.
        (
            "exec n; restart on; restart_err no; trust_proxy 0; rolling YES;",
            "name=n exec=n path=/etc restart=true rolling=true trust_proxy=false"
        ),
        (
            "exec n; kill_timeout 5s; memory_limit 256M; instances 4;",
            "name=n exec=n path=/etc instances=4 kill_timeout=5000 memory_limit=256M"
        ),
        (
            "exec n; restart_on_exit_codes 1, 2 3; depends_on a, b c;",
            "name=n exec=n path=/etc restart_on_exit_codes=1|2|3 depends_on=a|b|c"
        ),
        ("exec n; env A=1, 'B=2, 3'; env C=;", "name=n exec=n path=/etc env=A=1|B=2, 3|C="),
        (
            "exec n; server :8080, ws://0.0.0.0:3001; server https://0.0.0.0:443;",
            "name=n exec=n path=/etc server=http://0.0.0.0:8080|ws://0.0.0.0:3001|"
                + "https://0.0.0.0:443"
        ),
        (
            "exec n; prefix ç15,88-ERRORçR-; log_time_format %Y-%m-%d %T;",
            "name=n exec=n path=/etc prefix=ç15,88-ERRORçR- log_time_format=%Y-%m-%d %T"
        ),
        ("exec n; prefix \"\"; restart_delay 250;", "name=n exec=n path=/etc"),
        // Blocks.
        (
            "exec n; vanguard { ban_path *.php, /.git*; ban_path *.env; log off; ban_ttl 5m; }",
            "name=n exec=n path=/etc vanguard.ban_path=*.php|/.git*|*.env "
                + "vanguard.ban_ttl=300000 vanguard.log=false"
        ),
        (
            "exec n; on_crash { url https://x/y; debounce 10000; }",
            "name=n exec=n path=/etc on_crash.url=https://x/y on_crash.debounce=10000"
        ),
        (
            "exec n; statsd { host localhost:8125; prefix apm.n; }",
            "name=n exec=n path=/etc statsd.host=localhost:8125 statsd.prefix=apm.n"
        ),
        (
            "exec n; dashboard { name My API; rows 4; module { type led; id 1; x 0; y 0; w 3; h 1; "
                + "name A/s; color #47d16c; } "
                + "module { type gauge; id 2; x 0; y 1; w 1; h 1; unit %; } }",
            "name=n exec=n path=/etc dashboard.name=My API dashboard.rows=4 "
                + "dashboard.module=type led; id 1; x 0; y 0; w 3; h 1; name A/s; color #47d16c;"
                + "|type gauge; id 2; x 0; y 1; w 1; h 1; unit %;"
        ),
    ]

    @Test(arguments: read)
    func whatAWorkerBecomes(_ text: String, _ expected: String) {
        let plan = plan("worker { \(text) }")
        #expect(plan.workers.map { short($0.settings) } == [expected])
        #expect(messages(plan) == [])
    }

    /// The second text: what the worker becomes; nil: it is refused.
    static let told: [(String, String?, [String])] = [
        (
            "exec n; instanses 2;", "name=n exec=n path=/etc",
            ["~1:18 there is no option 'instanses' of a worker; it is left out"]
        ),
        (
            "exec n; rate_limit 2; vangard { x 1; }", "name=n exec=n path=/etc",
            [
                "~1:18 there is no option 'rate_limit' of a worker; it is left out",
                "~1:32 there is no block 'vangard' of a worker; it is left out",
            ]
        ),
        (
            "exec n; instances x;", "name=n exec=n path=/etc",
            ["~1:28 instances: 'x' is not a number"]
        ),
        (
            "exec n; restart;", "name=n exec=n path=/etc",
            ["~1:18 'restart' has no value; its default holds"]
        ),
        (
            "exec n; depends_on a, b/c;", "name=n exec=n path=/etc",
            ["~1:32 depends_on: 'b/c' holds '/'"]
        ),
        (
            "exec n; instances 2; instances 3;", "name=n exec=n path=/etc instances=3",
            ["~1:31 'instances' stands twice; this one holds, not /etc/a.conf:1"]
        ),
        (
            "exec n; on_crash { method GET; }", "name=n exec=n path=/etc",
            ["~1:18 on_crash has no url; without it the block is left out"]
        ),
        (
            "exec n; on_crash { url x; method GET; }", "name=n exec=n path=/etc",
            ["~1:33 on_crash.url: 'x' is no address"]
        ),
        // What refuses a worker.
        ("name a;", nil, ["1:1 the worker has no exec"]),
        (
            "exec;", nil,
            [
                "~1:10 'exec' has no value; its default holds",
                "1:1 the worker has no exec",
            ]
        ),
        ("exec node a.js;", nil, ["1:15 exec holds a blank: 'node a.js'"]),
        ("exec n; cmd n a;", nil, ["1:18 cmd says what exec and params say in /etc/a.conf:1"]),
        ("cmd n a; params b;", nil, ["1:10 cmd says what exec and params say in /etc/a.conf:1"]),
        ("cmd ;", nil, ["1:10 cmd names no program"]),
        ("exec n; name a b;", nil, ["1:23 name holds a blank or a control character"]),
        ("exec n; path $NONE/x;", nil, ["1:23 path: $NONE is not set"]),
        ("exec n; env A;", nil, ["1:22 env is not KEY=value: A"]),
        (
            "exec n; vanguard { allow_ip 1.2.3.4, nobody; }", nil,
            ["1:47 vanguard.allow_ip: 'nobody' is no address and no network"]
        ),
        (
            "exec n; dashboard { module { type led; x 0; y 0; w 1; h 1; } }", nil,
            ["1:30 module: id is missing"]
        ),
        (
            "exec n; dashboard { module { type led; id 1; x 0; y 0; w 1; h 1; } "
                + "module { type led; id 1; x 0; y 1; w 1; h 1; } }", nil,
            ["1:30 dashboard.module: the id 1 stands twice"]
        ),
    ]

    @Test(arguments: told)
    func whatIsTold(_ text: String, _ expected: String?, _ told: [String]) {
        let plan = plan("worker { \(text) }\nworker other { exec x; }")
        #expect(plan.workers.last?.settings.name == "other")
        #expect(plan.workers.dropLast().map { short($0.settings) } == (expected.map { [$0] } ?? []))
        #expect(messages(plan) == told)
        #expect(plan.messages.allSatisfy { !$0.advice.isEmpty })
        #expect(plan.hasErrors == (expected == nil))
        #expect(!plan.isBroken)
    }

    static let advice: [(String, String)] = [
        ("worker { exec n; instanses 2; }", "did you mean instances?"),
        ("worker { exec n; rate_limit 2; }", "put it into vanguard { … }"),
        ("worker { exec n; telemetry false; }", "put it at the top of the file, outside of blocks"),
        ("daemon { telemetry false; }", "put it at the top of the file, outside of blocks"),
        ("gui_port 1;", "put it into daemon { … }"),
        ("worker { exec n; qqqq 1; }", "remove it; docs/CONFIG.md names all options"),
        ("wroker { exec n; }", "did you mean worker?"),
        ("worker { exec node a.js; }", "write cmd node a.js; or put exec in quotes"),
        (
            "worker { exec n; instances 0x; }",
            "instances takes digits alone, like 3; its default holds until then"
        ),
    ]

    @Test(arguments: advice)
    func whatToDo(_ text: String, _ expected: String) {
        #expect(plan(text).messages.map(\.advice) == [expected])
    }

    @Test func filesAsPeopleWriteThem() {
        for text in ConfigSamples.texts {
            let plan = plan(text)
            #expect(messages(plan) == [])
            #expect(plan.workers.count == 1)
        }
        for text in ConfigSamples.broken { #expect(plan(text).hasErrors) }
    }

    @Test func labelsAreNames() {
        #expect(plan("worker a { exec n; }").workers.map(\.settings.name) == ["a"])
        #expect(plan("worker a { exec n; name a; }").workers.map(\.settings.name) == ["a"])
        let told = plan("worker a { exec n; name b; }")
        #expect(messages(told) == ["1:8 the worker is called 'a' here, and 'b' in /etc/a.conf:1"])
        #expect(told.refused == ["b"])
    }

    @Test func aNameStandsOnce() {
        let plan = plan([
            "/etc/a.conf": "worker { exec n; }\ninclude b.conf;",
            "/etc/b.conf": "\nworker { exec /x/n; }",
        ])
        #expect(plan.workers.map(\.settings.exec) == ["n"])
        #expect(
            messages(plan) == ["2:1 there is a worker 'n' already, in /etc/a.conf:1"])
        #expect(plan.refused == [])
    }

    @Test func aRefusedWorkerIsNamed() {
        #expect(plan("worker a { exec n; path $NONE; }").refused == ["a"])
    }

    @Test func sourcesAreTold() {
        let plan = plan([
            "/etc/a.conf": "\nworker {\n exec n; include d/p.part; }\ninclude d/b.conf;",
            "/etc/d/b.conf": "\n\n worker { exec m; }", "/etc/d/p.part": "log l.log;",
        ])
        #expect(
            plan.workers.map(\.source) == [
                WorkerSource(file: "/etc/a.conf", blockFile: "/etc/a.conf", line: 2),
                WorkerSource(file: "/etc/a.conf", blockFile: "/etc/d/b.conf", line: 3),
            ])
        #expect(plan.workers.map(\.settings.path) == ["/etc", "/etc/d"])
        #expect(plan.workers.map(\.settings.log) == ["/etc/d/l.log", ""])
        #expect(plan.files == ["/etc/a.conf", "/etc/d/p.part", "/etc/d/b.conf"])
    }

    @Test func includedOptionsAreOverridden() {
        let plan = plan([
            "/etc/a.conf": "worker { exec n; include p; instances 2; env B=1; }",
            "/etc/p": "instances 3; env A=1;",
        ])
        #expect(plan.workers.map(\.settings.instances) == [2])
        #expect(plan.workers.map(\.settings.env) == [["A=1", "B=1"]])
        #expect(messages(plan) == [])
    }

    @Test func theDaemonHasSettings() {
        let plan = plan(
            "daemon { allow_group apm; auto_reload true; gui_port 6789; x 1; gui_bind y; }\n"
                + "telemetry false;")
        #expect(plan.daemon.allowGroup == "apm")
        #expect(plan.daemon.autoReload)
        #expect(OptionTable.daemon.find("gui_port").map { plan.daemon.texts($0) } == ["6789"])
        #expect(OptionTable.top.find("telemetry").map { plan.daemon.texts($0) } == ["false"])
        #expect(messages(plan).count == 2)
        #expect(!plan.hasErrors)
    }

    @Test func aBrokenTextIsNoPlan() {
        let plan = plan("daemon { auto_reload true; }\nworker { exec n; }\nworker { exec m }")
        #expect(plan.isBroken)
        #expect(plan.workers == [])
        #expect(!plan.daemon.autoReload)
        #expect(plan.files == ["/etc/a.conf"])
        #expect(messages(plan) == ["3:16 the value of 'exec' has no ';' behind it"])
    }

    @Test func aMissingFileIsNoPlan() {
        let plan = ConfigReader.plan(of: "/etc/./a.conf", from: MemoryFiles([:]))
        #expect(plan.isBroken)
        #expect(plan.files == ["/etc/a.conf"])
    }

    @Test func messagesFitTheWire() {
        let long = String(repeating: "ç\u{1B}", count: 5000)
        let plan = plan(
            "worker { exec n; \(String(repeating: "k", count: 5000)) 1; user \(long);"
                + "instances \(long); depends_on \(long); }")
        #expect(plan.messages.count >= 3)
        for message in plan.messages {
            #expect(message.text.utf8.count <= SettingsLimits.messageBytes)
            #expect(message.advice.utf8.count <= SettingsLimits.messageBytes)
            #expect(!message.text.utf8.contains(0x1B))
            #expect(!message.advice.utf8.contains(0x1B))
        }
    }
}
