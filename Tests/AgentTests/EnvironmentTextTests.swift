// Environment files: what is read, what is refused and by which line, and that nothing traps.

import Messages
import Testing

@testable import apm_agent

private func parse(_ text: String) -> EnvironmentFile { parse(Array(text.utf8)) }
private func parse(_ bytes: [UInt8]) -> EnvironmentFile { EnvironmentText.parse(bytes[...]) }

@Suite struct EnvironmentTextTests {
    static let read: [(String, [String])] = [
        ("", []), ("\n\n  \t\n", []), ("# A=1\n  # B=2", []),
        ("A=1\nB=2\n", ["A=1", "B=2"]), ("A=1\r\nB=2\r\n", ["A=1", "B=2"]),
        ("export A=1", ["A=1"]), ("export\t A=1", ["A=1"]), ("exported=1", ["exported=1"]),
        ("export=1", ["export=1"]), ("  A=1  ", ["A=1"]), ("A=", ["A="]), ("A= 1 2 ", ["A=1 2"]),
        ("_a9=x=y", ["_a9=x=y"]), ("A=b#c #d", ["A=b#c #d"]),
        ("A='a b'", ["A=a b"]), ("A='a\\n\"$B'", ["A=a\\n\"$B"]), ("A=''", ["A="]),
        (#"A="a\nb\"c\\d""#, ["A=a\nb\"c\\d"]), (#"A="\t\$x""#, [#"A=\t\$x"#]),
        (#"A="'""#, ["A='"]), ("A=a'b'", ["A=a'b'"]), ("A=$HOME/${X}`id`", ["A=$HOME/${X}`id`"]),
        ("A=ç\nA=2", ["A=ç", "A=2"]),
    ]

    @Test(arguments: read)
    func whatIsRead(_ text: String, _ entries: [String]) {
        #expect(parse(text) == EnvironmentFile(.read, entries: entries))
    }

    static let refused: [(String, Int32)] = [
        ("A", 1), ("=1", 1), ("A=1\n\nB C=2", 3), ("1A=2", 1), ("A-B=1", 1), ("A =1", 1),
        ("export", 1), ("export A", 1), ("A='b", 1), ("A=\"b", 1), ("A=\"b\\\"", 1),
        ("A='b' c", 1), ("A=\"b\"c", 1), ("A='b' # c", 1), ("A=1\nA=b\0c", 2), ("ç=1", 1),
        ("\u{FEFF}A=1", 1),
    ]

    @Test(arguments: refused)
    func badLinesAreToldByTheirNumber(_ text: String, _ line: Int32) {
        #expect(parse(text) == EnvironmentFile(.badLine, number: line))
    }

    @Test func whatIsNoTextIsRefused() {
        #expect(parse([0x41, 0x3D, 0xFF]) == EnvironmentFile(.badLine, number: 1))
    }

    @Test func limitsHold() {
        let longest = String(repeating: "x", count: MessageLimits.environmentEntryBytes - 2)
        #expect(parse("A=" + longest).result == .read)
        #expect(parse("\nA=x" + longest) == EnvironmentFile(.longLine, number: 2))
        let most = String(repeating: "A=\n", count: MessageLimits.environmentEntries)
        #expect(parse(most).entries.count == MessageLimits.environmentEntries)
        #expect(
            parse(most + "A=")
                == EnvironmentFile(
                    .tooMany, number: Int32(MessageLimits.environmentEntries + 1)))
    }

    @Test func garbageIsReadOrRefusedAndNeverMore() {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            [0x41], [0x3D], [0x22], [0x27], [0x5C], [0x0A], [0x0D], [0x20], [0x23], [0], [0xC3],
            Array("export ".utf8), Array("A=".utf8),
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &random)
            let bytes = (0..<count).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            let file = parse(bytes)
            if file.result == .read {
                #expect(file.entries.allSatisfy { $0.contains("=") && !$0.hasPrefix("=") })
            } else {
                #expect(file.result == .badLine && file.entries.isEmpty && file.number > 0)
            }
        }
    }
}
