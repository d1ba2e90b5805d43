// The bytes that the language gives a meaning. UTF-8 lets them stand for nothing else.

enum Byte {
    static let newline = UInt8(ascii: "\n")
    static let semicolon = UInt8(ascii: ";")
    static let opening = UInt8(ascii: "{")
    static let closing = UInt8(ascii: "}")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let hash = UInt8(ascii: "#")
    static let slash = UInt8(ascii: "/")
    static let backslash = UInt8(ascii: "\\")
    static let equals = UInt8(ascii: "=")
    static let single = UInt8(ascii: "'")
    static let double = UInt8(ascii: "\"")
    static let backtick = UInt8(ascii: "`")

    /// A blank within a line; a carriage return before a newline is one.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    static func isGap(_ byte: UInt8) -> Bool { isBlank(byte) || byte == newline }

    static func isQuote(_ byte: UInt8) -> Bool {
        byte == single || byte == double || byte == backtick
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    /// A byte of a key.
    static func isKey(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }
}
