// problem(): each way in which a definition makes no sense, and those that do.

import Settings
import Testing

@Suite struct WorkerSettingsProblemTests {
    @Test func goodDefinitionsHaveNoProblem() {
        #expect(SettingsSamples.plain.problem() == nil)
        #expect(SettingsSamples.full.problem() == nil)
    }

    private struct Row: CustomTestStringConvertible {
        let key: String
        let words: String
        let change: @Sendable (inout WorkerSettings) -> Void
        var testDescription: String { "\(key) \(words)" }
        init(
            _ key: String, _ words: String,
            _ change: @escaping @Sendable (inout WorkerSettings) -> Void
        ) {
            self.key = key
            self.words = words
            self.change = change
        }
    }

    private static let rows: [Row] = [
        Row("name", "is empty") { $0.name = "" },
        Row("name", "holds '#'") { $0.name = "api#2" },
        Row("exec", "is missing") { $0.exec = "" },
        Row("path", "is not an absolute path") { $0.path = "srv" },
        Row("path", "is not an absolute path") { $0.path = "" },
        Row("instances", "is 0") { $0.instances = 0 },
        Row("instances", "is more than 256") { $0.instances = 257 },
        Row("stop_signal", "is not a signal number") { $0.stopSignal = 0 },
        Row("stop_signal", "is not a signal number") { $0.stopSignal = 65 },
        Row("log", "is not an absolute path") { $0.log = "api.log" },
        Row("err_log", "is not an absolute path") { $0.errLog = "./api.err" },
        Row("env", "is not KEY=value: A") { $0.env = ["OK=1", "A"] },
        Row("env", "is not KEY=value: =x") { $0.env = ["=x"] },
        Row("env", "is not KEY=value: ") { $0.env = [""] },
        Row("watch", "has a pattern that is empty") { $0.watch = ["*.js", ""] },
        Row("watch_ignore", "has a pattern that has a * in its middle") {
            $0.watchIgnore = ["src/*.js"]
        },
        Row("environment", "is not KEY=value: PATH") { $0.baseEnvironment = ["PATH"] },
    ]

    @Test(arguments: rows)
    private func theFirstProblemIsNamed(_ row: Row) throws {
        var settings = SettingsSamples.full
        row.change(&settings)
        let problem = try #require(settings.problem())
        #expect(problem.key == row.key)
        #expect(problem.text.hasPrefix(row.words), "\(problem.text)")
    }

    @Test func limitsThemselvesAreAllowed() {
        var settings = SettingsSamples.full
        settings.instances = UInt16(SettingsLimits.instances)
        settings.stopSignal = 64
        settings.env = ["A=", "B=c=d"]
        #expect(settings.problem() == nil)
    }

    @Test func aLongBadVariableIsQuotedShort() throws {
        var settings = SettingsSamples.plain
        settings.env = [String(repeating: "x", count: 30_000)]
        #expect(try #require(settings.problem()).text.utf8.count < 100)
    }
}
