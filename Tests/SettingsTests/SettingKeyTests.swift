// Settings one by one: all of the option table, each moved alone.

import Bytes
import Settings
import Testing

@Suite struct SettingKeyTests {
    @Test func keysAreThoseOfTheOptionTable() {
        let keys = OptionTable.worker.filter { $0.id == nil }.map(\.key).filter { $0 != "name" }
        #expect(SettingKey.allCases.map(\.rawValue) == keys)
    }

    @Test(arguments: SettingKey.allCases)
    func eachIsTakenAlone(_ key: SettingKey) {
        let before = SettingsSamples.plain
        let after = before.taking(SettingKeys([key]), from: otherwise)
        #expect(after.differences(from: before).list == [key])
        #expect(after.taking(SettingKeys([key]), from: before) == before)
    }

    @Test func allOfThemAreAllButNameAndBaseEnvironment() {
        var all = SettingsSamples.plain.taking(.all, from: SettingsSamples.full)
        #expect(all.baseEnvironment.isEmpty)
        all.baseEnvironment = SettingsSamples.full.baseEnvironment
        #expect(all == SettingsSamples.full)
        #expect(all.differences(from: SettingsSamples.full).isEmpty)
    }

    @Test func aSetListsItsKeysInTheirOrder() {
        let keys = SettingKeys([SettingKey.stripANSI, .exec, .exec])
        #expect(keys.list == [.exec, .stripANSI])
        #expect(keys.contains(SettingKey.exec) && !keys.contains(SettingKey.log))
        #expect(SettingKeys.all.list == SettingKey.allCases)
        #expect(SettingKeys().list.isEmpty && SettingKeys().isEmpty)
        #expect(SettingKeys(bits: 1 << 63, kept: []) == nil)
        #expect(SettingKeys(bits: 0, kept: [0xFFFF]) == nil)
    }

    @Test func keptOptionsAreTakenAlone() throws {
        let listen = try #require(OptionTable.worker.find("listen"))
        let limit = try #require(OptionTable.vanguard.find("rate_limit"))
        var after = SettingsSamples.full
        try after.set(listen, ["x"])
        try after.set(limit, [])
        let keys = after.differences(from: SettingsSamples.full)
        #expect(keys.names == ["listen", "vanguard.rate_limit"])
        #expect(keys.contains(listen) && keys.contains(limit) && keys.list.isEmpty)
        #expect(keys.isDisjoint(with: .needingRestart) && keys.isSubset(of: .all))
        var one = SettingKeys()
        one.insert(limit)
        let taken = SettingsSamples.full.taking(one, from: after)
        #expect(taken.texts(limit).isEmpty)
        #expect(taken.texts(listen) == SettingsSamples.full.texts(listen))
        #expect(keys.subtracting(one).names == ["listen"])
        #expect(SettingsSamples.full.taking(keys, from: after) == after)
    }

    @Test func keysComeBackFromTheWire() throws {
        var keys = SettingKeys([SettingKey.exec, .stripANSI])
        for option in OptionTable.vanguard { keys.insert(option) }
        var writer = ByteWriter()
        keys.write(to: &writer)
        let bytes = writer.bytes
        var reader = ByteReader(bytes.span.bytes)
        #expect(try SettingKeys(reading: &reader) == keys)
        #expect(reader.remaining == 0)
        for length in bytes.indices {
            let cut = Array(bytes[..<length])
            #expect(throws: DecodeError.self) {
                var reader = ByteReader(cut.span.bytes)
                _ = try SettingKeys(reading: &reader)
            }
        }
    }

    private static let unfit: [(UInt64, [UInt16])] = [
        (0, [0x0041, 0x0040]), (0, [0x0040, 0x0040]), (0, [0x7777]), (1 << 62, []),
    ]

    @Test(arguments: unfit)
    func keysOutOfOrderOrUnknownAreRefused(_ bits: UInt64, _ kept: [UInt16]) {
        var writer = ByteWriter()
        writer.write(bits)
        writer.write(UInt16(kept.count))
        for id in kept { writer.write(id) }
        let bytes = writer.bytes
        #expect(throws: DecodeError.badValue) {
            var reader = ByteReader(bytes.span.bytes)
            _ = try SettingKeys(reading: &reader)
        }
    }

    /// Every field with another value than `plain` has.
    private var otherwise: WorkerSettings {
        var settings = SettingsSamples.full
        settings.exec = "/usr/bin/python3"
        settings.path = "/srv/web"
        return settings
    }
}
