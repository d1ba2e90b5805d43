// Files in which one worker changes: which bytes change with it, and which changes are refused.

import Settings
import Testing

@testable import Config

private func rewriting(_ files: [String: String]) -> BlockRewriting<MemoryFiles> {
    BlockRewriting(path: "/etc/a.conf", files: MemoryFiles(files))
}

/// The text after options of worker `a` were set to other texts.
private func changed(
    _ text: String, _ options: [(String, [String])], _ others: [String: String] = [:]
) throws -> String {
    var files = others
    files["/etc/a.conf"] = text
    let plan = plan(files)
    var settings = try #require(plan.workers.first { $0.settings.name == "a" }).settings
    for (key, texts) in options {
        let parts = key.split(separator: ".").map(String.init)
        let table = parts.count == 1 ? OptionTable.worker : OptionTable.block(parts[0])
        try settings.set(try #require(table?.find(parts[parts.count - 1])), texts)
    }
    return String(decoding: try rewriting(files).changing("a", to: settings), as: UTF8.self)
}

@Suite struct RewritingTests {
    /// What stands in the block, what is set, what stands there then.
    static let rows: [(String, [(String, [String])], String)] = [
        // In its place.
        (
            "\n  exec  n; # why\n  instances 2;\n", [("instances", ["4"])],
            "\n  exec  n; # why\n  instances 4;\n"
        ),
        (" exec n; prefix x ; ", [("prefix", ["a;b"])], " exec n; prefix \"a;b\" ; "),
        ("\n\texec: 'n';\n", [("exec", ["/m"])], "\n\texec: /m;\n"),
        ("\r\n exec n;\r\n", [("exec", ["/m"])], "\r\n exec /m;\r\n"),
        // New keys.
        (
            "\n    exec      n;\n", [("instances", ["4"]), ("restart", ["true"])],
            "\n    exec      n;\n    instances 4;\n    restart   true;\n"
        ),
        (
            "\r\n\texec n; # c\r\n", [("restart", ["on"])],
            "\r\n\texec n; # c\r\n\trestart true;\r\n"
        ),
        (" exec n; ", [("restart", ["on"])], " exec n; restart true; "),
        ("exec n;", [("restart", ["on"])], "exec n; restart true;"),
        (
            "\n  exec n;\n  vanguard { }\n", [("restart", ["on"])],
            "\n  exec n;\n  restart true;\n  vanguard { }\n"
        ),
        // Keys that go.
        (
            "\n  exec n;\n  # above\n  restart on; # beside\n  # below\n", [("restart", [])],
            "\n  exec n;\n  # above\n  # below\n"
        ),
        (" exec n; restart on; instances 2; ", [("restart", [])], " exec n; instances 2; "),
        ("\n exec n; restart on;\n", [("restart", [])], "\n exec n;\n"),
        ("\n restart on; exec n;\n", [("restart", [])], "\n exec n;\n"),
        // Lists.
        (
            "\n exec n;\n env A=1, B=2;\n", [("env", ["A=1", "C=3"])],
            "\n exec n;\n env A=1;\n env C=3;\n"
        ),
        (
            "\n exec n;\n env A=1;\n # c\n env B=2;\n", [("env", ["A=1", "C=3", "D=4"])],
            "\n exec n;\n env A=1;\n # c\n env C=3;\n env D=4;\n"
        ),
        (
            "\n exec n;\n env A=1;\n # c\n env B=2;\n", [("env", ["B=2"])],
            "\n exec n;\n env B=2;\n # c\n"
        ),
        (
            "\n exec n;\n params a b;\n", [("params", ["a", "c d", ""])],
            "\n exec n;\n params a \"c d\" \"\";\n"
        ),
        (
            "\n exec n;\n server :80;\n server :81;\n", [("server", [":80", ":82"])],
            "\n exec n;\n server http://0.0.0.0:80;\n server http://0.0.0.0:82;\n"
        ),
        // A command.
        ("\n cmd n 'a b';\n", [("params", ["c", "d e"])], "\n cmd n c \"d e\";\n"),
        ("\n cmd n a;\n", [("exec", ["/m"]), ("params", [])], "\n cmd /m;\n"),
        // Blocks.
        (
            "\n exec n;\n vanguard {\n  log off; # c\n }\n", [("vanguard.rate_limit", ["5"])],
            "\n exec n;\n vanguard {\n  log off; # c\n  rate_limit 5;\n }\n"
        ),
        (
            "\n  exec n;\n\n  statsd { # c\n    host h:1;\n  }\n\n", [("statsd.host", [])],
            "\n  exec n;\n\n"
        ),
        (
            "\n  exec n;\n", [("vanguard.log", ["off"])],
            "\n  exec n;\n  vanguard {\n    log false;\n  }\n"
        ),
    ]

    @Test(arguments: rows)
    func oneBlockChanges(_ text: String, _ options: [(String, [String])], _ expected: String)
        throws
    {
        for (before, after) in [
            ("", ""), ("worker b { exec b; }\n# c\n", "\n\n# d"),
            ("x 1; ", "\nworker c { exec c; }"),
        ] {
            let changed = try changed(before + "worker a {\(text)}" + after, options)
            #expect(changed == before + "worker a {\(expected)}" + after)
        }
    }

    @Test func namesChangeWhereTheyStand() throws {
        for (text, expected) in [
            ("worker a { exec n; }", "worker z { exec n; }"),
            ("worker { name a; exec n; }", "worker { name z; exec n; }"),
            ("worker \"a\" { name 'a'; exec n; }", "worker z { name z; exec n; }"),
            ("worker { exec a; }", "worker { exec a; name z; }"),
        ] {
            #expect(try changed(text, [("name", ["z"])]) == expected)
        }
    }

    @Test func whatAnIncludeSaysIsOverridden() throws {
        let part = ["/etc/p": "instances 3; restart on; prefix x; env A=1;"]
        #expect(
            try changed("worker a { exec n; include p; }", [("instances", ["5"])], part)
                == "worker a { exec n; include p; instances 5; }")
        #expect(
            try changed(
                "worker a {\n instances 2;\n include p;\n exec n;\n}",
                [("instances", ["5"])], part)
                == "worker a {\n include p;\n exec n;\n instances 5;\n}")
        #expect(
            try changed("worker a { exec n; include p; }", [("restart", []), ("prefix", [])], part)
                == "worker a { exec n; include p; restart false; prefix \"\"; }")
        // A list only grows.
        #expect(
            try changed(
                "worker a { exec n; include p; }", [("env", ["A=1", "B=2"])], ["/etc/p": ""])
                == "worker a { exec n; include p; env A=1; env B=2; }")
        #expect(throws: RewritingProblem.self) {
            try changed("worker a { exec n; include p; }", [("env", [])], part)
        }
    }

    @Test func onlyNamedKeysChange() throws {
        let files = ["/etc/a.conf": "worker a { exec n; instances 2; restart on; }"]
        var settings = try #require(plan(files).workers.first).settings
        settings.instances = 9
        settings.restart = false
        let bytes = try rewriting(files).changing(
            "a", to: settings, keys: SettingKeys([SettingKey.instances]))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "worker a { exec n; instances 9; restart on; }")
    }

    @Test func blocksComeAndGo() throws {
        var settings = WorkerSettings()
        settings.name = "z"
        settings.exec = "n"
        settings.path = "/etc"
        let block = "worker {\n    name  z;\n    exec  n;\n}\n"
        for (before, after) in [
            ("", block), ("# c", "# c\n\n" + block), ("x 1;\n", "x 1;\n\n" + block),
            ("x 1;\r\n", "x 1;\r\n\r\n" + block.replacing("\n", with: "\r\n")),
        ] {
            let files = ["/etc/a.conf": before]
            #expect(
                String(decoding: try rewriting(files).appending(settings), as: UTF8.self) == after)
            let removed = try rewriting(["/etc/a.conf": after + "\n# d\n"]).removing("z")
            #expect(String(decoding: removed, as: UTF8.self).hasSuffix("# d\n"))
        }
        #expect(String(decoding: try rewriting([:]).appending(settings), as: UTF8.self) == block)
        let middle = "# 1\n\nworker z { exec n; }\n\n# 2\nworker b { exec n; }"
        #expect(
            String(decoding: try rewriting(["/etc/a.conf": middle]).removing("z"), as: UTF8.self)
                == "# 1\n\n# 2\nworker b { exec n; }")
        #expect(throws: RewritingProblem.self) {
            try rewriting(["/etc/a.conf": middle]).appending(settings)
        }
    }

    static let refused: [(String, String)] = [
        ("worker a { exec n }", "/etc/a.conf:1:18: the value of 'exec' has no ';' behind it"),
        ("worker b { exec n; }", "no worker 'a' that can be read stands in /etc/a.conf"),
        ("worker a { }", "no worker 'a' that can be read stands in /etc/a.conf"),
        ("include b;", "no worker 'a' that can be read stands in /etc/a.conf"),
        (
            "worker a { exec n; } worker b { exec n; }",
            "/etc/a.conf:1 holds the blocks of several workers"
        ),
        (
            "worker a { exec n; dashboard { module { type led; id 1; x 0; y 0; w 1; h 1; } } }",
            "the modules of a's dashboard differ from those in /etc/a.conf"
        ),
    ]

    @Test(arguments: refused)
    func whatIsNotSafeIsRefused(_ text: String, _ expected: String) {
        var settings = WorkerSettings()
        settings.name = "a"
        settings.exec = "m"
        settings.path = "/etc"
        let files = ["/etc/a.conf": text, "/etc/b": "worker a { exec n; }"]
        do throws(RewritingProblem) {
            _ = try rewriting(files).changing("a", to: settings)
            Issue.record("not refused: \(text)")
        } catch {
            #expect(error.text == expected)
            #expect(!error.advice.isEmpty)
        }
    }

    /// Any settings into any others: the result reads as wanted, and what is outside stays.
    @Test(arguments: 0..<300)
    func anyChangeReadsAsWanted(_ seed: Int) throws {
        var dice = Dice(seed)
        var old = dice.settings(of: dice.pick([5, 20, 60]))
        var new = dice.settings(of: dice.pick([5, 20, 60]))
        try #require(old.problem() == nil && new.problem() == nil)
        if let module = OptionTable.dashboard.find("module") {
            try old.set(module, [])
            try new.set(module, [])
        }
        let newline = dice.pick(["\n", "\r\n"])
        let before = "# one\(newline)worker b { exec n; }\(newline)"
        let after = "\(newline)worker c { exec n; } // two"
        let block = ConfigWriter.worker(old, in: "/etc", newline: newline)
        let files = ["/etc/a.conf": before + block + after]
        let bytes = try rewriting(files).changing(old.name, to: new)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(before + "worker {"))
        #expect(text.hasSuffix(after))
        let plan = plan(text)
        #expect(messages(plan) == [])
        #expect(plan.workers.map(\.settings.name) == ["b", new.name, "c"])
        #expect(plan.workers.dropFirst().first?.settings == new)
        // And nothing changes where nothing is to change.
        let again = try rewriting(["/etc/a.conf": text]).changing(new.name, to: new)
        #expect(again == bytes)
    }
}
