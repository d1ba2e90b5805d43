// JSON as PM2 takes it: what is read, what is refused and where, and that no bytes are too much.

import Testing

@testable import apm

struct JSONReaderTests {
    private func value(_ text: String) throws -> PlainValue {
        try JSONReader.read(Array(text.utf8)).value
    }

    private func problem(_ bytes: [UInt8]) -> JSONReader.Problem? {
        do throws(JSONReader.Problem) {
            _ = try JSONReader.read(bytes)
            return nil
        } catch {
            return error
        }
    }

    struct Row: Sendable {
        let text: String
        let value: PlainValue
    }

    static let table = [
        Row(text: "{}", value: .object([])),
        Row(text: " [ ] ", value: .list([])),
        Row(
            text: "[1, -2.5, 1e3, .5, 5., +7, 0x1F, -0]",
            value: .list([
                .number(1), .number(-2.5), .number(1000), .number(0.5), .number(5), .number(7),
                .number(31), .number(0),
            ])),
        Row(
            text: "[true, false, null, undefined]",
            value: .list([
                .truth(true), .truth(false), .null, .undefined,
            ])),
        Row(
            text: "[NaN, Infinity, 1e999]",
            value: .list([
                .odd("NaN"), .odd("Infinity"), .odd("Infinity"),
            ])),
        Row(
            text: #"["a\n\t\"\\\/\u00e9\ud83d\ude00", 'it "is"', '\x41']"#,
            value: .list([
                .text("a\n\t\"\\/é😀"), .text("it \"is\""), .text("A"),
            ])),
        Row(
            text: #"["\ud83d", "\ud83dx", "\udc00"]"#,
            value: .list([
                .text("\u{FFFD}"), .text("\u{FFFD}x"), .text("\u{FFFD}"),
            ])),
        Row(
            text: "// one\n{ /* two */ name: 'x', $y_1: 2, 'z': [3,], }\n// end",
            value: .object([
                .init(name: "name", value: .text("x")), .init(name: "$y_1", value: .number(2)),
                .init(name: "z", value: .list([.number(3)])),
            ])),
        Row(
            text: "\u{FEFF}{\"é\": \"ü\"};",
            value: .object([
                .init(name: "é", value: .text("ü"))
            ])),
    ]

    @Test(arguments: table)
    func reads(_ row: Row) throws {
        #expect(try value(row.text) == row.value)
    }

    struct Refusal: Sendable {
        let text: String
        let line: Int
        let column: Int
        let says: String
    }

    static let refusals = [
        Refusal(text: "", line: 1, column: 1, says: "ends where a value"),
        Refusal(text: "{", line: 1, column: 2, says: "ends without its }"),
        Refusal(text: "{\"a\": 1\n \"b\": 2}", line: 2, column: 2, says: "lacks a , or }"),
        Refusal(text: "[1 2]", line: 1, column: 4, says: "lacks a , or ]"),
        Refusal(text: "{\"a\" 1}", line: 1, column: 6, says: "no : after"),
        Refusal(text: "{,}", line: 1, column: 2, says: "no name"),
        Refusal(text: "[,]", line: 1, column: 2, says: "no value"),
        Refusal(text: "{} x", line: 1, column: 4, says: "goes on after its end"),
        Refusal(text: "\n{\"a\": \"x\n\"}", line: 2, column: 7, says: "closing quote"),
        Refusal(text: "\"x", line: 1, column: 1, says: "closing quote"),
        Refusal(text: "\"\\", line: 1, column: 3, says: "ends within a text"),
        Refusal(text: "\"\\u12\"", line: 1, column: 4, says: "ends within a text"),
        Refusal(text: "\"\\u12zz\"", line: 1, column: 4, says: "without its digits"),
        Refusal(text: "\"\\x+1\"", line: 1, column: 4, says: "without its digits"),
        Refusal(text: "/* x", line: 1, column: 1, says: "without its */"),
        Refusal(text: "[/ 1]", line: 1, column: 2, says: "a / where none"),
        Refusal(text: "[1.2.3]", line: 1, column: 2, says: "a number that is none"),
        Refusal(text: "[1a]", line: 1, column: 2, says: "a number that is none"),
        Refusal(text: "[--1]", line: 1, column: 2, says: "a number that is none"),
        Refusal(
            text: "[\(String(repeating: "1", count: 65))]", line: 1, column: 2,
            says: "a number that is none"),
        Refusal(text: "{a: process.env.X}", line: 1, column: 5, says: "JavaScript"),
        Refusal(text: "module.exports = {}", line: 1, column: 1, says: "JavaScript"),
        Refusal(text: "[`x`]", line: 1, column: 2, says: "JavaScript"),
    ]

    @Test(arguments: refusals)
    func refuses(_ row: Refusal) throws {
        let found = problem(Array(row.text.utf8))
        let problem = try #require(found, "\(row.text)")
        #expect(problem.text.contains(row.says), "\(row.text): \(problem)")
        #expect(problem.line == row.line && problem.column == row.column, "\(row): \(problem)")
        #expect(!problem.advice.isEmpty)
    }

    @Test func whatIsNotUTF8IsToldWhere() {
        let found = problem(Array("{\n\"a\": \"é".utf8) + [0xFF] + Array("\"}".utf8))
        #expect(found?.text == "is not UTF-8" && found?.line == 2 && found?.column == 9)
        #expect(problem([0xC3])?.text == "is not UTF-8")
        #expect(problem([0])?.text.contains("no value") == true)
    }

    @Test func whatStandsTwiceIsTold() throws {
        let document = try JSONReader.read(Array("{a: 1,\n b: 2,\n a: 3}".utf8))
        #expect(document.value.field("a") == .number(3))
        #expect(document.repeated == ["a (line 3)"])
    }

    @Test func levelsAndValuesAreBounded() throws {
        let deepest = ConvertLimits.depth
        func nested(_ levels: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(ascii: "["), count: levels)
                + [UInt8](repeating: UInt8(ascii: "]"), count: levels)
        }
        #expect(problem(nested(deepest)) == nil)
        #expect(problem(nested(deepest + 1))?.text.contains("levels") == true)
        #expect(problem(nested(400_000))?.text.contains("levels") == true)
        let many = Array("[\(String(repeating: "1,", count: ConvertLimits.values))]".utf8)
        #expect(problem(many)?.text.contains("values") == true)
        let large = [UInt8](repeating: UInt8(ascii: " "), count: ConvertLimits.fileBytes + 1)
        #expect(problem(large)?.text.contains("larger than") == true)
    }

    /// Every cut and every changed byte of a document ends in a value or a problem.
    @Test func anyBytesEndInAValueOrAProblem() {
        let text =
            #"{apps: [{"name": 'a\u00e9', /* x */ env: {A: -1.5e3}, t: [true, null,],}]} // y"#
        let whole = Array(text.utf8)
        for length in 0...whole.count { _ = problem(Array(whole[..<length])) }
        for place in whole.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = whole
                changed[place] = byte
                _ = problem(changed)
            }
        }
    }

    @Test func numbersAreWrittenAsJavaScriptDoes() {
        for (number, text) in [
            (3000.0, "3000"), (-1, "-1"), (0.5, "0.5"), (-0.0, "0"), (1e21, "1e+21"),
        ] {
            #expect(PlainValue.text(of: number) == text)
        }
    }
}
