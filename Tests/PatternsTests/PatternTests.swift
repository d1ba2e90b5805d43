// The four modes, held against what a plain search says.

import Patterns
import Testing

@Suite struct PatternTests {
    private struct Row: CustomTestStringConvertible {
        let pattern: String
        let text: String
        let matches: Bool
        var testDescription: String { "\(pattern) \(text)" }

        init(_ pattern: String, _ text: String, _ matches: Bool) {
            self.pattern = pattern
            self.text = text
            self.matches = matches
        }
    }

    private static let rows: [Row] = [
        Row("*.js", "app.js", true), Row("*.js", ".js", true), Row("*.js", "app.jsx", false),
        Row("*.js", "js", false), Row("*.js", "", false), Row("*.js", "a/b.c/d.js", true),
        Row("src/*", "src/app.js", true), Row("src/*", "src/", true), Row("src/*", "src", false),
        Row("src/*", "lib/src/a", false),
        Row("*node_modules*", "a/node_modules/b", true),
        Row("*node_modules*", "node_modules", true),
        Row("*node_modules*", "node_module", false), Row("*aab*", "aaab", true),
        Row("*abab*", "abaabab", true), Row("*aa*", "abababa", false),
        Row("config.json", "config.json", true), Row("config.json", "xconfig.json", false),
        Row("config.json", "config.jsonx", false), Row("config.json", "", false),
        Row("*", "", true), Row("*", "anything", true), Row("**", "", true), Row("**", "x", true),
        Row("", "", true), Row("", "x", false), Row("*ä", "grä", true), Row("ä*", "äb", true),
    ]

    @Test(arguments: rows) private func aPatternMatches(_ row: Row) {
        #expect(Pattern(row.pattern).matches(Array(row.text.utf8)) == row.matches)
    }

    @Test func modesAreByTheStars() {
        #expect(Pattern("*a").mode == .end && Pattern("a*").mode == .beginning)
        #expect(Pattern("*a*").mode == .part && Pattern("a").mode == .whole)
        #expect(Pattern("*").mode == .part && Pattern("*").word.isEmpty)
    }

    /// All words of up to four letters of two in all texts of up to seven.
    @Test func partsAreThoseOfAPlainSearch() {
        func texts(_ longest: Int) -> [String] {
            (0...longest).flatMap { length in
                (0..<(1 << length)).map { bits in
                    String((0..<length).map { bits >> $0 & 1 == 0 ? "a" : "b" })
                }
            }
        }
        for word in texts(4) {
            let pattern = Pattern("*\(word)*")
            for text in texts(7) {
                let found = word.isEmpty || text.contains(word)
                #expect(pattern.matches(Array(text.utf8)) == found, "\(word) in \(text)")
            }
        }
    }

    /// The worst case of a plain search takes no longer than any other text.
    @Test func aLongTextIsLookedAtOnce() {
        final class Count { var looks = 0 }
        struct Counted: BidirectionalCollection {
            let bytes: [UInt8]
            let count_: Count
            var startIndex: Int { 0 }
            var endIndex: Int { bytes.count }
            func index(after i: Int) -> Int { i + 1 }
            func index(before i: Int) -> Int { i - 1 }
            subscript(i: Int) -> UInt8 {
                count_.looks += 1
                return bytes[i]
            }
        }
        let text = Counted(bytes: [UInt8](repeating: 0x61, count: 4096), count_: Count())
        let word = String(repeating: "a", count: 200) + "b"
        #expect(!Pattern("*\(word)*").matches(text))
        #expect(text.count_.looks == 4096)
    }

    @Test func bytesNeedNotBeText() {
        #expect(Pattern("*.js").matches([0xFF, 0xFE] + Array(".js".utf8)))
        #expect(!Pattern("*.js").matches([0xFF]))
    }

    @Test func whatIsNoPatternIsSaidSo() {
        for text in ["*.js", "src/*", "*a*", "a", "*", "**", " a b "] {
            #expect(Pattern.problem(text) == nil, "\(text)")
        }
        #expect(Pattern.problem("") == "is empty")
        #expect(Pattern.problem("a\nb") == "holds a control character")
        for text in ["***", "src/*.js", "a*b", "*a*b", "**a*", "**/*.js"] {
            #expect(Pattern.problem(text)?.hasPrefix("has a * in its middle") == true, "\(text)")
        }
    }
}
