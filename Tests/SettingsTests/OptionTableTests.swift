// The option table: complete, without doubles, and true about the defaults.

import Settings
import Testing

@Suite struct OptionTableTests {
    @Test func everySettingHasAnOption() {
        let keys = Set(OptionTable.worker.map(\.key))
        for (label, _) in Mirror(reflecting: WorkerSettings()).children {
            let name = label ?? ""
            if name == "baseEnvironment" { continue }  // comes from the caller, not from a person
            let key = name == "standardInput" ? "stdin" : snakeCase(name)
            #expect(keys.contains(key), "\(key)")
        }
    }

    @Test func keysAreUnique() {
        let keys = OptionTable.worker.map(\.key)
        #expect(Set(keys).count == keys.count)
    }

    /// What the table calls standard is what an untouched definition shows.
    @Test func theStandardIsTheDefault() {
        let inWords = ["name", "path", "log", "err_log", "prefix"]
        for option in OptionTable.worker where !inWords.contains(option.key) {
            #expect(option.show(WorkerSettings()) == option.standard, "\(option.key)")
        }
    }

    @Test func everyOptionShowsItsValue() {
        for option in OptionTable.worker {
            #expect(
                option.show(SettingsSamples.full) != option.show(WorkerSettings()), "\(option.key)")
        }
    }

    @Test func everyOptionHasHelpOfOneLine() {
        for option in OptionTable.worker {
            #expect(!option.help.isEmpty)
            #expect(option.help.count <= 72, "\(option.key)")
            #expect(!option.help.hasSuffix("."), "\(option.key)")
        }
    }

    private func snakeCase(_ name: String) -> String {
        let split = name.replacing("ANSI", with: "Ansi")
        return split.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }
}
