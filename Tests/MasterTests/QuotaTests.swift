// How much of a table each may fill.

import Documents
import Testing

@testable import apm_master

@Suite struct QuotaTests {
    private struct Row {
        var uid: UInt32
        var daemonUid: UInt32 = 0
        var places = 1
        var owners: [(UInt32, Int)]
        var exceeded: Int?
    }

    /// A table of 100 places.
    private static let table = [
        Row(uid: 7, owners: [], exceeded: nil),
        Row(uid: 7, places: 25, owners: [], exceeded: nil),
        Row(uid: 7, places: 26, owners: [], exceeded: 25),
        Row(uid: 7, owners: [(7, 25)], exceeded: 25),
        Row(uid: 7, owners: [(7, 24), (0, 50)], exceeded: nil),
        Row(uid: 7, owners: [(8, 25), (9, 25), (10, 25)], exceeded: 75),
        Row(uid: 7, owners: [(8, 25), (9, 25), (10, 24)], exceeded: nil),
        Row(uid: 0, owners: [(8, 25), (9, 25), (10, 25), (0, 24)], exceeded: nil),
        Row(uid: 0, owners: [(8, 25), (9, 25), (10, 25), (0, 25)], exceeded: 100),
        Row(uid: 0, places: 101, owners: [], exceeded: 100),
        Row(uid: 7, owners: [(0, 100)], exceeded: 100),
        Row(uid: 7, daemonUid: 7, places: 100, owners: [], exceeded: nil),
        Row(uid: 7, daemonUid: 7, owners: [(7, 100)], exceeded: 100),
    ]

    @Test func tablesAreShared() {
        for row in Self.table {
            let use = TableUse(row.owners.map { (owner: $0.0, places: $0.1) }, for: row.uid)
            let exceeded = Quota.exceeded(
                by: row.places, of: 100, use, uid: row.uid, daemonUid: row.daemonUid)
            #expect(exceeded == row.exceeded, "\(row)")
        }
    }

    /// Whatever strangers do, root finds a quarter of each table.
    @Test func rootAlwaysFindsRoom() {
        for limit in [4, 64, 128, 256, 1024, 2048, 4096] {
            var owners: [(owner: UInt32, places: Int)] = []
            for uid in UInt32(1)...10 {
                let mine = TableUse(owners, for: uid)
                var places = 0
                while Quota.exceeded(
                    by: places + 1, of: limit, mine, uid: uid, daemonUid: 0) == nil
                { places += 1 }
                owners.append((uid, places))
            }
            let use = TableUse(owners, for: 0)
            #expect(use.strangers == limit / 4 * 3)
            #expect(
                Quota.exceeded(by: limit / 4, of: limit, use, uid: 0, daemonUid: 0) == nil)
        }
    }

    @Test func placesAreAsDocumented() throws {
        let rows = try Documents.table(
            in: "docs/PRIVILEGES.md", headed: ["table", "places", "of one uid", "kept for root"])
        let row = try #require(rows.first { $0[0] == "connections to the control socket" })
        let limits = MasterLimits.clients
        #expect(row.dropFirst().map { Int($0) } == [limits.all, limits.ofOne, limits.keptForRoot])
    }
}
