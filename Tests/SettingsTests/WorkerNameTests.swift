// What a worker may be called.

import Settings
import Testing

@Suite struct WorkerNameTests {
    @Test(arguments: [
        "api", "a", "node.js", "my-worker_2", "größe", "日本", "a.b-c", "SI", "sigterm", "x@y+z", "🙂",
        "имя", "é", "가", "a_1",
        String(repeating: "x", count: 64),
    ])
    func goodNames(_ name: String) {
        #expect(WorkerName.problem(name) == nil)
    }

    @Test(arguments: [
        ("", "is empty"),
        (String(repeating: "x", count: 65), "is longer than 64 bytes"),
        (String(repeating: "ç", count: 33), "is longer than 64 bytes"),
        ("-v", "begins with '-' or '.'"),
        (".", "begins with '-' or '.'"),
        ("..", "begins with '-' or '.'"),
        ("SIGTERM", "begins with SIG, like a signal"),
        ("a/b", "holds '/'"),
        ("a#1", "holds '#'"),
        ("a:b", "holds ':'"),
        ("a,b", "holds ','"),
        ("a b", "holds a blank or a control character"),
        ("a\nb", "holds a blank or a control character"),
        ("a\u{1B}[31m", "holds a blank or a control character"),
        ("a\u{7F}", "holds a blank or a control character"),
        ("a\u{9B}31m", "holds a blank or a control character"),
        ("a\u{A0}b", "holds a blank or an invisible character"),
        ("a\u{2003}b", "holds a blank or an invisible character"),
        ("a\u{200B}b", "holds a blank or an invisible character"),
        ("a\u{202E}b", "holds a blank or an invisible character"),
        ("\u{FEFF}a", "holds a blank or an invisible character"),
    ])
    func badNames(_ name: String, _ problem: String) {
        #expect(WorkerName.problem(name) == problem)
    }

    @Test(arguments: Array("$`();&|<>'\"\\*?{}~![]=%^"))
    func whatShellsReadIsInNoName(_ character: Character) throws {
        for name in ["\(character)", "a\(character)b"] {
            let problem = try #require(WorkerName.problem(name), "\(name)")
            #expect(problem.hasSuffix("which shells do not take as it is"))
            #expect(problem.contains(character))
        }
    }

    /// Of ASCII nothing is left but letters, digits and a few marks.
    @Test func whatIsLeftOfASCII() {
        let left = (0x21...0x7E).map { Character(Unicode.Scalar($0)) }
            .filter { WorkerName.problem("a\($0)") == nil }
        #expect(
            String(left)
                == "+-.0123456789@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
    }

    @Test(arguments: [
        ("/usr/bin/node", "node"), ("node", "node"), ("./a", "a"), ("a/", ""), ("", ""), ("/", ""),
    ])
    func theBaseOfAPath(_ path: String, _ base: String) {
        #expect(WorkerName.base(of: path) == base)
    }
}
