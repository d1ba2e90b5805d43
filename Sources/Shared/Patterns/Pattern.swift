// The patterns of `watch` and `ban_path`: a text with a star at its end, its beginning, both or
// none. Pure; a match takes a time that grows with the text alone, whatever the pattern.

public struct Pattern: Equatable, Sendable {
    public enum Mode: Equatable, Sendable {
        /// `*.ext`: the text ends with it.
        case end
        /// `prefix*`: the text begins with it.
        case beginning
        /// `*word*`: it is somewhere in the text. `*` alone is somewhere in every text.
        case part
        /// The text is just this.
        case whole
    }

    public let mode: Mode
    /// Without the stars.
    public let word: [UInt8]
    /// For each place of the word, how much of its beginning a mismatch behind that place leaves
    /// matched; of `part` alone.
    private let fallbacks: [Int]

    public init(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)[...]
        let star = UInt8(ascii: "*")
        let opens = bytes.first == star
        let closes = bytes.last == star
        if opens { bytes = bytes.dropFirst() }
        if closes { bytes = bytes.dropLast() }
        mode =
            switch (opens, closes) {
            case (true, true): .part
            case (true, false): .end
            case (false, true): .beginning
            case (false, false): .whole
            }
        word = Array(bytes)
        fallbacks = mode == .part ? Self.fallbacks(of: word) : []
    }

    /// Bytes, because names of files need not be UTF-8.
    public func matches(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        switch mode {
        case .end: text.reversed().starts(with: word.reversed())
        case .beginning: text.starts(with: word)
        case .part: isPart(of: text)
        case .whole: text.elementsEqual(word)
        }
    }

    /// Knuth, Morris and Pratt: no byte of the text is looked at twice.
    private func isPart(of text: some Collection<UInt8>) -> Bool {
        var matched = 0
        guard matched < word.count else { return true }
        for byte in text {
            while matched > 0, word[matched] != byte { matched = fallbacks[matched - 1] }
            if word[matched] == byte { matched += 1 }
            if matched == word.count { return true }
        }
        return false
    }

    private static func fallbacks(of word: [UInt8]) -> [Int] {
        var fallbacks = [Int](repeating: 0, count: word.count)
        var matched = 0
        for place in word.indices.dropFirst() {
            while matched > 0, word[matched] != word[place] { matched = fallbacks[matched - 1] }
            if word[matched] == word[place] { matched += 1 }
            fallbacks[place] = matched
        }
        return fallbacks
    }

    /// Why a text is no pattern, as the second half of a sentence; nil when it is one.
    public static func problem(_ text: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "holds a control character"
        }
        if text.utf8.dropFirst().dropLast().contains(UInt8(ascii: "*")) {
            return "has a * in its middle; *.ext, prefix*, *word* and whole names are understood"
        }
        return nil
    }
}
