// Words as a shell splits them: blanks part, quotes hold together. Nothing is expanded. Pure.

enum ShellWords {
    /// nil when a quote is left open.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case " ", "\t", "\n", "\r":
                if let finished = word { words.append(finished) }
                word = nil
            case "'":
                guard let end = rest.firstIndex(of: "'") else { return nil }
                word = (word ?? "") + String(rest[..<end])
                rest = rest[rest.index(after: end)...]
            case "\"":
                guard let quoted = quoted(&rest) else { return nil }
                word = (word ?? "") + quoted
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? "") + String(Character(next))
            default:
                word = (word ?? "") + String(Character(scalar))
            }
        }
        if let finished = word { words.append(finished) }
        return words
    }

    /// Up to the closing double quote, in which a backslash protects a few characters.
    private static func quoted(_ rest: inout Substring.UnicodeScalarView) -> String? {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(text) }
            if scalar == "\\", let next = rest.first, "\"\\$`".unicodeScalars.contains(next) {
                rest.removeFirst()
                text.append(next)
            } else {
                text.append(scalar)
            }
        }
        return nil
    }

    /// Whether only a shell can carry it out: pipes, variables, patterns and the like.
    static func needsShell(_ command: String) -> Bool {
        command.unicodeScalars.contains { "|&;<>()$`*?[]{}~#!\n".unicodeScalars.contains($0) }
            || split(command) == nil
    }
}
