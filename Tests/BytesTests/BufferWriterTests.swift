// Writing into lent memory: what fits, and what does not.

import Bytes
import Testing

@Suite struct BufferWriterTests {
    private func written(_ room: Int, _ write: (inout BufferWriter) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(room, 1)) { memory, count in
            let lent = UnsafeMutableRawBufferPointer(start: memory.baseAddress, count: room)
            var writer = BufferWriter(lent)
            write(&writer)
            count = writer.count
        }
    }

    private func writeAll(_ writer: inout BufferWriter) {
        let piece = Array("aB\u{E9}".utf8)
        writer.write(0x41)
        writer.write("literal")
        writer.write(utf8: "text")
        writer.write(piece.span.bytes)
        writer.writeLowercased(piece.span.bytes)
        writer.writeDecimal(1200)
        writer.writeHexadecimal(0xAF0)
        writer.writeLittleEndian(UInt16(0x0102))
    }

    @Test func whatIsWrittenStandsThere() {
        let expected = Array("AliteraltextaB\u{E9}ab\u{E9}1200af0".utf8) + [2, 1]
        #expect(written(100, writeAll) == expected)
        #expect(written(expected.count, writeAll) == expected)
    }

    @Test func whatDoesNotFitIsNotWritten() {
        let whole = written(100, writeAll)
        for room in 0..<whole.count {
            var isFull = false
            let bytes = written(room) { writer in
                writeAll(&writer)
                isFull = writer.isFull
            }
            #expect(isFull && whole.starts(with: bytes), "\(room)")
        }
    }

    @Test func numbersHaveNoLeadingZeros() {
        for (number, decimal, hexadecimal) in [
            (UInt64(0), "0", "0"), (9, "9", "9"), (10, "10", "a"), (255, "255", "ff"),
            (.max, "18446744073709551615", "ffffffffffffffff"),
        ] {
            #expect(written(20) { $0.writeDecimal(number) } == Array(decimal.utf8))
            #expect(written(20) { $0.writeHexadecimal(number) } == Array(hexadecimal.utf8))
        }
    }

    @Test func lengthsAreStoredBehindWhatTheyCount() {
        let bytes = written(8) { writer in
            writer.skip(2)
            writer.write("abc")
            writer.store(UInt16(3), at: 0)
        }
        #expect(bytes == [3, 0] + Array("abc".utf8))
    }

    @Test func rewindingMakesRoomAgain() {
        let bytes = written(4) { writer in
            writer.write("ab")
            writer.write("cde")
            #expect(writer.isFull && writer.count == 2)
            writer.write(0x21)
            #expect(writer.count == 2)
            writer.rewind(to: 1)
            writer.write("xyz")
        }
        #expect(bytes == Array("axyz".utf8))
    }

    @Test func storingWhereNothingStandsTraps() async {
        await #expect(processExitsWith: .failure) {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
            var writer = BufferWriter(memory)
            writer.store(UInt16(0), at: 0)
        }
    }
}
