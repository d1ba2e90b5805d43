// Marks where the locale knows no UTF-8.

import Control
import Testing

@testable import apm

struct MarksTests {
    @Test(arguments: [
        ([:], false), (["LANG": "C"], false), (["LANG": "POSIX"], false),
        (["LANG": "C.UTF-8"], true), (["LANG": "en_US.utf8"], true),
        (["LANG": "de_DE.UTF-8@euro"], true), (["LANG": "de_DE@euro"], false),
        (["LANG": "de_DE.ISO-8859-1"], false), (["LANG": "nonsense"], false),
        (["LC_ALL": "C", "LANG": "C.UTF-8"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
        (["LC_CTYPE": "C", "LANG": "C.UTF-8"], false),
        (["LC_CTYPE": "C.UTF-8", "LANG": "C"], true),
        (["LC_ALL": "C.UTF-8", "LC_CTYPE": "C", "LANG": "C"], true),
    ])
    func theLocaleDecides(_ row: (variables: [String: String], speaksUTF8: Bool)) {
        #expect(Stage.surroundings(row.variables).speaksUTF8 == row.speaksUTF8)
    }

    @Test func marksAreASCIIAndAsWide() {
        let marks = "●◆○✖▸▾↑↓…"
        let plain = Marks.ascii(marks)
        #expect(plain.utf8.count == marks.count && plain.utf8.allSatisfy { $0 < 0x7F })
        #expect(TextWidth.columns(of: plain) == TextWidth.columns(of: marks))
    }

    @Test func theTextOfOthersStays() {
        #expect(Marks.ascii("größe 日本") == "größe 日本")
    }

    /// Every mark that a state has, has one.
    @Test func noStateIsLeftOut() {
        for state in RunState.allCases {
            #expect(Marks.ascii(state.symbol).utf8.allSatisfy { $0 < 0x7F }, "\(state)")
        }
    }
}
