// The ring of recent lines: order, instances, wrap, long lines, and what a successor finds.

import Messages
import Testing

@testable import apm_logd

struct RecentLinesTests {
    private func append(
        _ text: String, _ lead: LineLead = .newLine, instance: UInt16 = 1, to recent: RecentLines
    ) {
        Array(text.utf8).withUnsafeBytes { recent.append($0, lead: lead, instance: instance) }
    }

    @Test func lastLinesComeInOrder() throws {
        let recent = try JournalRig().journal.recentLines(0)
        #expect(recent.last(10, instance: 0) == [])
        append("a\nb\n", to: recent)
        append("c\n", instance: 2, to: recent)
        #expect(recent.last(10, instance: 0).text == "a\nb\nc\n")
        #expect(recent.last(2, instance: 0).text == "b\nc\n")
        #expect(recent.last(1, instance: 1).text == "b\n")
        #expect(recent.last(9, instance: 2).text == "c\n")
        #expect(recent.last(0, instance: 0) == [])
        recent.forget()
        #expect(recent.last(10, instance: 0) == [])
    }

    @Test func ringWrapsAndForgetsTheOldest() throws {
        let rig = try JournalRig()
        let recent = rig.journal.recentLines(7)
        for number in 0..<5000 {
            append("line \(number) \(String(repeating: "x", count: number % 97))\n", to: recent)
            guard number % 500 == 499 else { continue }
            // A successor maps the same journal.
            let shown = rig.journal.recentLines(7).last(200, instance: 0).text
            let numbers = shown.split(separator: "\n").map { $0.split(separator: " ")[1] }
            #expect(numbers.last == "\(number)")
            #expect(numbers.count > 150)
            let expected = (number + 1 - numbers.count...number).map(String.init)
            #expect(numbers.map(String.init) == expected)
        }
    }

    @Test func atMostTwoHundred() throws {
        let recent = try JournalRig().journal.recentLines(0)
        append(String(repeating: "\n", count: 1000), to: recent)
        #expect(recent.last(65535, instance: 0).count == 200)
    }

    @Test func bigOutputKeepsItsEnd() throws {
        let recent = try JournalRig().journal.recentLines(0)
        let lines = (0..<20000).map { "\($0)\n" }
        append(lines.joined(), to: recent)
        #expect(recent.last(200, instance: 0).text == lines.suffix(200).joined())
    }

    @Test func longLineIsCut() throws {
        let recent = try JournalRig().journal.recentLines(0)
        let long = String(repeating: "y", count: 60000)
        append("\(long)\nshort\n", to: recent)
        let kept = String(repeating: "y", count: Limits.recentLineBytes - 1)
        #expect(recent.last(9, instance: 0).text == "\(kept)…\nshort\n")
    }

    @Test func restOfALongLineIsLeftOut() throws {
        let recent = try JournalRig().journal.recentLines(0)
        append("begin of", to: recent)
        append(" more of", .continues, to: recent)
        append(" end\nnext\n", .continues, to: recent)
        append("\nbroke\n", .breaks, to: recent)
        #expect(recent.last(9, instance: 0).text == "begin o…\nnext\nbroke\n")
    }
}
