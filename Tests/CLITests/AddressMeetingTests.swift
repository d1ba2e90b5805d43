// Addresses of a file's workers that meet: the quick way finds what comparing all with all finds.

import Settings
import Testing

@testable import apm

@Suite struct AddressMeetingTests {
    private func workers(_ servers: [[String]]) throws -> [WorkerSettings] {
        try servers.map { texts in
            var settings = WorkerSettings()
            settings.servers = try texts.map { try #require(ServerAddress($0)) }
            return settings
        }
    }

    private func found(_ servers: [[String]]) throws -> [[Int]] {
        AddressMeeting.of(try workers(servers)).map { [$0.worker, $0.other] }
    }

    @Test func whoMeetsWhom() throws {
        #expect(try found([[":80"], ["http://127.0.0.1:81"], []]) == [])
        #expect(try found([[":80"], ["http://127.0.0.1:80"]]) == [[1, 0]])
        #expect(
            try found([["http://127.0.0.1:80"], ["http://[::]:80"], [":80"]]) == [[1, 0], [2, 0]])
        #expect(
            try found([["http://10.0.0.1:80"], ["http://10.0.0.2:80"], ["tcp://10.0.0.2:80"]]) == [
                [2, 1]
            ])
        // One worker may have both versions of IP, and nothing twice.
        #expect(try found([[":80", "http://[::]:80"]]) == [])
        #expect(try found([[":80", "http://127.0.0.1:80"]]) == [[0, 0]])
    }

    @Test func theFirstOneIsNamed() throws {
        let all = try workers([["http://127.0.0.1:80"], [":81", ":80"]])
        #expect(
            AddressMeeting.of(all) == [
                AddressMeeting(
                    worker: 1, wanted: all[1].servers[1], other: 0, taken: all[0].servers[0])
            ])
    }

    @Test func itFindsWhatComparingAllWithAllFinds() throws {
        let hosts = [
            "0.0.0.0", "127.0.0.1", "10.0.0.1", "[::]", "[::1]", "[::ffff:10.0.0.1]",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let all = try workers(
                (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                        "http://\(hosts.randomElement()!):\(Int.random(in: 80...83))"
                    }
                })
            let reaches = all.map { $0.servers.map { AddressReach($0) } }
            let meeting = all.indices.filter { later in
                let own = reaches[later]
                let others = reaches[..<later].joined()
                return own.contains { one in others.contains { $0.meets(one) } }
                    || own.indices.contains { place in
                        own[..<place].contains { $0.collides(with: own[place]) }
                    }
            }
            let found = AddressMeeting.of(all)
            #expect(found.map(\.worker) == meeting)
            for one in found {
                let (wanted, taken) = (AddressReach(one.wanted), AddressReach(one.taken))
                #expect(wanted.meets(taken) && one.other <= one.worker)
            }
        }
    }

    /// The most that a file may have, all on one port.
    @Test func aCrowdIsNoTrouble() throws {
        let crowd = try workers(
            (0..<4096).map { index in
                (0..<16).map { "http://10.\($0).\(index / 256).\(index % 256):80" }
            })
        #expect(AddressMeeting.of(crowd).isEmpty)
        #expect(AddressMeeting.of(crowd + (try workers([[":80"]]))).map(\.worker) == [4096])
    }
}
