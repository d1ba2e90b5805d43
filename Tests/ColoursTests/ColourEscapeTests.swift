// Every form of the escape, and every way to get it wrong.

import Colours
import Testing

struct ColourEscapeTests {
    @Test(arguments: [
        ("ç51-api", "\u{1B}[38;5;51mapi"),
        ("ç0-ç255-", "\u{1B}[38;5;0m\u{1B}[38;5;255m"),
        ("ç15,88-x", "\u{1B}[38;5;15;48;5;88mx"),
        ("ç51,0,1-myappçR-", "\u{1B}[38;5;51;48;5;0;1mmyapp\u{1B}[0m"),
        ("ç255,255,255-", "\u{1B}[38;5;255;48;5;255;255m"),
        ("ç007-", "\u{1B}[38;5;7m"),
        ("aç1--b", "a\u{1B}[38;5;1m-b"),
        ("ççR-", "ç\u{1B}[0m"),
        (
            "ç214-%Y-%m-%d %Tç59-.%FçR-",
            "\u{1B}[38;5;214m%Y-%m-%d %T\u{1B}[38;5;59m.%F\u{1B}[0m"
        ),
    ])
    func escapesBecomeSequences(_ text: String, _ expected: String) {
        #expect(String(decoding: ColourEscape.expand(text), as: UTF8.self) == expected)
    }

    @Test(arguments: [
        "", "plain", "ç", "ç-", "ç5", "ç256-", "ç1000-", "ç-1-", "ç1,-", "ç1,256-", "ç1,2,256-",
        "ç1,2,3,4-", "ç,1-", "ç 1-", "çr-", "çR", "çRR-", "çR1-", "ça-", "Ã51-", "façade",
        "ç0001-", "ç1;2-",
    ])
    func malformedEscapesStayText(_ text: String) {
        #expect(ColourEscape.expand(text) == Array(text.utf8))
    }

    @Test func paletteHasTwelveColoursThatDiffer() {
        #expect(Set(InstancePalette.colours).count == 12)
        let first = (1...12).map { InstancePalette.colour(of: UInt16($0)) }
        #expect(Set(first).count == 12)
        #expect(InstancePalette.colour(of: 13) == InstancePalette.colour(of: 1))
    }
}
