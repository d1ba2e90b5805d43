// A search for frames that is slow, simple and has all bytes at once; nothing in it is shared with
// FrameDecoder and FrameRule. The table is the one of docs/FRAMES.md.

import Frames

struct FrameModel {
    private(set) var fates: [Fate] = []
    private(set) var strayKeyBytes: UInt64 = 0
    /// A key stands in front of what is awaited.
    private(set) var isCut = false

    init(_ bytes: [UInt8], from sender: FrameSender) {
        while fates.count < bytes.count {
            let rest = bytes[fates.count...]
            if rest.starts(with: keyBytes) {
                let size = rest.count < 16 ? .max : Self.frameBytes(Array(rest.prefix(16)), sender)
                if let size, size <= rest.count {
                    fates += repeatElement(.frame, count: size)
                    continue
                }
                if size != nil {
                    isCut = true
                    break
                }
                fates.append(.damaged)
                strayKeyBytes += 1
            } else if rest.count < 4, keyBytes.starts(with: rest) {
                break
            } else {
                fates.append(.text)
                if rest.first.map({ $0 >= 0xF8 }) == true { strayKeyBytes += 1 }
            }
        }
        fates += bytes.dropFirst(fates.count).map { _ in .awaited }
    }

    private static func number(_ header: [UInt8], _ places: Range<Int>) -> Int {
        places.reversed().reduce(0) { $0 << 8 | Int(header[$1]) }
    }

    /// Bytes of the whole frame; nil when the 16 bytes are no header.
    private static func frameBytes(_ header: [UInt8], _ sender: FrameSender) -> Int? {
        guard
            let row = rows.first(where: {
                $0.kind == header[4] && ($0.sender == nil || $0.sender == sender)
            })
        else { return nil }
        let head = number(header, 12..<14)
        let payload = number(header, 14..<16)
        let slot = number(header, 8..<12) & 0xF_FFFF
        let isPlace = row.hasSession ? slot != 0 : number(header, 8..<12) == 0
        guard isPlace, header[5] & ~row.flags == 0, row.codes.contains(number(header, 6..<8)),
            head <= row.head, row.payload.contains(payload)
        else { return nil }
        // A trailer is last.
        if row.kind == 0x12, head > 0, header[5] & 1 == 0 { return nil }
        return 16 + head + payload
    }

    private struct Row {
        let kind: UInt8
        /// Nil: both ways.
        let sender: FrameSender?
        let hasSession: Bool
        var flags: UInt8 = 0
        var codes: ClosedRange<Int> = 0...0
        var head = 0
        var payload: ClosedRange<Int> = 0...0
    }

    private static let any = 0...65_535

    private static let rows = [
        Row(kind: 0x00, sender: nil, hasSession: false, codes: 1...1, head: 4096),
        Row(kind: 0x02, sender: .proxy, hasSession: false),
        Row(kind: 0x03, sender: .worker, hasSession: false, payload: any),
        Row(kind: 0x04, sender: .proxy, hasSession: false),
        Row(kind: 0x10, sender: .proxy, hasSession: true, flags: 3, head: 65_535, payload: any),
        Row(
            kind: 0x11, sender: .worker, hasSession: true, flags: 1, codes: 100...599,
            head: 65_535, payload: any),
        Row(kind: 0x12, sender: nil, hasSession: true, flags: 1, head: 65_535, payload: any),
        Row(kind: 0x14, sender: nil, hasSession: true, payload: 4...4),
        Row(kind: 0x16, sender: .proxy, hasSession: true, codes: 0...4, payload: 0...1024),
        Row(kind: 0x16, sender: .worker, hasSession: true, payload: 0...1024),
        Row(kind: 0x18, sender: nil, hasSession: true, payload: any),
        Row(kind: 0x19, sender: .worker, hasSession: true),
    ]
}
