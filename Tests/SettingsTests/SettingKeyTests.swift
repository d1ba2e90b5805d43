// Settings one by one: all of the option table, each moved alone.

import Settings
import Testing

@Suite struct SettingKeyTests {
    @Test func keysAreThoseOfTheOptionTable() {
        let keys = OptionTable.worker.map(\.key).filter { $0 != "name" }
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
        #expect(SettingKeys(rawValue: 0).list.isEmpty)
    }

    /// Every field with another value than `plain` has.
    private var otherwise: WorkerSettings {
        var settings = SettingsSamples.full
        settings.exec = "/usr/bin/python3"
        settings.path = "/srv/web"
        return settings
    }
}
