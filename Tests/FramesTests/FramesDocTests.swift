// docs/FRAMES.md against the source: kinds, flags, reasons, limits, and each example byte by byte.

import Documents
import Testing

@testable import Frames

@Suite struct FramesDocTests {
    private let path = "docs/FRAMES.md"

    private func size(_ range: ClosedRange<Int>) -> String {
        range.upperBound == 0
            ? "none"
            : range.lowerBound == range.upperBound
                ? "\(range.upperBound)" : "≤ \(range.upperBound)"
    }

    private func hexadecimal(_ number: UInt8) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + (number < 16 ? "0" : "") + digits
    }

    private func row(of kind: FrameKind) -> [String] {
        let rule = FrameRule(of: kind)
        let direction =
            rule.proxySends && rule.workerSends
            ? "both ways" : rule.proxySends ? "proxy → worker" : "worker → proxy"
        let flags: [(FrameFlags, String)] = [(.end, "end"), (.restored, "restored")]
        let names = flags.filter { rule.flags.contains($0.0) }.map(\.1)
        let codes = rule.codes
        return [
            hexadecimal(kind.rawValue), kind.name, direction,
            rule.scope == .session ? "yes" : "no",
            names.isEmpty ? "none" : names.joined(separator: ", "),
            codes.count == 1 ? "\(codes.lowerBound)" : "\(codes.lowerBound)–\(codes.upperBound)",
            size(0...rule.headBytes), size(rule.payloadBytes),
        ]
    }

    @Test func theTableOfKindsIsTheEnum() throws {
        let table = try Documents.table(
            in: path,
            headed: [
                "number", "name", "direction", "session", "flags", "code", "head", "payload",
            ])
        #expect(table == FrameKind.allCases.map(row(of:)))
    }

    @Test func numbersSayWhoSends() {
        for kind in FrameKind.allCases {
            #expect(FrameRule(of: kind).proxySends == kind.rawValue.isMultiple(of: 2))
            #expect(!FrameKind.reserved.contains(kind.rawValue))
        }
    }

    @Test func theTableOfReasonsIsTheEnum() throws {
        let table = try Documents.table(
            in: path, headed: ["code", "name", "a proxy closes because"])
        #expect(
            table.map { Array($0.prefix(2)) }
                == CloseReason.allCases.map { ["\($0.rawValue)", "\($0)"] })
    }

    @Test func theTableOfFlagsIsTheSet() throws {
        let table = try Documents.table(in: path, headed: ["flag", "name", "meaning"])
        #expect(
            table.map { Array($0.prefix(2)) } == [
                ["\(FrameFlags.end.rawValue)", "end"],
                ["\(FrameFlags.restored.rawValue)", "restored"],
            ])
    }

    @Test func theLimitsInTheTextAreThoseOfTheSource() throws {
        let text = try Documents.text(of: path)
        #expect(text.contains("at most 131,086 bytes") && FrameLimits.frameBytes == 131_086)
        #expect(text.contains("more than 16,777,216 bytes"))
        #expect(FrameLimits.creditBytes == 16_777_216)
        #expect(text.contains("Version \(FrameHeader.version)."))
        #expect(FrameLimits.windowBytes == 262_144)
    }

    /// The blocks of bytes in the text: who writes them, and what they are.
    private func examples() throws -> [(FrameSender, [UInt8])] {
        var examples: [(FrameSender, [UInt8])] = []
        var isInside = false
        for line in try Documents.text(of: path).split(separator: "\n") {
            if line.hasPrefix("```") {
                isInside = line.hasPrefix("```frames")
                if isInside { examples.append((line.hasSuffix("proxy") ? .proxy : .worker, [])) }
            } else if isInside {
                let words = line.prefix(47).split(separator: " ")
                examples[examples.count - 1].1 += words.compactMap { UInt8($0, radix: 16) }
            }
        }
        return examples
    }

    /// What the text says that they are, in short.
    private static let told = [
        ["hello 0 1 0 worker: api|instance: 0|window: 262144| "],
        ["hello 0 1 0 connector: node 3.0.0| "],
        [
            "request 3145735 0 1 POST /a?b=1|203.0.113.7 https 1.1|Host: x.org"
                + "|Content-Length: 2| hi"
        ],
        ["response 3145735 200 1 content-type: text/plain| ok"],
        ["response 3145735 200 0  ", "data 3145735 0 0  one", "data 3145735 0 1 x-sum: 1| "],
        ["credit 3145735 0 0  \u{0}\u{0}\u{1}\u{0}"],
        ["close 3145735 0 0  "],
        ["log 0 0 0  ready|"],
        ["drain 0 0 0  "],
    ]

    private func summary(_ piece: Stream.Piece) -> String {
        let header = piece.header
        let head = String(decoding: piece.head, as: UTF8.self)
        let payload = String(decoding: piece.payload, as: UTF8.self)
        let text =
            "\(header.kind) \(header.session.rawValue) \(header.code) "
            + "\(header.flags.rawValue) \(head) \(payload)"
        return String(text.map { $0 == "\n" ? "|" : $0 })
    }

    @Test func theExamplesAreWhatTheySay() throws {
        let examples = try examples()
        let key = FrameSamples.key
        #expect(examples.count == Self.told.count)
        for ((sender, bytes), told) in zip(examples, Self.told) {
            let stream = Stream(bytes, key: key, from: sender, sizes: [1 << 20])
            #expect(stream.pieces.map(summary) == told)
            #expect(stream.text.isEmpty && stream.rest.isEmpty)
            let again = stream.pieces.flatMap { piece in
                FrameSample(sender, piece.header, head: piece.head, payload: piece.payload)
                    .bytes(key: key)
            }
            #expect(again == bytes)
        }
    }
}
