// What was typed: bytes of a terminal in raw mode as keys. Pure.

enum Key: Equatable {
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace
    case character(Unicode.Scalar)
}

/// Keeps the beginning of a sequence whose end has not come.
struct KeyReader {
    private var held: [UInt8] = []
    private static let longest = 16

    /// The keys in `bytes`. An escape byte at their end is the escape key: terminals send sequences
    /// whole.
    mutating func keys(in bytes: some Sequence<UInt8>) -> [Key] {
        held += bytes
        var keys: [Key] = []
        while let first = held.first {
            guard let taken = first == 0x1B ? sequence(&keys) : plain(first, &keys) else { break }
            held.removeFirst(taken)
        }
        if held.count > Self.longest { held = [] }
        return keys
    }

    /// How many bytes it took; nil when more must come.
    private func sequence(_ keys: inout [Key]) -> Int? {
        guard held.count > 1 else {
            keys.append(.escape)
            return 1
        }
        guard held[1] == UInt8(ascii: "[") || held[1] == UInt8(ascii: "O") else {
            keys.append(.escape)
            return 1
        }
        let parameters = held.dropFirst(2).prefix { (0x20...0x3F).contains($0) }
        guard let final = held.dropFirst(2 + parameters.count).first else { return nil }
        if let key = Self.key(parameters: Array(parameters), final: final) { keys.append(key) }
        return 3 + parameters.count
    }

    private static func key(parameters: [UInt8], final: UInt8) -> Key? {
        switch (final, parameters.first) {
        case (UInt8(ascii: "A"), _): .up
        case (UInt8(ascii: "B"), _): .down
        case (UInt8(ascii: "H"), _): .home
        case (UInt8(ascii: "F"), _): .end
        case (UInt8(ascii: "~"), UInt8(ascii: "1")), (UInt8(ascii: "~"), UInt8(ascii: "7")): .home
        case (UInt8(ascii: "~"), UInt8(ascii: "4")), (UInt8(ascii: "~"), UInt8(ascii: "8")): .end
        case (UInt8(ascii: "~"), UInt8(ascii: "5")): .pageUp
        case (UInt8(ascii: "~"), UInt8(ascii: "6")): .pageDown
        default: nil
        }
    }

    private func plain(_ first: UInt8, _ keys: inout [Key]) -> Int? {
        switch first {
        case 0x0D, 0x0A: keys.append(.enter)
        case 0x7F, 0x08: keys.append(.backspace)
        case 0x20..<0x7F: keys.append(.character(Unicode.Scalar(first)))
        case 0xC2..<0xF5:
            let count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            guard held.count >= count else { return nil }
            let scalars = String(validating: held[..<count], as: UTF8.self)?.unicodeScalars
            guard let scalar = scalars?.first else { return 1 }
            keys.append(.character(scalar))
            return count
        default: break
        }
        return 1
    }
}
