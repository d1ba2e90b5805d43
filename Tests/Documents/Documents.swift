// Documents of the repository whose tables are promises, for the tests that hold the program to
// them.

import Glibc

public struct DocumentError: Error {
    public let text: String
}

public enum Documents {
    /// The folder that holds Package.swift.
    public static func root(_ file: String = #filePath) -> String {
        var path = file[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            if access(path + "/Package.swift", F_OK) == 0 { return String(path) }
        }
        return "."
    }

    public static func text(of path: String) throws -> String {
        let file = open(root() + "/" + path, O_RDONLY)
        guard file >= 0 else { throw DocumentError(text: "\(path) is missing") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(file, &room, room.count)
            guard count > 0 else { break }
            bytes += room[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The cells of the first Markdown table with these headings; back-ticks are removed.
    public static func table(in path: String, headed headings: [String]) throws -> [[String]] {
        var rows: [[String]] = []
        var isInside = false
        for line in try text(of: path).split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                if isInside { break }
                continue
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .dropFirst().dropLast()
                .map { cell in
                    cell.filter { $0 != "`" }.trimming()
                }
            if cells == headings {
                isInside = true
            } else if isInside,
                !cells.allSatisfy({ $0.allSatisfy { "-: ".contains($0) } }) || cells.isEmpty
            {
                rows.append(cells)
            }
        }
        guard !rows.isEmpty else {
            throw DocumentError(text: "\(path) has no table headed \(headings)")
        }
        return rows
    }
}

extension Sequence where Element == Character {
    fileprivate func trimming() -> String {
        let text = String(self)
        let start = text.firstIndex { $0 != " " } ?? text.endIndex
        guard let end = text.lastIndex(where: { $0 != " " }) else { return "" }
        return String(text[start...end])
    }
}
