// The text of an environment file: KEY=value lines, blank lines, `#` lines, an optional `export`.
// Quotes around a value are taken off, nothing is expanded. A line that is none of this is told by
// its number; what it holds is told to nobody.

import Messages

enum EnvironmentText {
    private struct BadLine: Error {}

    static func parse(_ bytes: ArraySlice<UInt8>) -> EnvironmentFile {
        var entries: [String] = []
        var number: Int32 = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let text = trimmed(line.last == 0x0D ? line.dropLast() : line)
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            guard let entry = try? entry(text) else {
                return EnvironmentFile(.badLine, number: number)
            }
            guard entry.utf8.count <= MessageLimits.environmentEntryBytes else {
                return EnvironmentFile(.longLine, number: number)
            }
            guard entries.count < MessageLimits.environmentEntries else {
                return EnvironmentFile(.tooMany, number: number)
            }
            entries.append(entry)
        }
        return EnvironmentFile(.read, entries: entries)
    }

    /// KEY=value of a line that is neither blank nor a comment.
    private static func entry(_ line: ArraySlice<UInt8>) throws(BadLine) -> String {
        let rest = withoutExport(line)
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { throw BadLine() }
        let key = rest[..<equals]
        guard isName(key) else { throw BadLine() }
        let value = try unquoted(trimmed(rest[(equals + 1)...]))
        guard !value.contains(0),
            let text = String(validating: Array(key) + [UInt8(ascii: "=")] + value, as: UTF8.self)
        else { throw BadLine() }
        return text
    }

    private static func withoutExport(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let word = Array("export".utf8)
        let rest = line.dropFirst(word.count)
        guard line.starts(with: word), let next = rest.first, isBlank(next) else { return line }
        return rest.drop(while: isBlank)
    }

    /// What stands between quotes, or the value as it is.
    private static func unquoted(_ value: ArraySlice<UInt8>) throws(BadLine) -> [UInt8] {
        let single = UInt8(ascii: "'")
        let double = UInt8(ascii: "\"")
        guard let quote = value.first, quote == single || quote == double else {
            return Array(value)
        }
        var text: [UInt8] = []
        var rest = value.dropFirst()
        while let byte = rest.popFirst() {
            if byte == quote {
                guard rest.isEmpty else { throw BadLine() }
                return text
            }
            if byte == UInt8(ascii: "\\"), quote == double, let escaped = escape(rest.first) {
                rest.removeFirst()
                text.append(escaped)
            } else {
                text.append(byte)
            }
        }
        throw BadLine()
    }

    /// What a backslash and this byte mean; nil: the backslash means itself.
    private static func escape(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        default: nil
        }
    }

    private static func isName(_ key: ArraySlice<UInt8>) -> Bool {
        guard let first = key.first, !(0x30...0x39).contains(first) else { return false }
        return key.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
