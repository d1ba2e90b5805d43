// docs/SERVER.md names every option of servers with its default, and every status that the proxy
// answers by itself.

import Documents
import HTTPWire
import Settings
import Testing

struct ServerDocTests {
    private let path = "docs/SERVER.md"

    /// As people write a default: `15 s`, `64M`, `loopback`.
    private func words(for option: ConfigOption) -> String {
        guard option.kind == .milliseconds, let time = Int(option.standard), time > 0 else {
            return option.standard
        }
        return time.isMultiple(of: 1000) ? "\(time / 1000) s" : "\(time) ms"
    }

    @Test func eachOptionOfServersIsExplainedWithItsDefault() throws {
        let text = try Documents.text(of: path)
        let parts = text.split(separator: "\n## ")
        let explained = try #require(parts.first { $0.hasPrefix("Options") })
        for option in OptionTable.serving where option.key != "server" {
            let named =
                option.standard.isEmpty
                ? "`\(option.key)`" : "`\(option.key)` (\(words(for: option)))"
            #expect(explained.contains(named), "\(named)")
        }
    }

    @Test func theTableHasEachStatusOfTheProxy() throws {
        let rows = try Documents.table(in: path, headed: ["status", "when", "option"])
        // Beside faults of requests: deadlines, a body's size, and what instances do.
        let others = [408, 413, 502, 503, 504]
        let statuses = Set(RequestFault.allCases.map(\.status) + others).sorted()
        #expect(rows.map { $0.first } == statuses.map { "\($0)" })
        let keys = Set(OptionTable.serving.map(\.key))
        for row in rows {
            let options = (row.last ?? "").split(separator: ", ").map(String.init)
            #expect(keys.isSuperset(of: options), "\(row)")
        }
    }

    @Test func theDocumentIsShort() throws {
        #expect(try Documents.text(of: path).split(separator: "\n").count <= 150)
    }
}
