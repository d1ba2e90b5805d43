// The largest plan of a stream that settings allow is one that apm-logd can read.

import Bytes
import Messages
import Settings
import Testing

@testable import apm_master

@Suite struct StreamPlanTests {
    @Test(arguments: [StreamPlan.Source.standardOutput, .standardError])
    func theLargestPlanComesBack(_ source: StreamPlan.Source) throws {
        var settings = WorkerSettings()
        settings.name = String(repeating: "n", count: SettingsLimits.nameBytes)
        settings.exec = "/bin/true"
        settings.path = "/"
        settings.instances = UInt16(SettingsLimits.instances)
        settings.prefix = String(repeating: "ç", count: SettingsLimits.formatBytes / 2)
        settings.logTimeFormat = String(repeating: "%", count: SettingsLimits.formatBytes)
        #expect(settings.problem() == nil)
        let worker = Worker(
            id: 1, owner: 0, group: 0, settings: settings,
            recentSlot: UInt16(MessageLimits.workers - 1), logs: [:], accountUid: nil)
        let instance = Instance(id: 1, worker: worker, number: settings.instances)
        var plan = instance.streamPlan(source, keepsStart: true)
        plan.stream = UInt32(MessageLimits.streams - 1)
        plan.log = UInt32(MessageLimits.logs - 1)
        #expect(plan.prefix.hasSuffix("#\(settings.instances)"))
        let message = Message.openStream(plan)
        let decoded = try Message.decode(
            message.encoded().span.bytes, from: .master, in: .open, descriptors: 1)
        #expect(decoded == message)
    }
}
