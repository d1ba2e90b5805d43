// docs/WORKER.md has every option of the table, with its default.

import Documents
import Settings
import Testing

struct WorkerDocTests {
    @Test func optionsAreThoseOfTheTable() throws {
        let rows = try Documents.table(
            in: "docs/WORKER.md", headed: ["option", "unit", "default", "meaning"])
        let options = OptionTable.worker.filter { $0.since != .later }
        try #require(rows.map { $0.first } == options.map(\.key))
        for (row, option) in zip(rows, options) {
            try #require(row.count == 4, "\(option.key)")
            #expect(row[2] == option.standard, "\(option.key)")
            #expect((row[1] == "time") == (option.kind == .milliseconds), "\(option.key)")
            #expect((row[1] == "switch") == (option.kind == .flag), "\(option.key)")
            #expect(row[3].contains("may be repeated") == option.kind.isRepeated, "\(option.key)")
        }
    }

    @Test func theDocumentIsShort() throws {
        #expect(try Documents.text(of: "docs/WORKER.md").split(separator: "\n").count <= 120)
    }
}
