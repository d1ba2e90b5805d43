// docs/THREATS.md names a test behind each row: they must exist.

import Documents
import Glibc
import Testing

extension SystemTests {
    @Suite struct ThreatsDocTests {
        @Test func everyNamedTestExists() throws {
            let rows = try Documents.table(
                in: "docs/THREATS.md",
                headed: ["number", "attempt", "what stands against it", "tests"])
            #expect(rows.map(\.[0]) == (1...12).map(String.init))
            let sources = testSources()
            for row in rows {
                let names = row[3].split(separator: ",").map { $0.filter { $0 != " " } }
                #expect(!names.isEmpty || row[2].hasPrefix("later:"), "row \(row[0])")
                for name in names {
                    #expect(sources.contains("func \(name)("), "\(name) of row \(row[0])")
                }
            }
        }

        private func testSources() -> String {
            var text = ""
            let tests = TestDaemon.root + "/Tests"
            for folder in ProcessTable.entries(tests) {
                for file in ProcessTable.entries("\(tests)/\(folder)")
                where file.hasSuffix(".swift") {
                    text += ProcessTable.read("\(tests)/\(folder)/\(file)") ?? ""
                }
            }
            return text
        }
    }
}
