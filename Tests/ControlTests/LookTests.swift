// What anybody may look at: it comes back as it was sent, and no secret is in it.

import Control
import Messages
import Settings
import Testing

@Suite struct LookTests {
    private var settings: WorkerSettings {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "HIDDEN"
        settings.params = ["HIDDEN"]
        settings.path = "/HIDDEN"
        settings.user = "HIDDEN"
        settings.env = ["KEY=HIDDEN"]
        settings.envIndex = "HIDDEN"
        settings.envFile = "/HIDDEN"
        settings.baseEnvironment = ["A=HIDDEN"]
        settings.log = "/HIDDEN"
        settings.errLog = "/HIDDEN"
        settings.prefix = "HIDDEN"
        settings.logTimeFormat = "HIDDEN"
        settings.memoryLimit = 7
        return settings
    }

    private var look: Look {
        let row = WorkerRow(
            name: "api", state: .running, instances: 1, running: 1, pid: 7, uptimeMilliseconds: 1,
            restarts: RestartCounts(), hasRestartPolicy: false, lastExit: ExitReport())
        let info = WorkerInfo(settings: settings, endsWholeTree: true, logError: 0, instances: [])
        let status = DaemonStatus(
            version: Version.text, pid: 1, uid: 0, uptimeMilliseconds: 1, workers: 1, instances: 1,
            running: 1, notesLost: 0, helpers: [])
        return Look(status: status, entries: [Look.Entry(row: row, info: info)])
    }

    @Test func itComesBackAsItWasSent() throws {
        let bytes = look.encoded()
        #expect(try Look.decode(bytes.span.bytes) == look)
        for count in bytes.indices {
            #expect(throws: (any Error).self) {
                try Look.decode(Array(bytes.prefix(count)).span.bytes)
            }
        }
        #expect(throws: (any Error).self) { try Look.decode((bytes + [0]).span.bytes) }
    }

    /// As many workers as there can be, with the longest names and lists that are shown.
    @Test func theLargestFitsAMessage() {
        var look = look
        var entry = look.entries[0]
        entry.row.name = String(repeating: "x", count: SettingsLimits.nameBytes)
        entry.row.waitsFor = Array(repeating: entry.row.name, count: ControlLimits.waitedFor)
        entry.info.settings.name = entry.row.name
        entry.info.settings.restartOnExitCodes = (0..<UInt8(SettingsLimits.exitCodes)).map { $0 }
        entry.info.instances = [
            InstanceRow(
                number: 1, state: .running, pid: 7, uptimeMilliseconds: 1,
                restarts: RestartCounts(), lastExit: ExitReport())
        ]
        look.entries = Array(repeating: entry, count: MessageLimits.workers)
        #expect(look.encoded().count + 4 <= MessageLimits.planBytes)
    }

    @Test func everySampleComesBack() throws {
        for look in ControlSamples.looks {
            #expect(try Look.decode(look.encoded().span.bytes) == look)
        }
    }

    @Test func nothingThatCouldBeASecretIsInIt() {
        #expect(!String(decoding: look.encoded(), as: UTF8.self).contains("HIDDEN"))
        #expect(look.entries[0].info.settings.memoryLimit == 7)
    }

    /// What is hidden is not told as a default: the list of keys is that of what comes through.
    @Test func theKeysAreThoseThatComeThrough() throws {
        let samples = [
            "/HIDDEN", "HIDDEN", "A=1", "7", "true", "7%", "null", "SIGHUP", "8M", ":80",
            "10.0.0.0/8", "false", "777",
        ]
        // What is kept as text is hidden as a whole.
        for option in OptionTable.worker where option.key != "name" && option.id == nil {
            var settings = WorkerSettings()
            settings.name = "api"
            let value = try #require(
                samples.first {
                    text in
                    var tried = settings
                    guard (try? tried.set(option, [text])) != nil else { return false }
                    return !tried.texts(option).isEmpty
                }, "\(option.key)")
            try settings.set(option, [value])
            let row = WorkerRow(
                name: "api", state: .running, instances: 1, running: 1, pid: 7,
                uptimeMilliseconds: 1, restarts: RestartCounts(), hasRestartPolicy: false,
                lastExit: ExitReport())
            let info = WorkerInfo(
                settings: settings, endsWholeTree: true, logError: 0, instances: [])
            let shown = Look.Entry(row: row, info: info).info.settings
            #expect(shown.isShownToAnybody)
            let isTold = WorkerSettings.keysShownToAnybody.contains(option.fullKey)
            #expect(shown.texts(option).isEmpty != isTold, "\(option.fullKey)")
        }
    }

    @Test func variablesOfOthersAreShownByTheirNames() {
        var settings = settings
        settings.kept = [
            KeptOption(id: 0x0040, values: ["jobs"]),
            KeptOption(id: 0x0200, values: ["https://example.com/HIDDEN"]),
            KeptOption(id: 0x0205, values: ["HIDDEN"]),
        ]
        let shown = settings.withoutValues
        #expect(shown.kept == [settings.kept[0]])
        #expect(shown.env == ["KEY"] && shown.baseEnvironment.isEmpty)
        #expect(shown.params == ["HIDDEN"])
    }

    @Test func aDaemonIsLookedAtByItsOwnName() {
        #expect(LookName.of(uid: 0) == "apm")
        #expect(LookName.of(uid: 7) == "apm-7")
        #expect(LookName.of(uid: 7, movedTo: "/x") != LookName.of(uid: 7, movedTo: "/y"))
        #expect(LookName.of(uid: 0, movedTo: "/x") != "apm")
    }
}
