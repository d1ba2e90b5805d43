// ByteWriter: what it writes is what ByteReader reads.

import Bytes
import Testing

@Suite struct ByteWriterTests {
    @Test func integersAreLittleEndian() {
        var writer = ByteWriter()
        writer.write(UInt8(1))
        writer.write(UInt16(0x0302))
        writer.write(UInt32(0x0706_0504))
        writer.write(UInt64(0x0F0E_0D0C_0B0A_0908))
        #expect(writer.bytes == Array(1...15))
    }

    @Test(arguments: [Int32.min, -1, 0, 1, .max])
    func signedNumbersComeBack(_ value: Int32) throws {
        var writer = ByteWriter()
        writer.write(value)
        #expect(try reading(writer.bytes) { r throws(DecodeError) in try r.readInt32() } == value)
    }

    @Test func everyTextComesBack() throws {
        for text in ["", "a", "ç15", "日本語", String(repeating: "x", count: 65535)] {
            var writer = ByteWriter()
            writer.write(text)
            let back = try reading(writer.bytes) { r throws(DecodeError) in
                try r.readText(atMost: 65535)
            }
            #expect(back == text)
        }
    }

    @Test func listsComeBack() throws {
        var writer = ByteWriter()
        writer.write(["a", "", "bc"])
        writer.write(true)
        var reader = ByteReader(writer.bytes.span.bytes)
        #expect(try reader.readTexts(atMost: 3, each: 2) == ["a", "", "bc"])
        #expect(try reader.readBool())
        try reader.finish()
    }

    @Test func aTextLongerThanItsLengthFieldTraps() async {
        await #expect(processExitsWith: .failure) {
            var writer = ByteWriter()
            writer.write(String(repeating: "x", count: 65536))
        }
    }
}
