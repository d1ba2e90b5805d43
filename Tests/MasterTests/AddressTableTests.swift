// Addresses that overlap, in every form, between workers and within one.

import Settings
import Testing

@testable import apm_master

@Suite struct AddressTableTests {
    private func address(_ text: String) throws -> ServerAddress {
        try #require(ServerAddress(text))
    }

    /// Whether a worker may have `wanted` where another has `taken`, and where it has that itself.
    struct Row: CustomTestStringConvertible, Sendable {
        let taken: String
        let wanted: String
        let besideOther: Bool
        let besideOwn: Bool

        init(_ taken: String, _ wanted: String, _ besideOther: Bool, _ besideOwn: Bool) {
            self.taken = taken
            self.wanted = wanted
            self.besideOther = besideOther
            self.besideOwn = besideOwn
        }

        var testDescription: String { "\(taken) and \(wanted)" }
    }

    static let rows = [
        Row("http://127.0.0.1:80", "http://127.0.0.1:80", false, false),
        Row("http://127.0.0.1:80", "http://127.0.0.1:81", true, true),
        Row("http://127.0.0.1:80", "http://127.0.0.2:80", true, true),
        Row("http://127.0.0.1:80", "https://127.0.0.1:80", false, false),
        Row("http://localhost:80", "tcp://127.0.0.1:80", false, false),
        Row("http://0.0.0.0:80", "http://127.0.0.1:80", false, false),
        Row("http://127.0.0.1:80", ":80", false, false),
        Row("http://0.0.0.0:80", "http://[::1]:80", false, true),
        Row("http://[::]:80", "http://0.0.0.0:80", false, true),
        Row("http://[::]:80", "http://127.0.0.1:80", false, true),
        Row("http://[::]:80", "http://[::1]:80", false, false),
        Row("http://[::1]:80", "http://[::]:80", false, false),
        Row("http://[::1]:80", "http://[0:0::0:1]:80", false, false),
        Row("http://[::1]:80", "http://127.0.0.1:80", true, true),
        Row("http://[::ffff:127.0.0.1]:80", "http://127.0.0.1:80", false, false),
        Row("http://[::ffff:7f00:1]:80", "http://0.0.0.0:80", false, false),
        Row("http://[::ffff:0.0.0.0]:80", "http://10.0.0.1:80", false, false),
        Row("http://[::ffff:0.0.0.0]:80", "http://[::1]:80", false, true),
        Row("http://[::ffff:10.0.0.1]:80", "http://[::10.0.0.1]:80", true, true),
    ]

    @Test(arguments: rows)
    func overlaps(_ row: Row) throws {
        let taken = try address(row.taken)
        let wanted = try address(row.wanted)
        var table = AddressTable()
        table.add(taken, of: 1)
        let found = table.obstacle(to: [wanted], of: 2)
        #expect((found == nil) == row.besideOther)
        if let found {
            #expect(found.wanted == wanted)
            #expect(found.other == AddressTable.Entry(address: taken, worker: 1))
        }
        // The other way round it is the same.
        var reverse = AddressTable()
        reverse.add(wanted, of: 1)
        #expect((reverse.obstacle(to: [taken], of: 2) == nil) == row.besideOther)
        let own = AddressTable().obstacle(to: [taken, wanted], of: 2)
        #expect((own == nil) == row.besideOwn)
    }

    @Test func whatAWorkerHasIsNotInItsOwnWay() throws {
        var table = AddressTable()
        let first = try address("http://127.0.0.1:80")
        table.add(first, of: 1)
        #expect(table.obstacle(to: [first, try address("http://127.0.0.1:81")], of: 1) == nil)
        #expect(table.obstacle(to: [try address("http://0.0.0.0:80")], of: 1) == nil)
    }

    @Test func whatWasGivenUpIsFree() throws {
        var table = AddressTable()
        let one = try address("http://[::]:80")
        table.add(one, of: 1)
        table.remove(one, of: 2)
        #expect(table.obstacle(to: [one], of: 2) != nil)
        table.remove(one, of: 1)
        #expect(table.obstacle(to: [one], of: 2) == nil)
        #expect(table.entries.isEmpty)
    }
}
