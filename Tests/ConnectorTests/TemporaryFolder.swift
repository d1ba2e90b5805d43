// A folder for the files of one test.

import Glibc
import Testing

final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/apm-connector-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil, "mkdtemp")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in (try? names()) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Returns the path of the file.
    func write(_ name: String, _ text: String) throws -> String {
        let file = try #require(fopen("\(path)/\(name)", "w"), "\(path)/\(name)")
        #expect(fputs(text, file) >= 0)
        #expect(fclose(file) == 0)
        return "\(path)/\(name)"
    }

    func read(_ name: String) throws -> String {
        let file = try #require(fopen("\(path)/\(name)", "r"), "\(path)/\(name)")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1_048_576)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    func names() throws -> [String] {
        let folder = try #require(opendir(path))
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = Glibc.readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
