// Text of others, fit for a terminal: what could move the cursor, change the title or hide other
// text becomes visible.

enum Visible {
    /// One line: every control and invisible character is shown as `\xNN` or `\u{NNNN}`.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnfit) else { return text }
        return escaped(text) { _ in false }
    }

    /// Several lines: as `text`, with line ends and tabs left alone.
    static func lines(_ text: String) -> String {
        escaped(text) { $0 == "\n" || $0 == "\t" }
    }

    private static func escaped(_ text: String, keeping: (Unicode.Scalar) -> Bool) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            if keeping(scalar) || !isUnfit(scalar) {
                shown.unicodeScalars.append(scalar)
            } else if scalar.value < 0x100 {
                let digits = String(scalar.value, radix: 16)
                shown += "\\x" + (digits.utf8.count < 2 ? "0" : "") + digits
            } else {
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return shown
    }

    /// Control characters, line and paragraph separators, and those that reorder text.
    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
