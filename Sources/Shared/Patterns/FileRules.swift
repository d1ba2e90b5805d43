// Which files count and which folders are left out, by `watch` and `watch_ignore`. A path is tested
// as it stands from the root, as it stands below the worker's folder, and by its last part where a
// pattern is a whole name. What is ignored never counts.

public struct FileRules: Equatable, Sendable {
    private let wanted: [Pattern]
    private let ignored: [Pattern]
    /// The worker's folder, with a slash at its end.
    private let folder: [UInt8]

    /// `folder` is absolute.
    public init(wanted: [String], ignored: [String], folder: String) {
        self.wanted = wanted.map(Self.pattern)
        self.ignored = ignored.map(Self.pattern)
        let bytes = Array(folder.utf8)
        self.folder = bytes.last == Self.slash ? bytes : bytes + [Self.slash]
    }

    private static let slash = UInt8(ascii: "/")

    /// `./src/*` is said of what is below the folder, whose paths do not begin so.
    private static func pattern(_ text: String) -> Pattern {
        text.hasPrefix("./") ? Pattern(text.dropFirst(2)) : Pattern(text)
    }

    /// Whether a change of this file counts. `path` is absolute.
    public func wantsFile(_ path: [UInt8]) -> Bool {
        isAny(of: wanted, path) && !isAny(of: ignored, path)
    }

    /// Whether nothing below this folder counts. A folder is tested with and without a slash at its
    /// end, so that `*dist/*` and `*node_modules*` and `node_modules` all mean the folder itself.
    public func ignoresFolder(_ path: [UInt8]) -> Bool {
        isAny(of: ignored, path) || isAny(of: ignored, path + [Self.slash])
    }

    /// As it stands below the worker's folder; the whole of it where it is not below.
    public func shown(_ path: [UInt8]) -> ArraySlice<UInt8> {
        path.count > folder.count && path.starts(with: folder)
            ? path[folder.count...] : path[...]
    }

    private func isAny(of patterns: [Pattern], _ path: [UInt8]) -> Bool {
        guard !patterns.isEmpty else { return false }
        let below = shown(path)
        let name = Self.lastPart(of: path)
        return patterns.contains { pattern in
            pattern.matches(path) || pattern.matches(below)
                || (pattern.mode == .whole && pattern.matches(name))
        }
    }

    /// Behind the last slash that does not end it.
    private static func lastPart(of path: [UInt8]) -> ArraySlice<UInt8> {
        let end = path.last == slash ? path.count - 1 : path.count
        guard let before = path[..<end].lastIndex(of: slash) else { return path[...] }
        return path[(before + 1)...]
    }
}
