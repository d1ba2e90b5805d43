// One file's bytes and where its lines begin.

public struct SourceText: Sendable {
    /// Absolute.
    public let path: String
    public let bytes: [UInt8]
    private let lineStarts: [Int]

    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts = [0]
        for index in bytes.indices where bytes[index] == Byte.newline { starts.append(index + 1) }
        lineStarts = starts
    }

    /// Line and column of a byte, both from 1; the column counts bytes.
    public func position(of offset: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, offset - lineStarts[low] + 1)
    }

    /// What keeps these bytes from being read as text: where, and what; nil when nothing does.
    func problem() -> Finding? {
        if let index = bytes.firstIndex(of: 0) {
            return Finding(
                .error, at: index, "a NUL byte stands here: this is no text",
                now: "name a configuration file, or save this one as UTF-8")
        }
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        return Finding(
            .error, at: firstInvalid(), "the bytes here are no UTF-8",
            now: "save the file as UTF-8")
    }

    /// Where the first byte stands that is no part of a character.
    private func firstInvalid() -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &rest) {
            case .valid(let character): offset += character.count
            case .error, .emptyInput: return offset
            }
        }
    }
}
