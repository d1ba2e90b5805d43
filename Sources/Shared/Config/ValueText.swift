// Values as the language writes them: quoted where the parser would take them otherwise, and only
// there.

import Settings

enum ValueText {
    /// What stands between a key and its `;`, in pieces of which each may follow a key of its own.
    static func pieces(
        _ texts: [String], of option: ConfigOption, atMost columns: Int = ConfigLimits.columns
    ) -> [String] {
        switch option.listing {
        case .single: texts.map { single($0, of: option) }
        // An assignment a line: people look for one of them.
        case .commas where option.key == "env": texts.map(item)
        case .commas: joined(texts.map(item), by: ", ", atMost: columns)
        case .words: joined(texts.map(word), by: " ", atMost: columns)
        }
    }

    private static func joined(
        _ values: [String], by separator: String, atMost columns: Int
    ) -> [String] {
        var lines: [String] = []
        var length = 0
        for value in values {
            if let last = lines.last, length + separator.utf8.count + value.utf8.count <= columns {
                lines[lines.count - 1] = last + separator + value
                length += separator.utf8.count + value.utf8.count
            } else {
                lines.append(value)
                length = value.utf8.count
            }
        }
        return lines
    }

    static func single(_ text: String, of option: ConfigOption) -> String {
        let bytes = Array(text.utf8)
        if option.kind == .colour, bytes.first == Byte.hash,
            (4...9).contains(bytes.count), bytes.dropFirst().allSatisfy(Byte.isHexDigit)
        {
            return text
        }
        // A variable in a path was replaced when it was read.
        if option.isPath, option.kind != .program, text.contains("$") || text.hasPrefix("~") {
            return literal(text) ?? quoted(text)
        }
        // A blank in a program's name looks like an argument, so it is asked for in quotes.
        if option.kind == .program, bytes.contains(where: Byte.isGap) { return quoted(text) }
        let isPlain =
            begins(bytes) && !bytes.contains { isSpecial($0) || $0 == 0x09 || $0 == 0x0D }
            && bytes.last.map(Byte.isBlank) == false
        return isPlain ? text : quoted(text)
    }

    /// A value of a list.
    static func item(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isQuoteBehindEquals = zip(bytes, bytes.dropFirst()).contains {
            $0 == Byte.equals && Byte.isQuote($1)
        }
        let isPlain =
            begins(bytes) && !isQuoteBehindEquals && bytes.last.map(Byte.isBlank) == false
            && !bytes.contains { isSpecial($0) || $0 == Byte.comma || $0 == 0x0D || $0 == 0x09 }
        return isPlain ? text : quoted(text)
    }

    /// A value between blanks.
    static func word(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isPlain =
            begins(bytes)
            && !bytes.contains {
                isSpecial($0) || $0 == Byte.comma || Byte.isBlank($0) || Byte.isQuote($0)
            }
        return isPlain ? text : quoted(text)
    }

    /// A word of a command, where a backslash has a meaning as well.
    static func commandWord(_ text: String) -> String {
        text.utf8.contains(Byte.backslash) ? quoted(text) : word(text)
    }

    /// Whether a value may begin like this: not like a quote, a comment, a colon or an equals sign.
    private static func begins(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first else { return false }
        return !Byte.isQuote(first) && !Byte.isBlank(first) && first != Byte.hash
            && first != Byte.colon && first != Byte.equals && !bytes.starts(with: [0x2F, 0x2F])
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == Byte.semicolon || byte == Byte.newline || byte == Byte.opening
            || byte == Byte.closing
    }

    /// Between the first kind of quote that needs no escape, or with escapes.
    static func quoted(_ text: String) -> String {
        if !text.utf8.contains(where: { $0 == Byte.double || $0 == Byte.backslash }) {
            return "\"\(text)\""
        }
        if let literal = literal(text) { return literal }
        var bytes: [UInt8] = [Byte.double]
        for byte in text.utf8 {
            if byte == Byte.double || byte == Byte.backslash { bytes.append(Byte.backslash) }
            bytes.append(byte)
        }
        return String(decoding: bytes + [Byte.double], as: UTF8.self)
    }

    /// Between quotes that leave everything as it is; nil: both kinds stand in the text.
    private static func literal(_ text: String) -> String? {
        if !text.utf8.contains(Byte.single) { return "'\(text)'" }
        if !text.utf8.contains(Byte.backtick) { return "`\(text)`" }
        return nil
    }
}
