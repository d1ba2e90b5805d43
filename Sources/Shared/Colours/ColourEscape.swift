// The ç escape of APM's own texts, as the manual has it: çN-, çN,BG-, çN,BG,ATTR- and çR-. What is
// not exactly one of these stays text. Never applied to what a program wrote.

public enum ColourEscape {
    /// U+00E7 in UTF-8.
    private static let marker: (UInt8, UInt8) = (0xC3, 0xA7)

    /// ESC [ 0 m
    public static let reset: [UInt8] = [0x1B, 0x5B, 0x30, 0x6D]

    /// Whether `text` holds the escape character at all.
    public static func mayOccur(in text: String) -> Bool {
        text.unicodeScalars.contains("ç")
    }

    /// `text` with its escapes replaced by ANSI sequences.
    public static func expand(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var expanded: [UInt8] = []
        expanded.reserveCapacity(bytes.count * 2)
        var index = 0
        while index < bytes.count {
            if let (sequence, length) = escape(in: bytes[index...]) {
                expanded.append(contentsOf: sequence)
                index += length
            } else {
                expanded.append(bytes[index])
                index += 1
            }
        }
        return expanded
    }

    /// The sequence for an escape that `bytes` begins with, and how many bytes the escape takes.
    private static func escape(in bytes: ArraySlice<UInt8>) -> ([UInt8], Int)? {
        let body = bytes.dropFirst(2)
        guard bytes.first == marker.0, bytes.dropFirst().first == marker.1 else { return nil }
        guard let dash = body.prefix(longestBody + 1).firstIndex(of: UInt8(ascii: "-")) else {
            return nil
        }
        let length = dash - bytes.startIndex + 1
        let inner = body[..<dash]
        if inner.elementsEqual("R".utf8) { return (reset, length) }
        let fields = inner.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let numbers = fields.compactMap(number)
        guard numbers.count == fields.count, (1...3).contains(numbers.count) else { return nil }
        return (sequence(numbers), length)
    }

    /// `255,255,255`
    private static let longestBody = 11

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard (1...3).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }

    private static func sequence(_ numbers: [UInt8]) -> [UInt8] {
        var text = "\u{1B}[38;5;\(numbers[0])"
        if numbers.count > 1 { text += ";48;5;\(numbers[1])" }
        if numbers.count > 2 { text += ";\(numbers[2])" }
        return Array("\(text)m".utf8)
    }
}
