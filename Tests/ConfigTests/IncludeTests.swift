// Includes: what stands in the place of one, in which order, and where it ends.

import Testing

@testable import Config

@Suite struct IncludeTests {
    @Test func anIncludeStandsForWhatTheFileHolds() {
        let tree = tree(of: [
            "/etc/a.conf": "telemetry true; include b.conf; telemetry false;",
            "/etc/b.conf": "worker b { exec b; }",
        ])
        #expect(short(tree.statements) == "telemetry[true] worker(b){exec[b]} telemetry[false]")
        #expect(tree.sources.map(\.path) == ["/etc/a.conf", "/etc/b.conf"])
        #expect(tree.statements.map(\.file) == [0, 1, 0])
        #expect(messages(tree) == [])
    }

    @Test func pathsAreSeenFromTheIncludingFile() {
        let tree = tree(of: [
            "/etc/a.conf": "include d/b.conf; include /srv/./x//y/../c.conf;",
            "/etc/d/b.conf": "include c.conf, ../e.conf;", "/etc/d/c.conf": "c 1;",
            "/etc/e.conf": "e 1;", "/srv/x/c.conf": "c 2;",
        ])
        #expect(short(tree.statements) == "c[1] e[1] c[2]")
    }

    @Test func blocksIncludeToo() {
        let tree = tree(of: [
            "/etc/a.conf": "worker { include w.part; include \"v.part\"; }",
            "/etc/w.part": "params a b; vanguard { include v.part; }", "/etc/v.part": "x a; y b;",
        ])
        #expect(short(tree.statements) == "worker(){params[a|b] vanguard(){x[a] y[b]} x[a] y[b]}")
        #expect(tree.sources.count == 3)
    }

    @Test func aPatternStandsForFilesByName() {
        let tree = tree(of: [
            "/etc/a.conf": "include conf.d/*.conf;", "/etc/conf.d/b.conf": "b 1;",
            "/etc/conf.d/10.conf": "ten 1;", "/etc/conf.d/a.conf": "a 1;",
            "/etc/conf.d/.hidden.conf": "h 1;", "/etc/conf.d/c.conf~": "c 1;",
            "/etc/conf.d/sub/d.conf": "d 1;",
        ])
        #expect(short(tree.statements) == "ten[1] a[1] b[1]")
    }

    @Test func foldersMayBePatterns() {
        let files = [
            "/etc/a.conf": "include */site.conf;", "/etc/b/site.conf": "b 1;",
            "/etc/c/site.conf": "c 1;", "/etc/d/other.conf": "d 1;",
        ]
        #expect(short(tree(of: files).statements) == "b[1] c[1]")
    }

    @Test func whatIsMissingIsTold() {
        let tree = tree(of: "include x.d/*.conf;\n include b.conf;\n include;")
        #expect(
            messages(tree) == [
                "~1:1 no file is named '/etc/x.d/*.conf'", "2:2 /etc/b.conf does not exist",
                "3:2 'include' names no file",
            ])
        #expect(!isBroken("include x.d/*.conf;"))
        var files = MemoryFiles(["/etc/a.conf": "include b/*; include c;", "/etc/b/x": ""])
        files.refused = ["/etc/b", "/etc/c"]
        #expect(
            messages(ConfigTree.read("/etc/a.conf", from: files))
                == ["1:1 cannot list /etc/b", "1:14 cannot read /etc/c"])
        #expect(
            messages(ConfigTree.read("/etc/b.conf", from: files))
                == ["0:0 /etc/b.conf does not exist"])
    }

    private func isBroken(_ text: String) -> Bool { tree(of: text).isBroken }

    @Test func aCircleIsNamed() {
        let tree = tree(of: [
            "/etc/a.conf": "worker { include b.conf; }", "/etc/b.conf": "include d/c.conf;",
            "/etc/d/c.conf": "\n include ../b.conf;",
        ])
        #expect(
            messages(tree) == [
                "2:2 files include each other in a circle: "
                    + "/etc/b.conf includes /etc/d/c.conf includes /etc/b.conf"
            ])
    }

    @Test func errorsOfAnIncludedFileAreToldOnceAndThere() {
        let tree = tree(of: [
            "/etc/a.conf": "include b.conf, b.conf;", "/etc/b.conf": "worker {\n exec a\n}",
        ])
        let told = tree.findings.told(of: "/etc/a.conf")
        #expect(told.map(\.file) == ["/etc/b.conf"])
        #expect(told.map(\.line) == [2])
    }

    @Test func aBlockEndsInItsFile() {
        let tree = tree(of: [
            "/etc/a.conf": "worker { include b.conf; }", "/etc/b.conf": "name a; }",
        ])
        #expect(messages(tree) == ["1:9 this '}' closes no block"])
    }

    @Test func rowsOfIncludesAreBounded() {
        var files = ["/etc/a.conf": "include 0;"]
        for number in 0..<20 { files["/etc/\(number)"] = "include \(number + 1);" }
        #expect(
            messages(tree(of: files)) == ["1:1 more than 16 files include each other in a row"])
    }

    @Test func includesThatDoubleAreBounded() {
        var files = ["/etc/a.conf": "include 0;"]
        for number in 0..<15 { files["/etc/\(number)"] = "include \(number + 1), \(number + 1);" }
        files["/etc/14"] = ""
        #expect(messages(tree(of: files)) == ["0:0 more than 4096 files are included"])
    }

    @Test func bytesOfAllFilesAreBounded() {
        let tree = tree(of: [
            "/etc/a.conf": String(repeating: "include b;", count: 40),
            "/etc/b": String(repeating: "#", count: 1_000_000),
        ])
        #expect(messages(tree) == ["0:0 the files together have more than 16777216 bytes"])
    }

    @Test func thousandsOfMessagesAreCounted() {
        let tree = tree(of: String(repeating: "include *.x;\n", count: 1000) + "include b;")
        let told = messages(tree)
        #expect(told.count == ConfigLimits.messages + 2)
        #expect(told[told.count - 2] == "1001:1 /etc/b does not exist")
        #expect(told.last == "~0:0 900 more warnings")
    }
}

@Suite struct GlobPatternTests {
    static let rows: [(String, String, Bool)] = [
        ("*", "a", true), ("*", "", true), ("*", ".a", false), (".*", ".a", true),
        ("*.conf", "a.conf", true), ("*.conf", ".conf", false), ("*.conf", "a.conf~", false),
        ("?", "a", true), ("?", "ç", true), ("?", "", false), ("??", "a", false),
        ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("a**", "a", true),
        ("[ab]", "a", false), ("[ab]", "[ab]", true), ("a", "a", true), ("a", "ab", false),
    ]

    @Test(arguments: rows)
    func matches(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(GlobPattern(pattern).matches(name) == expected)
    }

    @Test func manyStarsTakeNoTime() {
        let pattern = GlobPattern(String(repeating: "*a", count: 2000) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 4000)))
    }
}
