// Options that are kept as texts: their order, and what the wire refuses of them.

import Bytes
import Testing

@testable import Settings

@Suite struct KeptOptionTests {
    @Test func eachIsThereOnceAndInOrder() {
        var kept: [KeptOption] = []
        for id in [UInt16(0x0051), 0x0040, 0x0100, 0x0040] { kept.set(id, ["\(id)"]) }
        #expect(kept.map(\.id) == [0x0040, 0x0051, 0x0100])
        kept.set(0x0051, [])
        kept.set(0x0052, [])
        #expect(kept.map(\.id) == [0x0040, 0x0100])
        #expect(kept.values(of: 0x0040) == ["64"] && kept.values(of: 0x0051).isEmpty)
    }

    @Test(arguments: [
        [KeptOption(id: 0x7777, values: ["x"])],
        [KeptOption(id: 0x0040, values: [])],
        [KeptOption(id: 0x0041, values: ["x"]), KeptOption(id: 0x0040, values: ["x"])],
        [KeptOption(id: 0x0040, values: ["x"]), KeptOption(id: 0x0040, values: ["x"])],
        // The daemon's own are not a worker's.
        [KeptOption(id: 0x0500, values: ["1"])],
        [KeptOption(id: 0x0040, values: Array(repeating: SettingsSamples.text(4096), count: 64))],
    ])
    func theWireRefuses(_ kept: [KeptOption]) {
        #expect(throws: DecodeError.self) { try decode(encode(kept)) }
    }

    @Test func theWireRefusesWhatIsLargerThanItsLimits() {
        let long = [KeptOption(id: 0x0040, values: [SettingsSamples.text(4097)])]
        #expect(throws: DecodeError.self) { try decode(encode(long)) }
        let many = [KeptOption(id: 0x0040, values: Array(repeating: "", count: 4097))]
        #expect(throws: DecodeError.self) { try decode(encode(many)) }
    }

    @Test func theWireRefusesEachCut() throws {
        let bytes = encode(SettingsSamples.full.kept)
        #expect(try decode(bytes) == SettingsSamples.full.kept)
        for length in bytes.indices {
            #expect(throws: DecodeError.self) { try decode(Array(bytes[..<length])) }
        }
    }

    private func encode(_ kept: [KeptOption]) -> [UInt8] {
        var writer = ByteWriter()
        kept.write(to: &writer)
        return writer.bytes
    }

    private func decode(_ bytes: [UInt8]) throws(DecodeError) -> [KeptOption] {
        var reader = ByteReader(bytes.span.bytes)
        let kept = try [KeptOption](reading: &reader, known: OptionTable.workerIds)
        try reader.finish()
        return kept
    }
}
