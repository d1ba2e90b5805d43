// -update: a connector replaces itself by a newer one, or says why not.

import Documents
import Glibc
import Testing

@Suite struct UpdateTests {
    /// A connector in a folder of its own.
    private func copy(_ language: Language, into folder: TemporaryFolder) throws -> String {
        try folder.write(language.connector, Documents.text(of: "connectors/\(language.connector)"))
    }

    private func update(
        _ language: Language, _ file: String, from address: String?
    ) throws -> WorkerProcess.Result {
        try WorkerProcess.run(
            [language.interpreter, file, "-update"],
            environment: address.map { ["APM_CONNECTOR_URL=\($0)"] } ?? [])
    }

    @Test(arguments: Language.all)
    func itTakesWhatTheAddressHas(_ language: Language) throws {
        let (here, there) = (try TemporaryFolder(), try TemporaryFolder())
        let file = try copy(language, into: here)
        let newer = try Documents.text(of: "connectors/\(language.connector)")
            .replacing("'3.0.0'", with: "'3.9.1'")
        _ = try there.write(language.connector, newer)
        #expect(chmod(file, 0o640) == 0)
        let result = try update(language, file, from: "file://\(there.path)/")
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.output.contains("3.9.1") && result.output.contains("3.0.0"))
        #expect(try here.read(language.connector) == newer)
        var entry = stat()
        #expect(stat(file, &entry) == 0 && entry.st_mode & 0o777 == 0o640)
        #expect(try here.names() == [language.connector])
        let again = try update(language, file, from: "file://\(there.path)")
        #expect(again.code == 0, "\(again.errors)")
    }

    enum Damage: CaseIterable { case cut, anotherFile, noVersion, nothing, noScheme }

    @Test(arguments: Language.all, Damage.allCases)
    func itTakesNothingElse(_ language: Language, _ damage: Damage) throws {
        let (here, there) = (try TemporaryFolder(), try TemporaryFolder())
        let file = try copy(language, into: here)
        let old = try here.read(language.connector)
        switch damage {
        case .cut: _ = try there.write(language.connector, String(old.dropLast(100)))
        case .anotherFile: _ = try there.write(language.connector, "<html>3.0.0</html>\n")
        case .noVersion:
            _ = try there.write(language.connector, old.replacing("'3.0.0'", with: "''"))
        case .nothing, .noScheme: break
        }
        let address = damage == .noScheme ? there.path : "file://\(there.path)"
        let result = try update(language, file, from: address)
        #expect(result.code == 1)
        #expect(result.errors.contains("APM_CONNECTOR_URL"), "\(result.errors)")
        #expect(try here.read(language.connector) == old)
        #expect(try here.names() == [language.connector])
    }

    /// Without an address it looks where APM is installed.
    @Test(arguments: Language.all)
    func withoutAnAddressItSaysWhereItLooked(_ language: Language) throws {
        let here = try TemporaryFolder()
        let file = try copy(language, into: here)
        let result = try update(language, file, from: nil)
        #expect((result.output + result.errors).contains("/usr/share/apm/connectors"))
        let isInstalled = access("/usr/share/apm/connectors/\(language.connector)", F_OK) == 0
        #expect(result.code == (isInstalled ? 0 : 1))
        #expect(isInstalled || result.errors.contains("APM_CONNECTOR_URL"))
    }
}
