// The text of heads: lines, fields, and the two greetings.

import Bytes
import Testing

@testable import Frames

@Suite struct HeadBlockTests {
    /// The fields, and a word about bytes that are left.
    private func fields(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var block = HeadBlock(bytes.span.bytes)
        var fields: [String] = []
        while let field = block.nextField() {
            let name = block.text(field.name) ?? "?"
            fields.append("\(name)=\(block.text(field.value) ?? "?")")
        }
        return block.isAtEnd ? fields : fields + ["left over"]
    }

    @Test func fieldsAreNameColonBlankValue() {
        #expect(fields("").isEmpty)
        #expect(fields("a: b\nc: \nd: e: f\n") == ["a=b", "c=", "d=e: f"])
    }

    @Test(arguments: ["a", "a: b", "a:b\n", ": b\n", "\n", "a\n", "a:\n"])
    func anythingElseIsNone(_ text: String) {
        #expect(fields(text).allSatisfy { $0 == "left over" })
    }

    @Test func aLineWithoutItsEndIsNotRead() {
        #expect(fields("a: b\nc: d") == ["a=b", "left over"])
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
        let bytes = written { hello.write(into: &$0) }
        let again = try ProxyHello(bytes.span.bytes)
        #expect(again == hello)
        let answer = WorkerHello(connector: "python 3.0.0")
        let answered = written { answer.write(into: &$0) }
        let same = try WorkerHello(answered.span.bytes)
        #expect(same == answer)
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
