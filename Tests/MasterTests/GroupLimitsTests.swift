// What is written into a group's files for which settings.

import Control
import Settings
import Testing

@testable import apm_master

private func written(
    _ settings: WorkerSettings, under controllers: Controllers = .all
) -> [String] {
    settings.groupLimits(under: controllers).map { "\($0.file) \($0.text)" }
}

private func all() -> WorkerSettings {
    var settings = WorkerSettings()
    settings.memoryLimit = 1 << 28
    settings.memoryHigh = 1 << 27
    settings.cpuLimit = 50
    settings.pidsLimit = 16
    return settings
}

@Suite struct GroupLimitsTests {
    @Test func nothingIsWrittenForWhatIsNotSet() {
        #expect(written(WorkerSettings()).isEmpty)
    }

    @Test func eachLimitHasItsFile() {
        #expect(
            written(all()) == [
                "memory.max 268435456", "memory.swap.max 0", "memory.oom.group 1",
                "memory.high 134217728", "cpu.max 50000 100000", "pids.max 16",
            ])
    }

    /// A kernel without swap has no file for it; the others must be there.
    @Test func theSwapAloneMayBeMissing() {
        let optional = all().groupLimits(under: .all).filter(\.isOptional)
        #expect(optional.map(\.file) == ["memory.swap.max"])
    }

    @Test func whatNoControllerEnforcesIsLeftOut() {
        #expect(written(all(), under: []).isEmpty)
        #expect(written(all(), under: .pids) == ["pids.max 16"])
        #expect(written(all(), under: .cpu) == ["cpu.max 50000 100000"])
    }

    private func changes(_ old: WorkerSettings, _ new: WorkerSettings) -> [String] {
        new.groupLimits(insteadOf: old, under: .all).map { "\($0.file) \($0.text)" }
    }

    @Test func livingGroupsGetWhatIsDifferentAlone() {
        #expect(changes(all(), all()).isEmpty)
        var more = all()
        more.memoryLimit = 1 << 29
        more.pidsLimit = 17
        #expect(changes(all(), more) == ["memory.max 536870912", "pids.max 17"])
        #expect(changes(WorkerSettings(), all()) == written(all()))
    }

    @Test func limitsAreLiftedInLivingGroups() {
        #expect(
            changes(all(), WorkerSettings()) == [
                "memory.max max", "memory.swap.max max", "memory.oom.group 0", "memory.high max",
                "cpu.max max 100000", "pids.max max",
            ])
        let swap = WorkerSettings().groupLimits(insteadOf: all(), under: .all)
            .filter(\.isOptional)
        #expect(swap.map(\.file) == ["memory.swap.max"])
    }

    /// The kernel takes no quota below 1 ms: one percent is the least.
    @Test(arguments: [
        (1, "1000 100000"), (100, "100000 100000"), (250, "250000 100000"),
        (SettingsLimits.cpuPercent, "100000000 100000"),
    ])
    func percentBecomesTimeInATenthOfASecond(_ percent: UInt32, _ text: String) {
        var settings = WorkerSettings()
        settings.cpuLimit = percent
        #expect(written(settings) == ["cpu.max \(text)"])
    }
}
