// The text of heads: lines, fields, and the two greetings.

import Bytes
import Testing

@testable import Frames

@Suite struct HeadBlockTests {
    private func fields(_ text: String) -> ([String], isWhole: Bool) {
        let bytes = Array(text.utf8)
        var block = HeadBlock(bytes.span.bytes)
        var fields: [String] = []
        while let field = block.nextField() {
            fields.append(
                "\(block.text(field.name) ?? "?")=\(block.text(field.value) ?? "?")")
        }
        return (fields, block.isAtEnd)
    }

    @Test func fieldsAreNameColonBlankValue() {
        #expect(fields("") == ([], true))
        #expect(fields("a: b\nc: \nd: e: f\n") == (["a=b", "c=", "d=e: f"], true))
    }

    @Test(arguments: ["a", "a: b", "a:b\n", ": b\n", "\n", "a\n", "a:\n"])
    func anythingElseIsNone(_ text: String) {
        #expect(fields(text).0.isEmpty)
    }

    @Test func aLineWithoutItsEndIsNotRead() {
        let result = fields("a: b\nc: d")
        #expect(result.0 == ["a=b"] && !result.isWhole)
    }

    private func == (left: ([String], isWhole: Bool), right: ([String], Bool)) -> Bool {
        left.0 == right.0 && left.1 == right.1
    }
}

@Suite struct HelloTests {
    private func written(_ write: (inout BufferWriter) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4096) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            write(&writer)
            count = writer.count
        }
    }

    private func proxy(_ text: String) throws(FrameProblem) -> ProxyHello {
        let bytes = Array(text.utf8)
        return try ProxyHello(bytes.span.bytes)
    }

    private func worker(_ text: String) throws(FrameProblem) -> WorkerHello {
        let bytes = Array(text.utf8)
        return try WorkerHello(bytes.span.bytes)
    }

    @Test func whatIsWrittenComesBack() throws {
        let hello = ProxyHello(worker: "äpi", instance: 3, windowBytes: 65_535)
        #expect(try ProxyHello(written { hello.write(into: &$0) }.span.bytes) == hello)
        let answer = WorkerHello(connector: "python 3.0.0")
        #expect(try WorkerHello(written { answer.write(into: &$0) }.span.bytes) == answer)
    }

    @Test func unknownFieldsAreSkipped() throws {
        #expect(try worker("later: 1\nconnector: lua 1\nlater: 2\n").connector == "lua 1")
    }

    @Test(arguments: [
        "", "worker: a\n", "worker: a\ninstance: x\nwindow: 65535\n",
        "worker: a\ninstance: 0\nwindow: 65534\n", "worker: a\ninstance: 0\nwindow: 99999999\n",
        "worker: a\nworker: a\ninstance: 0\nwindow: 65535\n",
        "worker: a\ninstance: 70000\nwindow: 65535\n", "worker: a\ninstance: 0\nwindow: 65535",
        "worker: a\u{0}\ninstance: 0\nwindow: 65535\n",
    ])
    func aHelloOfAProxyIsWholeAndRight(_ text: String) {
        #expect(throws: FrameProblem.badHello) { try proxy(text) }
    }

    @Test func aConnectorNamesItselfInPlainWords() {
        for text in [
            "", "connector: a\u{1B}[31m\n", "connector: \(String(repeating: "a", count: 129))\n",
        ] {
            #expect(throws: FrameProblem.badHello) { try worker(text) }
        }
        let many = String(repeating: "a: b\n", count: FrameLimits.helloLines + 1)
        #expect(throws: FrameProblem.badHello) { try worker(many) }
    }
}
