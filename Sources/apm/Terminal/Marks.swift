// The marks of tables where a terminal shows ASCII alone: each has one that is as wide. Pure.

enum Marks {
    private static let plain: [Character: Character] = [
        "●": "*", "◆": "~", "○": "-", "✖": "x", "▸": ">", "▾": "v", "↑": "^", "↓": "v", "…": "~",
    ]

    /// A table or a screen of apm's, for such a terminal. Names and texts of others stay what they
    /// are, but for these marks.
    static func ascii(_ text: String) -> String {
        guard text.contains(where: { plain[$0] != nil }) else { return text }
        return String(text.map { plain[$0] ?? $0 })
    }
}
