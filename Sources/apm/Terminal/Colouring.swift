// Whether to colour, and how. Decided for each stream by itself. Pure.

/// What `--color` asks for.
enum ColourWish: String, Equatable, CaseIterable {
    case always
    case never
    case auto

    static func named(_ text: String) throws(Failure) -> ColourWish {
        guard let wish = ColourWish(rawValue: text) else {
            throw .usage(
                "--color: '\(Visible.text(text))' is not known",
                now: "--color takes always, never or auto")
        }
        return wish
    }

    static let missing = Failure.usage(
        "--color needs a value", now: "--color takes always, never or auto")
}

enum Colouring {
    /// The flag, then FORCE_COLOR and CLICOLOR_FORCE, then NO_COLOR, then a dumb terminal, then
    /// whether it is a terminal at all. A variable counts when it is not empty.
    static func isOn(
        _ wish: ColourWish, _ surroundings: Surroundings, isTerminal: Bool
    ) -> Bool {
        switch wish {
        case .always: return true
        case .never: return false
        case .auto: break
        }
        if surroundings.filled("FORCE_COLOR") != nil { return true }
        if surroundings.filled("CLICOLOR_FORCE") != nil { return true }
        if surroundings.filled("NO_COLOR") != nil { return false }
        if surroundings.variable("TERM") == "dumb" { return false }
        return isTerminal
    }
}

/// The few styles that apm uses, as SGR parameters.
enum Paint: String {
    case green = "32"
    case yellow = "33"
    case red = "31"
    case dim = "2"
    case bold = "1"

    /// `text` in this style.
    func on(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
