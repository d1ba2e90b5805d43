// The third door of fuzz-control: fields in any order, straight from ByteReader. The first half of
// the input chooses what to read from the other half.

import Bytes

func readFields(_ input: [UInt8]) {
    let half = input.count / 2
    var reader = ByteReader(input.span.bytes.extracting(half..<input.count))
    for index in 0..<half {
        let before = reader.remaining
        guard (try? readField(input[index], &reader)) != nil else { break }
        precondition(reader.remaining <= before, "went back")
    }
    try? reader.finish()
}

private enum Fruit: UInt8 { case apple = 1, pear = 200 }

private func readField(_ choice: UInt8, _ reader: inout ByteReader) throws(DecodeError) {
    let limit = Int(choice >> 4) * 16
    switch choice & 15 {
    case 0: _ = try reader.readUInt8()
    case 1: _ = try reader.readUInt16()
    case 2: _ = try reader.readUInt32()
    case 3: _ = try reader.readUInt64()
    case 4: _ = try reader.readInt32()
    case 5: _ = try reader.readBool()
    case 6: _ = try reader.readCase(Fruit.self)
    case 7, 8, 9: check(try reader.readText(atMost: limit).utf8.count <= limit)
    case 10, 11, 12: check(try reader.readTexts(atMost: limit, each: 8).count <= limit)
    default: check(try reader.readCount(atMost: limit, smallest: 3) * 3 <= reader.remaining)
    }
}

private func check(_ holds: Bool) {
    precondition(holds, "more than the limit")
}
