// Names with `*` (any bytes, none too) and `?` (one character) in them. A star does not stand for a
// slash, nor for the dot that hides a file.

public struct GlobPattern: Sendable {
    private let bytes: [UInt8]

    public init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    public static func isPattern(_ text: some StringProtocol) -> Bool {
        text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    }

    /// Takes time in proportion to the product of the two lengths at most.
    public func matches(_ text: String) -> Bool {
        let name = Array(text.utf8)
        let dot = UInt8(ascii: ".")
        if name.first == dot, bytes.first != dot { return false }
        var (place, at) = (0, 0)
        var star: (place: Int, at: Int)?
        while at < name.count {
            if place < bytes.count, bytes[place] == UInt8(ascii: "*") {
                star = (place + 1, at)
                place += 1
            } else if place < bytes.count, bytes[place] == UInt8(ascii: "?") {
                place += 1
                at = Self.end(ofCharacterAt: at, in: name)
            } else if place < bytes.count, bytes[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                (place, at) = (last.place, last.at + 1)
                star = (last.place, last.at + 1)
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func end(ofCharacterAt start: Int, in name: [UInt8]) -> Int {
        var end = start + 1
        while end < name.count, name[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}

extension ConfigFiles {
    /// The paths that a path with `*` and `?` in it stands for, in the order of their bytes, at
    /// most `limit`. Folders that are not there match nothing; any other problem is thrown.
    func paths(
        matching pattern: String, atMost limit: Int
    ) throws(ConfigFileProblem) -> [String] {
        var found = [""]
        var isSure = true
        for part in pattern.split(separator: "/") {
            if !GlobPattern.isPattern(part) {
                found = found.map { $0 + "/" + part }
                isSure = false
                continue
            }
            let glob = GlobPattern(part)
            var next: [String] = []
            for folder in found {
                looked(in: folder.isEmpty ? "/" : folder, for: String(part))
                for name in try names(in: folder) where glob.matches(name) {
                    next.append(folder + "/" + name)
                    if next.count >= limit { break }
                }
            }
            found = next
            isSure = true
        }
        if !isSure { found = try existing(found) }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func names(in folder: String) throws(ConfigFileProblem) -> [String] {
        do throws(ConfigFileProblem) {
            return try list(folder.isEmpty ? "/" : folder)
        } catch {
            if error.kind == .refused { throw error }
            return []
        }
    }

    /// Those whose folder has such a name.
    private func existing(_ paths: [String]) throws(ConfigFileProblem) -> [String] {
        var found: [String] = []
        for path in paths {
            let name = path.utf8.lastIndex(of: Byte.slash).map {
                String(path[path.utf8.index(after: $0)...])
            }
            guard let name else { continue }
            looked(in: ConfigPath.folder(of: path), for: name)
            if try names(in: ConfigPath.folder(of: path)).contains(name) { found.append(path) }
        }
        return found
    }
}
