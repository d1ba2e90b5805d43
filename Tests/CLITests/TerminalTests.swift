// What reaches the screen: colours, widths, tables, durations, and nothing that drives it.

import Testing

@testable import apm

struct TerminalTests {
    struct ColourRow {
        let wish: ColourWish
        let variables: [String: String]
        let isTerminal: Bool
        let isOn: Bool
    }

    static let colourOrder = [
        ColourRow(wish: .always, variables: ["NO_COLOR": "1"], isTerminal: false, isOn: true),
        ColourRow(wish: .never, variables: ["FORCE_COLOR": "1"], isTerminal: true, isOn: false),
        ColourRow(
            wish: .auto, variables: ["FORCE_COLOR": "1", "NO_COLOR": "1"], isTerminal: false,
            isOn: true),
        ColourRow(
            wish: .auto, variables: ["CLICOLOR_FORCE": "1", "TERM": "dumb"], isTerminal: false,
            isOn: true),
        ColourRow(
            wish: .auto, variables: ["NO_COLOR": "1", "TERM": "xterm"], isTerminal: true,
            isOn: false),
        ColourRow(wish: .auto, variables: ["NO_COLOR": ""], isTerminal: true, isOn: true),
        ColourRow(wish: .auto, variables: ["FORCE_COLOR": ""], isTerminal: false, isOn: false),
        ColourRow(wish: .auto, variables: ["TERM": "dumb"], isTerminal: true, isOn: false),
        ColourRow(wish: .auto, variables: [:], isTerminal: true, isOn: true),
        ColourRow(wish: .auto, variables: [:], isTerminal: false, isOn: false),
    ]

    @Test(arguments: colourOrder)
    func colourOrderIsKept(_ row: ColourRow) {
        let isOn = Colouring.isOn(
            row.wish, Stage.surroundings(row.variables), isTerminal: row.isTerminal)
        #expect(isOn == row.isOn)
    }

    @Test(arguments: [
        ("", 0), ("api", 3), ("●", 1), ("✖", 1), ("日本語", 6), ("e\u{301}", 1), ("ｱ", 1),
        ("Ａ", 2), ("🚀", 2), ("a\u{200D}b", 2), ("ç", 1),
    ])
    func widthIsWhatTheTerminalTakes(_ text: String, _ columns: Int) {
        #expect(TextWidth.columns(of: text) == columns)
    }

    @Test func tableIsAligned() {
        var table = Table(["NAME", "STATE", "NOTE"])
        table.add([Table.Cell("日本"), Table.Cell("up", .green), Table.Cell("")])
        table.add([Table.Cell("x"), Table.Cell(""), Table.Cell("n")])
        #expect(table.rendered(colours: false) == "NAME  STATE  NOTE\n日本  up\nx            n\n")
        #expect(table.rendered(colours: true).contains("日本  \u{1B}[32mup\u{1B}[0m\n"))
    }

    @Test func emptyLastColumnIsLeftOut() {
        var table = Table(["A", "B"])
        table.add([Table.Cell("1"), Table.Cell("")])
        #expect(table.rendered(colours: false) == "A\n1\n")
    }

    @Test(arguments: [
        (UInt64(0), "0ms"), (340, "340ms"), (1000, "1s"), (59_999, "59s"), (60_000, "1m00s"),
        (192_000, "3m12s"), (18_180_000, "5h03m"), (86_400_000, "1d0h"), (1_051_200_000, "12d4h"),
        (.max, "213503982334d14h"),
    ])
    func durations(_ milliseconds: UInt64, _ text: String) {
        #expect(Durations.text(milliseconds) == text)
    }

    @Test func foreignTextBecomesVisible() {
        #expect(
            Visible.text("a\u{1B}[2Jb\r\n\u{9B}c\u{202E}") == "a\\x1b[2Jb\\x0d\\x0a\\x9bc\\u{202e}")
        #expect(Visible.lines("a\tb\n\u{7}") == "a\tb\n\\x07")
        #expect(Visible.text("çäö 日本") == "çäö 日本")
    }

    struct FilterRow {
        let bytes: String
        let coloured: String
        let plain: String
    }

    static let filtered = [
        FilterRow(
            bytes: "a\u{1B}[31mb\u{1B}[0m\n", coloured: "a\u{1B}[31mb\u{1B}[0m\n", plain: "ab\n"),
        FilterRow(bytes: "a\u{1B}[2J\u{1B}[Hb", coloured: "ab", plain: "ab"),
        FilterRow(bytes: "\u{1B}]0;title\u{7}x", coloured: "x", plain: "x"),
        FilterRow(bytes: "\u{1B}]0;title\u{1B}\\x", coloured: "x", plain: "x"),
        FilterRow(bytes: "\u{1B}Pq\u{1B}\\x\u{1B}c", coloured: "x", plain: "x"),
        FilterRow(bytes: "a\u{9B}31mb\u{A9}", coloured: "a31mb\u{A9}", plain: "a31mb\u{A9}"),
        FilterRow(bytes: "a\u{8}\u{7F}b\r\tc", coloured: "ab\tc", plain: "ab\tc"),
        FilterRow(bytes: "\u{1B}[?25lx\u{1B}[>4;1mx", coloured: "xx", plain: "xx"),
        FilterRow(bytes: "\u{1B}[31\nx", coloured: "\nx", plain: "\nx"),
        FilterRow(bytes: "\u{1B}(Bx", coloured: "x", plain: "x"),
    ]

    @Test(arguments: filtered)
    func escapesArePassedOrDropped(_ row: FilterRow) {
        for (keepsColours, expected) in [(true, row.coloured), (false, row.plain)] {
            var whole = EscapeFilter(keepsColours: keepsColours, keepsControls: false)
            #expect(String(decoding: whole.pass(row.bytes.utf8), as: UTF8.self) == expected)
            // The same, cut between any two bytes.
            var cut = EscapeFilter(keepsColours: keepsColours, keepsControls: false)
            let pieces = row.bytes.utf8.flatMap { cut.pass([$0]) }
            #expect(String(decoding: pieces, as: UTF8.self) == expected)
        }
    }

    @Test func endlessSequenceIsNotHeld() {
        var filter = EscapeFilter(keepsColours: true, keepsControls: false)
        let flood = "\u{1B}[" + String(repeating: "1;", count: 100_000) + "mx"
        #expect(filter.pass(flood.utf8) == [UInt8(ascii: "x")])
    }

    @Test func filesKeepControlCharacters() {
        var filter = EscapeFilter(keepsColours: false, keepsControls: true)
        #expect(filter.pass("a\r\u{8}".utf8) == Array("a\r\u{8}".utf8))
    }
}
