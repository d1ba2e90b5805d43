// The syntax as a table: what is read, and what is said about what is not.

import Testing

@testable import Config

@Suite struct SyntaxTests {
    static let read: [(String, String)] = [
        ("", ""), (" \t\r\n", ""), (";;", ""), ("# only a comment", ""), ("// too", ""),
        ("\u{FEFF}worker { }", "worker(){}"),
        ("worker { name a; }", "worker(){name[a]}"),
        ("worker{name a;exec b;}", "worker(){name[a] exec[b]}"),
        ("worker a { exec b; };", "worker(a){exec[b]}"),
        ("worker \"a\" { exec b; }", "worker(a){exec[b]}"),
        ("worker a\n{\n}\nworker # one\n{}", "worker(a){} worker(){}"),
        ("worker: a { }", "worker(a){}"),
        // Comments stand where a token may begin.
        ("worker { exec a; # b; } c\n}", "worker(){exec[a]}"),
        ("worker { exec a; // b; } c\n}", "worker(){exec[a]}"),
        ("worker { name http://x#y; }", "worker(){name[http://x#y]}"),
        ("worker { name My # App; }", "worker(){name[My # App]}"),
        ("worker { params */dist/*, a#b; }", "worker(){params[*/dist/*|a#b]}"),
        ("worker { params a, # one\n b // two\n; }", "worker(){params[a|b]}"),
        // Strings.
        ("worker { name 'a; \"b\"'; }", "worker(){name[a; \"b\"]}"),
        ("worker { name \"a\\\"b\\\\c\\d\"; }", "worker(){name[a\"b\\c\\d]}"),
        ("worker { name `a'\"`; }", "worker(){name[a'\"]}"),
        ("worker { name \"a\nb\"; }", "worker(){name[a\nb]}"),
        ("worker { name Don't; }", "worker(){name[Don't]}"),
        ("worker { name \"\"; }", "worker(){name[]}"),
        ("worker { name; }", "worker(){name[]}"),
        // Values run to the `;`.
        ("worker { prefix ç15,88-a bçR- ; }", "worker(){prefix[ç15,88-a bçR-]}"),
        ("worker { log_time_format %Y-%m-%d %T; }", "worker(){log_time_format[%Y-%m-%d %T]}"),
        ("worker { prefix ${X} {a}; }", "worker(){prefix[${X} {a}]}"),
        (
            "worker { name: x; exec :y; path : z; user:w; }",
            "worker(){name[x] exec[:y] path[z] user[w]}"
        ),
        ("worker { restart-delay 5; }", "worker(){restart_delay[5]}"),
        // Lists.
        ("worker { env A=1, B=2 3 ,C=; }", "worker(){env[A=1|B=2 3|C=]}"),
        ("worker { env A='x, y; z', \"B=,\"; }", "worker(){env[A=x, y; z|B=,]}"),
        ("worker { env A=it's, B=\"a\"b; }", "worker(){env[A=it's|B=ab]}"),
        ("worker { env A=1,\n  B=2,\n  C=3,\n; }", "worker(){env[A=1|B=2|C=3]}"),
        ("worker { env A=1\n, B=2\n; }", "worker(){env[A=1|B=2]}"),
        ("worker { env A=1; env B=2; }", "worker(){env[A=1] env[B=2]}"),
        ("worker { env ,,A=1,,; env ; }", "worker(){env[A=1] env[]}"),
        ("worker { env A={x}; }", "worker(){env[A={x}]}"),
        // Words.
        ("worker { params a  b,c\t'd e' f'g'\"h\" \"\"; }", "worker(){params[a|b|c|d e|fgh|]}"),
        ("worker { params a\n  --port 80\n  b; }", "worker(){params[a|--port|80|b]}"),
        ("worker { params a\\ b {c d}; }", "worker(){params[a\\|b|{c|d}]}"),
        // Commands.
        ("worker { cmd node a,b \"c d\" e\\ f\\;g; }", "worker(){cmd[node|a,b|c d|e f;g]}"),
        ("worker { cmd node \\\n  a; }", "worker(){cmd[node|a]}"),
        // What is not known is read as well.
        (
            "worker { foo a, b; bar { x 1; y { } } baz q { } }",
            "worker(){foo[a, b] bar(){x[1] y(){}} baz(q){}}"
        ),
        ("worker { a\r\n  { }\r\n  name b;\r\n}\r\n", "worker(){a(){} name[b]}"),
        ("telemetry false;", "telemetry[false]"),
    ]

    @Test(arguments: read)
    func whatIsRead(_ text: String, _ expected: String) {
        let tree = tree(of: text)
        #expect(short(tree.statements) == expected)
        #expect(messages(tree) == [])
    }

    static let refused: [(String, [String])] = [
        // A missing `;`: one message, and what follows is understood.
        ("worker {\n  name a\n  exec b;\n}", ["2:9 the value of 'name' has no ';' behind it"]),
        (
            "worker {\n  name a # n\n  exec b;\n}",
            ["2:13 the value of 'name' has no ';' behind it"]
        ),
        ("worker {\n  name 'a'\n  exec b;\n}", ["2:11 the value of 'name' has no ';' behind it"]),
        ("worker { name a }", ["1:16 the value of 'name' has no ';' behind it"]),
        ("worker { name a}", ["1:16 the value of 'name' has no ';' behind it"]),
        ("worker { params a }", ["1:18 the value of 'params' has no ';' behind it"]),
        (
            "worker {\n  params a b\n  instances 4;\n}",
            ["2:13 the value of 'params' has no ';' behind it"]
        ),
        ("worker {\n  params a,\n}", ["2:12 the value of 'params' has no ';' behind it"]),
        (
            "worker {\n  env A=1\n  B=2;\n  name x;\n}",
            ["2:10 the value of 'env' has no ';' behind it", "3:3 'B=2' is not a key"]
        ),
        ("telemetry true", ["1:15 the value of 'telemetry' has no ';' behind it"]),
        ("worker { foo a\n }", ["1:15 the value of 'foo' has no ';' behind it"]),
        // A missing `}`.
        ("worker {\n  name a;\n", ["1:8 the block that begins here has no '}'"]),
        (
            "worker {\n  name a;\n\nworker b {\n}\n",
            ["4:1 'worker' cannot stand in a block; the '}' before it is missing"]
        ),
        (
            "worker {\n  on {\n  name a;\n\nworker b\n{\n}\nworker c { }",
            ["5:1 'worker' cannot stand in a block; the '}' before it is missing"]
        ),
        ("worker { }\n}\nworker { name b; }", ["2:1 this '}' closes no block"]),
        // Values that are none.
        ("worker { name\n exec b; }", ["1:10 'name' has no value"]),
        ("worker { name # x;\n }", ["1:10 'name' has no value"]),
        ("worker { params\n instances 2; }", ["1:10 'params' has no value"]),
        ("worker { name 'a' b; exec c; }", ["1:19 more stands behind the closing quote"]),
        ("worker { env 'A=1' B=2; }", ["1:20 more stands behind the closing quote"]),
        ("worker { name 'a;\n exec b; }", ["1:15 the text that begins with this quote has no end"]),
        (
            "worker {\n name \"a;\n exec \"b\";\n}",
            [
                "2:7 the text that begins with this quote goes on over lines, and more stands "
                    + "behind it"
            ]
        ),
        ("worker { name = a; exec b; }", ["1:15 a '=' stands before the value of 'name'"]),
        ("worker { name {\n a 1; } }", ["1:10 'name' takes a value, and a block follows"]),
        // Keys that are none.
        ("worker { name=a; exec b; }", ["1:10 'name=a' is not a key"]),
        (
            "worker { \"name\" a; 1x 2; }",
            ["1:10 '\"name\"' is not a key", "1:20 '1x' is not a key"]
        ),
        ("worker;", ["1:1 'worker' is a block, and no '{' follows"]),
        ("worker a;\n", ["1:1 'worker' is a block, and no '{' follows"]),
        ("worker { { a 1; } }", ["1:10 a block without a name begins here"]),
        ("{ \"apps\": [] }", ["1:1 this is no configuration file; it looks like JSON"]),
        ("[1]", ["1:1 this is no configuration file; it looks like JSON"]),
        // What looks like the end and is none.
        (
            "worker { params a #b;\n }",
            [
                "~1:19 a comment begins here; the ';' in it ends nothing",
                "1:18 the value of 'params' has no ';' behind it",
            ]
        ),
        ("worker { name a\u{0}; }", ["1:16 a NUL byte stands here: this is no text"]),
    ]

    @Test(arguments: refused)
    func whatIsRefused(_ text: String, _ expected: [String]) {
        let tree = tree(of: text)
        #expect(messages(tree) == expected)
        #expect(tree.isBroken)
    }

    @Test func whatFollowsAnErrorIsRead() {
        let text = "worker {\n name a\n exec b;\n}\nworker c {\n exec d;\n}"
        #expect(short(tree(of: text).statements) == "worker(){exec[b]} worker(c){exec[d]}")
    }

    @Test func badTextIsToldByItsPlace() {
        var files = MemoryFiles([:])
        files.files["/etc/a.conf"] = Array("worker {\n name ça".utf8) + [0xE2, 0x82] + [0x3B]
        let tree = ConfigTree.read("/etc/a.conf", from: files)
        #expect(messages(tree) == ["2:10 the bytes here are no UTF-8"])
    }

    @Test func positionsAreRangesOfTheText() {
        let text = "\n worker a {\n  params  b 'c' ;\n}\n"
        let worker = tree(of: text).statements[0]
        let bytes = Array(text.utf8)
        #expect(worker.range == 2..<bytes.count - 1)
        let params = worker.block?.statements[0]
        #expect(
            params.map { String(decoding: bytes[$0.range], as: UTF8.self) }
                == "params  b 'c' ;")
        #expect(params?.words.map(\.range.count) == [1, 3])
    }
}

@Suite struct LimitTests {
    @Test func errorsOfSyntaxAreBounded() {
        let told = messages(tree(of: String(repeating: "=;\n", count: 1000)))
        #expect(told.count == ConfigLimits.syntaxErrors + 1)
        #expect(told.last?.hasSuffix("the rest of the file was not looked at") == true)
    }

    @Test func blocksAreNestedSoDeep() {
        func nested(_ depth: Int) -> String {
            String(repeating: "x {", count: depth) + String(repeating: "}", count: depth)
        }
        #expect(messages(tree(of: nested(ConfigLimits.blockDepth))) == [])
        let told = messages(tree(of: nested(ConfigLimits.blockDepth + 1)))
        #expect(told == ["1:49 blocks are nested more than 16 deep"])
        #expect(messages(tree(of: String(repeating: "x{", count: 500_000))).count == 1)
    }

    @Test func statementsAreBounded() {
        let told = messages(tree(of: String(repeating: "a b;\n", count: 200_001)))
        #expect(told == ["200001:1 there are more than 200000 statements"])
    }

    @Test func aFileIsSoLong() {
        let most = String(repeating: "#", count: ConfigLimits.fileBytes)
        #expect(messages(tree(of: most)) == [])
        #expect(messages(tree(of: most + "#")).count == 1)
    }

    /// Texts that would take a slow parser for ever: a megabyte of openings of something.
    static let hostile = [
        "{", "}", "\"", "'", "a \"", "a \"\\\"", "a {", "a '\n", "params \\\"", ",", "env ,\n",
        "worker ", "worker {", "include ", "a:", ":", "/", "#\n", "a #;\n", "\u{0}", "ç",
        "params {",
        "worker { name \"\n", "}a", "a;", "worker x\n", "a\n", "a \\\n",
    ]

    @Test(arguments: hostile)
    func aMegabyteOfItEnds(_ piece: String) {
        let count = ConfigLimits.fileBytes / piece.utf8.count
        let started = ContinuousClock.now
        for around in ["", "worker {\n", "worker {\nparams "] {
            let room = count - around.utf8.count
            _ = tree(of: around + String(repeating: piece, count: room))
        }
        #expect(ContinuousClock.now - started < .seconds(30))
    }
}
