// The files of the repository, as git knows them, and the words in them.

import FoundationEssentials
import Glibc

struct SourceFile: Sendable {
    /// From the root of the repository.
    let path: String
    let text: String
    let lines: [String]

    var name: String { String(path.split(separator: "/").last ?? "") }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
    var isInSources: Bool { path.hasPrefix("Sources/") }

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.components(separatedBy: "\n")
    }
}

enum Tree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Tracked files and new ones that are not ignored; links and deleted files are left out.
    static let paths: [String] = listed().filter { isRegular($0) }.sorted()

    /// Swift and C, anywhere.
    static let code: [SourceFile] = paths.filter { path in
        [".swift", ".c", ".h"].contains { path.hasSuffix($0) }
    }.map { SourceFile(path: $0, text: read($0)) }

    static let sources = code.filter(\.isInSources)

    static func read(_ path: String) -> String {
        (try? String(contentsOfFile: root + "/" + path, encoding: .utf8)) ?? ""
    }

    static func byteCount(of path: String) -> Int {
        var entry = stat()
        return lstat(root + "/" + path, &entry) == 0 ? Int(entry.st_size) : 0
    }

    private static func isRegular(_ path: String) -> Bool {
        var entry = stat()
        return lstat(root + "/" + path, &entry) == 0 && entry.st_mode & S_IFMT == S_IFREG
    }

    private static func listed() -> [String] {
        let quoted = "'" + root.replacing("'", with: "'\\''") + "'"
        let command = "git -c safe.directory='*' -C \(quoted) ls-files -zco --exclude-standard"
        guard let pipe = popen(command, "re") else { return [] }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
