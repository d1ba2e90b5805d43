// What a worker may be called.

import Settings
import Testing

@Suite struct WorkerNameTests {
    @Test(arguments: [
        "api", "a", "node.js", "my-worker_2", "größe", "日本", "a.b-c", "SI", "sigterm", "x=y", "🙂",
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

    @Test(arguments: [
        ("/usr/bin/node", "node"), ("node", "node"), ("./a", "a"), ("a/", ""), ("", ""), ("/", ""),
    ])
    func theBaseOfAPath(_ path: String, _ base: String) {
        #expect(WorkerName.base(of: path) == base)
    }
}
