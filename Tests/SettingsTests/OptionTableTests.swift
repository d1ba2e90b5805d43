// The option tables against WorkerSettings and DaemonSettings, and as tables: nothing is missing,
// nothing stands twice, everything is explained.

import Testing

@testable import Settings

@Suite struct OptionTableTests {
    private static let tables: [OptionBlock] =
        [OptionTable.worker, OptionTable.module, OptionTable.daemon, OptionTable.top]
        + OptionTable.blocks
    private static let all = tables.flatMap { $0 }

    @Test func everySettingOfAPersonHasAnOption() {
        for (label, _) in Mirror(reflecting: WorkerSettings()).children {
            let name = label ?? ""
            // These two come from the caller, and are options themselves.
            if name == "baseEnvironment" || name == "kept" { continue }
            let others = ["standardInput": "stdin", "servers": "server"]
            let key = others[name] ?? snakeCase(name)
            if name == "serverSettings" { continue }
            #expect(OptionTable.worker.find(key) != nil, "\(key)")
        }
        let serving = Mirror(reflecting: ServerSettings()).children.count
        #expect(SettingKeys.serving.list.count == serving)
        for (label, _) in Mirror(reflecting: DaemonSettings()).children where label != "kept" {
            let name = label ?? ""
            let key = name == "isOperatedByEveryone" ? "operate" : snakeCase(name)
            #expect(OptionTable.daemon.find(key) != nil, "\(key)")
        }
    }

    @Test func keysAreUnique() {
        for table in Self.tables { #expect(Set(table.keys).count == table.count, "\(table.name)") }
        let keys = Self.all.map(\.fullKey)
        #expect(Set(keys).count == keys.count)
        let blocks = OptionTable.blocks.map(\.name)
        #expect(blocks.allSatisfy { OptionTable.worker.find($0) == nil })
    }

    /// They are on disks: a number that moves takes an old value to another option.
    @Test func numbersAreUniqueAndStay() {
        let ids = Self.all.compactMap(\.id)
        #expect(Set(ids).count == ids.count)
        for option in Self.all {
            guard let id = option.id else { continue }
            #expect(OptionTable.kept(id)?.fullKey == option.fullKey)
            let first: [String: UInt16] = [
                "": 0x0001, "vanguard": 0x0100, "on_crash": 0x0200, "statsd": 0x0300,
                "dashboard": 0x0400, "daemon": 0x0500,
            ]
            let base = option.key == "telemetry" ? 0x0600 : first[option.block] ?? 0
            #expect((base..<(base | 0xFF)).contains(id), "\(option.fullKey)")
        }
        let known: [(String, UInt16)] = [
            ("listen", 0x0040), ("tls_key", 0x0052), ("vanguard.log", 0x0109),
            ("on_crash.secret", 0x0205), ("statsd.host", 0x0300), ("dashboard.module", 0x0403),
            ("daemon.gui_password", 0x0502),
        ]
        for (key, id) in known { #expect(OptionTable.kept(id)?.fullKey == key) }
        #expect(OptionTable.kept(0) == nil && OptionTable.kept(0xFFFF) == nil)
    }

    /// What the table calls standard is what an untouched definition shows.
    @Test func theStandardIsTheDefault() throws {
        for option in OptionTable.worker where !option.isStandardInWords && option.id == nil {
            let standard = option.standard.isEmpty ? [] : [option.standard]
            #expect(WorkerSettings().values(option) == standard, "\(option.key)")
            guard case .typed(let key) = option.storage else { continue }
            let held = key.field.texts(in: WorkerSettings())
            #expect(held == standard || standard.isEmpty && [[""], ["0"]].contains(held))
        }
    }

    /// A default is a value that the option takes, in its canonical form.
    @Test func theStandardIsAValue() throws {
        for option in Self.all where !option.isStandardInWords && !option.standard.isEmpty {
            #expect(
                try OptionValue.canonical([option.standard], of: option) == [option.standard],
                "\(option.fullKey)")
        }
    }

    @Test func everyOptionShowsItsValue() {
        for option in OptionTable.worker where option.id == nil {
            #expect(!SettingsSamples.full.texts(option).isEmpty, "\(option.key)")
            #expect(option.key == "name" || WorkerSettings().texts(option).isEmpty)
        }
    }

    @Test func everyOptionHasHelpOfOneLine() {
        for option in Self.all {
            #expect(!option.help.isEmpty)
            #expect(option.help.count <= 72, "\(option.fullKey)")
            #expect(!option.help.hasSuffix("."), "\(option.fullKey)")
            #expect(option.help.first?.isUppercase == true || option.help.hasPrefix("KEY"))
            #expect(!option.kind.word.isEmpty)
        }
    }

    /// What has no field of its own does nothing yet; the rest came with a version.
    @Test func whatIsKeptComesLater() {
        for option in Self.all where option.id != nil || option.block == "module" {
            #expect(option.since == .later, "\(option.fullKey)")
        }
        for option in OptionTable.worker where option.id == nil {
            #expect(option.since == .version("0.1"), "\(option.key)")
        }
    }

    @Test func pathsAndListsAreKnown() {
        let paths = [
            "exec", "path", "env_file", "log", "err_log", "access_log", "tls_cert", "tls_key",
            "tls_ca",
        ]
        #expect(OptionTable.paths.map(\.key) == paths)
        #expect(OptionTable.worker.find("params")?.listing == .words)
        #expect(OptionTable.worker.find("server")?.listing == .commas)
        #expect(OptionTable.worker.find("prefix")?.listing == .single)
        #expect(OptionTable.dashboard.find("module")?.listing == .single)
        #expect(OptionTable.block("vanguard")?.find("ban_path")?.listing == .commas)
        #expect(OptionTable.block("vangard") == nil)
        #expect(OptionTable.module.required.map(\.key) == ["type", "id", "x", "y", "w", "h"])
    }

    private func snakeCase(_ name: String) -> String {
        let split = name.replacing("ANSI", with: "Ansi")
        return split.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }
}
