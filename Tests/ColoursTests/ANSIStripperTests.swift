// What is taken out, what stays, and that the cutting of the input never matters.

import Colours
import Testing

struct ANSIStripperTests {
    private static let cases: [(String, String)] = [
        ("plain ç text", "plain ç text"),
        ("a\u{1B}[31mred\u{1B}[0mb", "aredb"),
        ("\u{1B}[38;5;214mx\u{1B}[K\u{1B}[?25ly", "xy"),
        ("a\u{1B}]0;title\u{7}b", "ab"),
        ("a\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\b", "alinkb"),
        ("a\u{1B}Pdcs\u{1B}\\b\u{1B}_apc\u{1B}\\c", "abc"),
        ("a\u{1B}(Bb\u{1B}=c\u{1B}Md", "abcd"),
        ("a\u{1B}\u{1B}[1mb", "ab"),
        ("cut \u{1B}[31\nnext", "cut \nnext"),
        ("cut \u{1B}]title\nnext", "cut \nnext"),
        ("end \u{1B}\nnext", "end \nnext"),
        ("broken \u{1B}[3é", "broken é"),
        ("broken \u{1B}é", "broken é"),
        ("string \u{1B}]x\u{1B}[1mend", "string end"),
        ("cancel \u{1B}]x\u{18}end", "cancel end"),
        ("\u{1B}", ""),
    ]

    @Test(arguments: cases)
    func sequencesAreTakenOut(_ text: String, _ expected: String) {
        var stripper = ANSIStripper()
        #expect(stripper.strip(Array(text.utf8)) == Array(expected.utf8))
    }

    @Test(arguments: cases)
    func everyCutGivesTheSame(_ text: String, _ expected: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var first = ANSIStripper()
            let head = first.strip(Array(bytes[..<cut]))
            // The state travels as one byte.
            guard let state = ANSIStripper.State(rawValue: first.state.rawValue) else {
                Issue.record("state \(first.state)")
                return
            }
            var second = ANSIStripper(state: state)
            #expect(head + second.strip(Array(bytes[cut...])) == Array(expected.utf8))
        }
    }

    @Test func stripsInPlace() {
        var bytes = Array("a\u{1B}[1mb\n".utf8)
        var stripper = ANSIStripper()
        let kept = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { stripper.strip(UnsafeRawBufferPointer(buffer), into: $0) }
        }
        #expect(kept == 3)
        #expect(Array(bytes.prefix(3)) == Array("ab\n".utf8))
    }

    @Test func binaryBytesStay() {
        let bytes = (0...255).map { UInt8($0) }.filter { $0 != 0x1B }
        var stripper = ANSIStripper()
        #expect(stripper.strip(bytes) == bytes)
    }

    @Test func everyStateEndsWithTheLine() {
        for state in ANSIStripper.State.allCases {
            var stripper = ANSIStripper(state: state)
            #expect(stripper.strip([0x0A]) == [0x0A])
            #expect(stripper.state == .text)
        }
    }
}
