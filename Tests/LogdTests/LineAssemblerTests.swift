// Heads, tails and leads of lines; long lines; and that the same input always gives the same
// output.

import Messages
import Testing

@testable import apm_logd

struct LineAssemblerTests {
    private let output = OutputBuffer()

    private func assemble(
        _ input: [UInt8], tail: LineTail = .kept, lead: LineLead = .newLine, strips: Bool = false,
        stripState: UInt8 = 0, head: String = "H "
    ) -> (Batch, [UInt8]) {
        var clock = LocalClock()
        let prefix = String(head.dropLast())
        LineFormat(time: "", prefix: prefix, strips: strips).renderHead(0, &clock, to: output)
        var assembler = LineAssembler(output, strips: strips, stripState: stripState, lead: lead)
        let batch = input.withUnsafeBytes { assembler.take($0, tail: tail) }
        return (batch, Array(output.content))
    }

    @Test func theLongestHeadHasRoom() {
        for dense in ["ç0-", "ç0,0-", "çR-", "x"] {
            let prefix = String(
                repeating: dense, count: MessageLimits.prefixBytes / dense.utf8.count)
            let time = String(repeating: "%T", count: MessageLimits.formatBytes / 2)
            let plan = StreamPlan(
                stream: 0, log: 0, worker: 0, instance: 256, source: .standardOutput,
                stripsANSI: false, keepsStart: false, prefix: prefix, timeFormat: time)
            var clock = LocalClock()
            LineFormat(plan).renderHead(0, &clock, to: output)
            #expect(output.headCount <= Limits.headBytes)
        }
    }

    @Test(arguments: [
        ("", LineTail.kept, LineLead.newLine, "", 0),
        ("a\nb\n", .kept, .newLine, "H a\nH b\n", 2),
        ("a\nrest", .kept, .newLine, "H a\n", 1),
        ("a\nrest", .closed, .newLine, "H a\nH rest\n", 2),
        ("\n\n", .kept, .newLine, "H \nH \n", 2),
        ("a\n", .kept, .breaks, "\nH a\n", 1),
        ("rest", .kept, .breaks, "", 0),
        ("of it\nb\n", .kept, .continues, "of it\nH b\n", 2),
        ("", .closed, .continues, "\n", 1),
        ("", .closed, .newLine, "", 0),
        ("end", .closed, .continues, "end\n", 1),
        ("half", .open, .newLine, "H half", 0),
        ("ç51-x\r\n", .kept, .newLine, "H ç51-x\r\n", 1),
    ])
    func linesAreAssembled(
        _ input: String, _ tail: LineTail, _ lead: LineLead, _ expected: String, _ lines: Int
    ) {
        let (batch, bytes) = assemble(Array(input.utf8), tail: tail, lead: lead)
        #expect(bytes.text == expected)
        #expect(batch.lines == lines)
        #expect(!batch.isCutShort)
    }

    @Test func binaryBytesSurvive() {
        let input = (0...255).map { UInt8($0) } + [0x0A]
        let (_, bytes) = assemble(input)
        #expect(bytes == Array("H ".utf8) + input[..<11] + Array("H ".utf8) + input[11...])
    }

    @Test func tooLongAPartIsLeftOpen() {
        let short = [UInt8](repeating: 0x78, count: Limits.lineBytes - 1)
        #expect(assemble(short).0.consumed == 0)
        let (batch, bytes) = assemble(short + [0x78])
        #expect(batch == Batch(consumed: Limits.lineBytes, lines: 0, tail: .open))
        #expect(bytes == Array("H ".utf8) + short + [0x78])
    }

    @Test func outputThatIsFullEndsWithAWholeLine() {
        let input = [UInt8](repeating: 0x0A, count: 65536)
        let (batch, bytes) = assemble(input, head: "twenty bytes in all ")
        #expect(batch.isCutShort)
        #expect(batch.consumed == batch.lines)
        #expect(bytes.count == batch.lines * 21)
        #expect(bytes.count <= Limits.outputBytes)
        let (again, same) = assemble(
            Array(input[..<batch.consumed]), tail: batch.tail, head: "twenty bytes in all ")
        #expect(same == bytes)
        #expect(again.consumed == batch.consumed)
    }

    @Test func strippingGoesOnFromPieceToPiece() {
        let (first, head) = assemble(
            Array("a\u{1B}[1mb\u{1B}[3".utf8), tail: .open, strips: true)
        let (_, rest) = assemble(
            Array("1mc\n\u{1B}[0md\n".utf8), lead: .continues, strips: true,
            stripState: first.stripAfter)
        #expect((head + rest).text == "H abc\nH d\n")
    }

    @Test func headIsTimeThenPrefix() {
        func head(_ time: String, _ prefix: String, strips: Bool) -> String {
            var clock = LocalClock()
            LineFormat(time: time, prefix: prefix, strips: strips).renderHead(
                1_000_007, &clock, to: output)
            return UnsafeRawBufferPointer(start: output.head, count: output.headCount).text
        }
        #expect(head(".%F", "api", strips: false) == ".000007 api ")
        #expect(head("", "api", strips: false) == "api ")
        #expect(head(".%F", "", strips: false) == ".000007 ")
        #expect(head("", "", strips: false) == "")
        #expect(head("ç59-%FçR-", "ç51-açR-", strips: true) == "000007 a ")
        #expect(head("", "ç51-açR-", strips: false) == "\u{1B}[38;5;51ma\u{1B}[0m ")
        #expect(head("", "a\nb", strips: false) == "a?b ")
    }

    @Test func longestHeadFits() {
        var clock = LocalClock()
        for token in ["%T", "ç1,1,1-", "ç1-", "%Y", "%F"] {
            let longest = String(repeating: token, count: 256 / token.utf8.count)
            LineFormat(time: longest, prefix: longest, strips: false).renderHead(
                0, &clock, to: output)
            #expect(output.headCount <= Limits.headBytes)
        }
    }
}
