// docs/CONNECTORS.md: its examples run, and its tables name what there is.

import Documents
import Testing

@Suite struct ConnectorsDocTests {
    private let path = "docs/CONNECTORS.md"

    /// The blocks of code in a language.
    private func examples(_ language: String) throws -> [String] {
        try Documents.text(of: path).split(separator: "```\(language)\n").dropFirst().map { rest in
            String(rest.prefix(upTo: rest.firstRange(of: "```")?.lowerBound ?? rest.endIndex))
        }
    }

    @Test func theExamplesForNodeRun() throws {
        let examples = try examples("js")
        let wanted = [
            "Hello, Ann\n", (0..<100_000).map { "\($0)\n" }.joined(),
        ]
        #expect(examples.count == wanted.count)
        let connector = try Documents.text(of: "connectors/\(Language.node.connector)")
        for (example, text) in zip(examples, wanted) {
            let folder = try TemporaryFolder()
            _ = try folder.write(Language.node.connector, connector)
            let peer = try ConnectorPeer(.node, script: folder.write("example.js", example))
            let answer = try peer.exchange("/?name=Ann")
            #expect(answer.status == 200)
            #expect(answer.text == text)
            #expect(answer.fields == ["content-type: text/plain"])
        }
    }

    @Test func theExamplesForPythonRun() throws {
        let examples = try examples("python")
        let wanted = ["Hello, Ann\n", (0..<100_000).map { "\($0)\n" }.joined()]
        #expect(examples.count == wanted.count)
        let connector = try Documents.text(of: "connectors/\(Language.python.connector)")
        for (example, text) in zip(examples, wanted) {
            let folder = try TemporaryFolder()
            _ = try folder.write(Language.python.connector, connector)
            // No folder of compiled files beside them, which would be left behind.
            let quiet = "import sys; sys.dont_write_bytecode = True\n"
            let peer = try ConnectorPeer(
                .python, script: folder.write("example.py", quiet + example))
            let answer = try peer.exchange("/?name=Ann")
            #expect(answer.status == 200)
            #expect(answer.text == text)
            #expect(answer.fields == ["content-type: text/plain"])
        }
    }

    @Test(arguments: [["attribute", "is"], ["method", "does"]])
    func theTablesNameWhatASessionHasInPython(_ heading: [String]) throws {
        let names = try Documents.table(in: path, headed: heading)
            .map { String($0[0].dropFirst("session.".count)) }
        #expect(names.count > 8)
        let check =
            "import sys; sys.path.insert(0, sys.argv[1]); import apm_module\n"
            + "for name in sys.argv[2:]: getattr(apm_module.ApmSession, name)"
        let result = try WorkerProcess.run(
            ["python3", "-B", "-c", check, Language.folder] + names)
        #expect(result.code == 0, "\(result.errors)")
    }

    @Test(arguments: ["is", "does"])
    func theTablesNameWhatASessionHas(_ heading: String) throws {
        let source = try Documents.text(of: "connectors/\(Language.node.connector)")
        for row in try Documents.table(in: path, headed: ["member", heading]) {
            let name = row[0].dropFirst("session.".count)
            let isThere = ["    get \(name)(", "    \(name)(", "        this.\(name) = "].contains {
                source.contains("\n\($0)")
            }
            #expect(isThere, "\(row[0])")
        }
    }

    @Test func theLimitsAreThoseOfTheSource() throws {
        let text = try Documents.text(of: path)
        let source = try Documents.text(of: "connectors/\(Language.node.connector)")
        for (told, line) in [
            ("limit is 1 MiB", "const BODY_BYTES = 1048576\n"),
            ("beyond 64 MiB", "const QUEUE_BYTES = 67108864\n"),
            ("at most 65,535 bytes of JSON", "const PIECE_BYTES = 65535\n"),
        ] {
            #expect(text.contains(told))
            #expect(source.contains(line))
        }
        let python = try Documents.text(of: "connectors/\(Language.python.connector)")
        for line in ["BODY_BYTES = 1048576", "_MAX = 65535", "1031, 1 << 20"] {
            #expect(python.contains(line))
        }
    }
}
