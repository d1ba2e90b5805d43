// Words as a shell splits them, and the time formats of day.js.

import Testing

@testable import apm

struct ShellWordsTests {
    @Test(arguments: [
        ("", []), ("  ", []), ("a b", ["a", "b"]), ("a 'b c' d", ["a", "b c", "d"]),
        ("--x=\"1 2\"", ["--x=1 2"]), ("a\\ b", ["a b"]), ("'' \"\"", ["", ""]),
        ("\"a\\\"b\\n\"", ["a\"b\\n"]), ("a\tb\nc", ["a", "b", "c"]), ("é'ü'", ["éü"]),
    ])
    func splits(_ text: String, _ words: [String]) {
        #expect(ShellWords.split(text) == words)
    }

    @Test(arguments: ["'a", "\"a", "a\\", "\"a\\\""])
    func anOpenQuoteIsNoWord(_ text: String) {
        #expect(ShellWords.split(text) == nil)
        #expect(ShellWords.needsShell(text))
    }

    @Test func whatAShellMustDoIsSeen() {
        for command in ["a | b", "a $PORT", "a && b", "a > b", "a *.js", "a `b`", "~/a"] {
            #expect(ShellWords.needsShell(command), "\(command)")
        }
        for command in ["node server.js --port 3000", "a 'b c'", "A=1 b"] {
            #expect(!ShellWords.needsShell(command), "\(command)")
        }
    }

    @Test(arguments: [
        ("YYYY-MM-DD HH:mm:ss", "%Y-%m-%d %H:%M:%S", []),
        ("YYYY-MM-DDTHH:mm:ss", "%Y-%m-%dT%H:%M:%S", []),
        ("YY/M/D H:m:s.SSS", "%y/%m/%d %H:%M:%S.%F", []),
        ("YYYY-MM-DD HH:mm Z", "%Y-%m-%d %H:%M", ["Z"]),
        ("DD MMM YYYY hh:mm A", "%d  %Y :%M", ["MMM", "hh", "A"]),
        ("[at] HH 100%", "at %H 100%%", []), ("", "", []),
    ])
    func timesAreTranslated(_ written: String, _ format: String, _ missing: [String]) {
        let day = DayFormat(written)
        #expect(day.format == format && day.missing == missing, "\(day)")
    }
}
