// Where functions begin and end in formatted code: a function's last line is the first one after it
// that closes a brace at its own indentation.

import FoundationEssentials

struct FunctionSpan: Equatable {
    let line: Int
    let length: Int
}

enum Functions {
    static func spans(in file: SourceFile) -> [FunctionSpan] {
        file.lines.indices.compactMap { start in
            guard opens(file.lines[start], inC: file.isC) else { return nil }
            let closing = indentation(of: file.lines[start]) + "}"
            let rest = file.lines[start...]
            guard let end = rest.firstIndex(where: { $0 == closing }) else { return nil }
            return FunctionSpan(line: start + 1, length: end - start + 1)
        }
    }

    private static func indentation(of line: String) -> String {
        String(line.prefix { $0 == " " })
    }

    private static func opens(_ line: String, inC: Bool) -> Bool {
        if inC {
            guard let first = line.first, first.isLetter, line.contains("(") else { return false }
            return !line.hasSuffix(";") && !line.hasPrefix("typedef")
        }
        // A body that closes on its own line, or a requirement of a protocol, is not looked for.
        if line.hasSuffix("}") { return false }
        let words = line.split(whereSeparator: { !$0.isLetter && $0 != "_" && $0 != "@" })
        let modifiers: Set<Substring> = [
            "public", "private", "fileprivate", "internal", "static", "mutating", "consuming",
            "borrowing", "override", "final", "convenience", "required", "nonisolated",
            "@discardableResult", "@inline", "__always", "never", "@inlinable",
        ]
        guard let word = words.first(where: { !modifiers.contains($0) }) else { return false }
        return ["func", "init", "deinit", "subscript"].contains(word)
    }
}
