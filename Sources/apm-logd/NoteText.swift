// What the daemon says of itself may name what others have chosen, like the path of a log: whoever
// looks at the daemon's log in a terminal must not be made to obey it.

enum NoteText {
    /// One line without control characters: each of C0 and C1, and DEL, is shown as `\xNN`.
    static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                let digits = String(scalar.value, radix: 16)
                shown += "\\x" + (scalar.value < 0x10 ? "0" : "") + digits
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: true
        default: false
        }
    }
}
