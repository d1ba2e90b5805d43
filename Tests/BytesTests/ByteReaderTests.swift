// ByteReader: each field as it should be, cut short, and forged.

import Bytes
import Glibc
import Testing

/// Reads `bytes` with `body` and demands that nothing is left.
func reading<Value>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws(DecodeError) -> Value
) throws(DecodeError) -> Value {
    var reader = ByteReader(bytes.span.bytes)
    let value = try body(&reader)
    try reader.finish()
    return value
}

@Suite struct ByteReaderTests {
    @Test func integersAreLittleEndian() throws {
        #expect(try reading([0x7F]) { r throws(DecodeError) in try r.readUInt8() } == 0x7F)
        #expect(try reading([1, 2]) { r throws(DecodeError) in try r.readUInt16() } == 0x0201)
        #expect(
            try reading([1, 2, 3, 4]) { r throws(DecodeError) in try r.readUInt32() } == 0x0403_0201
        )
        #expect(
            try reading([1, 2, 3, 4, 5, 6, 7, 8]) { r throws(DecodeError) in try r.readUInt64() }
                == 0x0807_0605_0403_0201)
        #expect(
            try reading([0xFE, 0xFF, 0xFF, 0xFF]) { r throws(DecodeError) in try r.readInt32() }
                == -2)
    }

    @Test func integersAtOddOffsetsAreRead() throws {
        let value = try reading([9, 1, 0, 0, 0]) { reader throws(DecodeError) in
            _ = try reader.readUInt8()
            return try reader.readUInt32()
        }
        #expect(value == 1)
    }

    @Test func integersCutShortAreTruncated() {
        for count in 0..<2 {
            expectTruncated(count) { r throws(DecodeError) in _ = try r.readUInt16() }
        }
        for count in 0..<4 {
            expectTruncated(count) { r throws(DecodeError) in _ = try r.readUInt32() }
        }
        for count in 0..<8 {
            expectTruncated(count) { r throws(DecodeError) in _ = try r.readUInt64() }
        }
        expectTruncated(0) { r throws(DecodeError) in _ = try r.readUInt8() }
    }

    private func expectTruncated(
        _ count: Int, _ body: (inout ByteReader) throws(DecodeError) -> Void
    ) {
        #expect(throws: DecodeError.truncated) {
            try reading([UInt8](repeating: 0, count: count), body)
        }
    }

    @Test func aBoolIsZeroOrOne() throws {
        #expect(try reading([0]) { r throws(DecodeError) in try r.readBool() } == false)
        #expect(try reading([1]) { r throws(DecodeError) in try r.readBool() } == true)
        for byte in UInt8(2)...255 {
            #expect(throws: DecodeError.badValue) {
                try reading([byte]) { r throws(DecodeError) in try r.readBool() }
            }
        }
    }

    private enum Fruit: UInt8 { case apple = 3, pear = 5 }

    @Test func aCaseIsOneOfTheEnums() throws {
        #expect(try reading([5]) { r throws(DecodeError) in try r.readCase(Fruit.self) } == .pear)
        #expect(throws: DecodeError.badValue) {
            try reading([4]) { r throws(DecodeError) in try r.readCase(Fruit.self) }
        }
    }

    @Test func textIsReadUpToItsLimit() throws {
        let text = try reading([3, 0, 0x61, 0xC3, 0xA7]) { r throws(DecodeError) in
            try r.readText(atMost: 3)
        }
        #expect(text == "aç")
        #expect(throws: DecodeError.tooLong(3)) {
            try reading([3, 0, 0x61, 0x61, 0x61]) { r throws(DecodeError) in
                try r.readText(atMost: 2)
            }
        }
        #expect(throws: DecodeError.truncated) {
            try reading([3, 0, 0x61, 0x61]) { r throws(DecodeError) in try r.readText(atMost: 3) }
        }
    }

    @Test(
        arguments: [
            [0x61, 0x00, 0x62],  // NUL
            [0xFF, 0x61, 0x61],  // never in UTF-8
            [0x61, 0x61, 0xC3],  // ends within a character
            [0xC0, 0x80, 0x61],  // overlong NUL
            [0xED, 0xA0, 0x80],  // half a surrogate pair
        ] as [[UInt8]])
    func textThatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
        #expect(throws: DecodeError.badText) {
            try reading([3, 0] + bytes) { r throws(DecodeError) in try r.readText(atMost: 9) }
        }
    }

    @Test func aCountIsHeldAgainstLimitAndBytesLeft() throws {
        let count = try reading([2, 0]) { r throws(DecodeError) in
            try r.readCount(atMost: 2, smallest: 0)
        }
        #expect(count == 2)
        #expect(throws: DecodeError.tooMany(3)) {
            try reading([3, 0]) { r throws(DecodeError) in try r.readCount(atMost: 2, smallest: 0) }
        }
        #expect(throws: DecodeError.truncated) {
            try reading([2, 0, 1, 2, 3]) { r throws(DecodeError) in
                try r.readCount(atMost: 2, smallest: 2)
            }
        }
    }

    @Test func textsAreReadInOrder() throws {
        let texts = try reading([2, 0, 1, 0, 0x61, 0, 0]) { r throws(DecodeError) in
            try r.readTexts(atMost: 2, each: 1)
        }
        #expect(texts == ["a", ""])
        #expect(throws: DecodeError.tooLong(1)) {
            try reading([1, 0, 1, 0, 0x61]) { r throws(DecodeError) in
                try r.readTexts(atMost: 2, each: 0)
            }
        }
    }

    @Test func bytesLeftOverAreAnError() {
        #expect(throws: DecodeError.trailingBytes(1)) {
            try reading([1, 2]) { r throws(DecodeError) in try r.readUInt8() }
        }
    }

    /// Many texts are announced, none comes: the address space of this process stays as it is.
    @Test func forgedLengthsAllocateNothing() throws {
        let before = try #require(peakKilobytes())
        for _ in 0..<8 {
            #expect(throws: DecodeError.truncated) {
                try reading([255, 255, 0, 0]) { r throws(DecodeError) in
                    try r.readTexts(atMost: .max, each: .max)
                }
            }
        }
        let after = try #require(peakKilobytes())
        #expect(after - before < 1024 * 1024)
    }

    /// VmPeak: the most address space that this process has ever had.
    private func peakKilobytes() -> Int? {
        guard let status = fopen("/proc/self/status", "re") else { return nil }
        defer { fclose(status) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), status) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix("VmPeak:") else { continue }
            return Int(text.filter(\.isNumber))
        }
        return nil
    }
}
