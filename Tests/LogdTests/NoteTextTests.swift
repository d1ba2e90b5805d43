// What the daemon's own log may hold of other people's text.

import Testing

@testable import apm_logd

@Suite struct NoteTextTests {
    @Test func noControlCharacterIsLeft() {
        for value in Array(0..<0x20) + Array(0x7F...0x9F) {
            let scalar = Unicode.Scalar(UInt8(value))
            let digits = String(value, radix: 16)
            let shown = NoteText.visible("a\(scalar)b")
            #expect(shown == "a\\x\(value < 16 ? "0" : "")\(digits)b")
        }
    }

    @Test(arguments: ["", "web#1 stopped -> starting (pid 7)", "größe 日本 \u{A0}", "a\\x1b"])
    func therestStays(_ text: String) {
        #expect(NoteText.visible(text) == text)
    }
}
