// The binary plan: comes back as it was, is refused when cut or out of range.

import Bytes
import Settings
import Testing

@Suite struct WorkerSettingsWireTests {
    private func encode(_ settings: WorkerSettings) -> [UInt8] {
        var writer = ByteWriter()
        settings.write(to: &writer)
        return writer.bytes
    }

    private func decode(_ bytes: [UInt8]) throws(DecodeError) -> WorkerSettings {
        var reader = ByteReader(bytes.span.bytes)
        let settings = try WorkerSettings(reading: &reader)
        try reader.finish()
        return settings
    }

    @Test func everyFieldComesBack() throws {
        for settings in SettingsSamples.all { #expect(try decode(encode(settings)) == settings) }
    }

    /// `full` differs from the defaults in each stored property, so that none can be forgotten on
    /// the way without the test above seeing it.
    @Test func theFullSampleHasNoDefault() {
        let pairs = zip(
            Mirror(reflecting: SettingsSamples.full).children,
            Mirror(reflecting: WorkerSettings()).children)
        for (full, standard) in pairs {
            #expect(
                String(describing: full.value) != String(describing: standard.value),
                "\(full.label ?? "?")")
        }
    }

    @Test func cutAnywhereItIsTruncated() {
        let bytes = encode(SettingsSamples.full)
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.truncated) { try decode(Array(bytes[..<length])) }
        }
    }

    @Test func aByteTooManyIsRefused() {
        #expect(throws: DecodeError.trailingBytes(1)) {
            try decode(encode(SettingsSamples.full) + [0])
        }
    }

    private struct Excess: CustomTestStringConvertible {
        let testDescription: String
        let error: DecodeError
        let change: @Sendable (inout WorkerSettings) -> Void
        init(
            _ name: String, _ error: DecodeError,
            _ change: @escaping @Sendable (inout WorkerSettings) -> Void
        ) {
            testDescription = name
            self.error = error
            self.change = change
        }
    }

    private static let excesses: [Excess] = [
        Excess("name", .tooLong(65)) { $0.name = SettingsSamples.text(65) },
        Excess("exec", .tooLong(4097)) { $0.exec = SettingsSamples.text(4097) },
        Excess("path", .tooLong(4097)) { $0.path = SettingsSamples.text(4097) },
        Excess("argument", .tooLong(32769)) { $0.params = [SettingsSamples.text(32769)] },
        Excess("arguments", .tooMany(4097)) { $0.params = Array(repeating: "", count: 4097) },
        Excess("variables", .tooMany(4097)) { $0.env = Array(repeating: "", count: 4097) },
        Excess("environment", .tooMany(4097)) {
            $0.baseEnvironment = Array(repeating: "", count: 4097)
        },
        Excess("env_index", .tooLong(65)) { $0.envIndex = SettingsSamples.text(65) },
        Excess("codes", .tooMany(65)) { $0.restartOnExitCodes = Array(repeating: 1, count: 65) },
        Excess("restart_delay", .badValue) { $0.restartDelay = 86_400_001 },
        Excess("err_delay", .badValue) { $0.errDelay = 86_400_001 },
        Excess("err_grace", .badValue) { $0.errGrace = 86_400_001 },
        Excess("restart_backoff", .badValue) { $0.restartBackoff = .max },
        Excess("startup_grace", .badValue) { $0.startupGrace = 86_400_001 },
        Excess("dependencies", .tooMany(65)) { $0.dependsOn = Array(repeating: "a", count: 65) },
        Excess("depends_on", .tooLong(65)) { $0.dependsOn = [SettingsSamples.text(65)] },
        Excess("depends_timeout", .badValue) { $0.dependsTimeout = .max },
        Excess("rolling_delay", .badValue) { $0.rollingDelay = 86_400_001 },
        Excess("kill_timeout", .badValue) { $0.killTimeout = 86_400_001 },
        Excess("watch", .tooMany(257)) { $0.watch = Array(repeating: "*", count: 257) },
        Excess("pattern", .tooLong(257)) { $0.watch = [SettingsSamples.text(257)] },
        Excess("watch_ignore", .tooMany(257)) {
            $0.watchIgnore = Array(repeating: "*", count: 257)
        },
        Excess("watch_delay", .badValue) { $0.watchDelay = 86_400_001 },
        Excess("log", .tooLong(4097)) { $0.log = SettingsSamples.text(4097) },
        Excess("err_log", .tooLong(4097)) { $0.errLog = SettingsSamples.text(4097) },
        Excess("prefix", .tooLong(257)) { $0.prefix = SettingsSamples.text(257) },
        Excess("log_time_format", .tooLong(257)) { $0.logTimeFormat = SettingsSamples.text(257) },
        Excess("user", .tooLong(257)) { $0.user = SettingsSamples.text(257) },
        Excess("env_file", .tooLong(4097)) { $0.envFile = SettingsSamples.text(4097) },
        Excess("memory_limit", .badValue) { $0.memoryLimit = SettingsLimits.memoryBytes + 1 },
        Excess("memory_high", .badValue) { $0.memoryHigh = .max },
        Excess("cpu_limit", .badValue) { $0.cpuLimit = SettingsLimits.cpuPercent + 1 },
        Excess("pids_limit", .badValue) { $0.pidsLimit = SettingsLimits.processes + 1 },
        Excess("NUL", .badText) { $0.params = ["a\0b"] },
    ]

    @Test(arguments: excesses)
    private func aFieldBeyondItsLimitIsRefused(_ excess: Excess) {
        var settings = SettingsSamples.full
        excess.change(&settings)
        #expect(throws: excess.error) { try decode(encode(settings)) }
    }
}
