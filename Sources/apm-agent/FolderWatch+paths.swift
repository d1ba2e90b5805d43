// Paths of folders as the kernel tells them: bytes, of which nobody knows that they are text.

extension FolderWatch {
    static func withCPath<Result>(
        _ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
    ) -> Result {
        var text = path.map { CChar(bitPattern: $0) }
        text.append(0)
        return text.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { preconditionFailure("no path") }
            return body(start)
        }
    }

    static func joined(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
        folder.last == slash ? folder + name : folder + [slash] + name
    }

    static func parent(of path: [UInt8]) -> [UInt8] {
        guard let last = path.lastIndex(of: slash), last > 0 else { return [slash] }
        return Array(path[..<last])
    }

    static func name(of path: [UInt8]) -> [UInt8] {
        path.lastIndex(of: slash).map { Array(path[($0 + 1)...]) } ?? path
    }

    /// Without slashes at its end.
    static func trimmed(_ path: [UInt8]) -> [UInt8] {
        var rest = path[...]
        while rest.count > 1, rest.last == slash { rest.removeLast() }
        return Array(rest)
    }
}
