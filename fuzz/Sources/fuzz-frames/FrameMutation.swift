// Changes by whole frames: what a fuzzer would have to find byte by byte is refused as long as one
// is wrong.

import Frames
import Fuzzing

/// Half of the changes are libFuzzer's, to any byte; the others put in a frame that is mostly
/// right, the beginning of a key, or text, or take bytes away.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    var random = Random(seed: seed)
    if random.below(2) == 0 || count < 2 { return mutateBytes(start, count, room) }
    var input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    for _ in 0...random.below(3) {
        let place = 1 + random.below(input.count)
        switch random.below(6) {
        case 0:
            let end = min(place + random.below(32), input.count)
            input.removeSubrange(min(place, end)..<end)
        case 1:
            input.insert(contentsOf: keyBytes.prefix(1 + random.below(4)), at: place)
        case 2:
            let text = [UInt8](repeating: 0x61, count: random.below(24))
            input.insert(contentsOf: text, at: place)
        case 3: input.append(contentsOf: frame(of: input[0], &random))
        default: input.insert(contentsOf: frame(of: input[0], &random), at: place)
        }
    }
    let kept = input.prefix(room)
    _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
    return kept.count
}

private let heads: [StaticString] = [
    "", "", "a: b\n", "worker: a\ninstance: 0\nwindow: 65536\n", "connector: node 3\n",
    "connector: a\nconnector: b\n", "instance: 99999\n", "x\n", "a:b\n", "a: b",
]

/// A frame of the side that the first byte of an input names; now and then with a wrong field.
private func frame(of first: UInt8, _ random: inout Random) -> [UInt8] {
    let sender: FrameSender = first & 1 == 0 ? .proxy : .worker
    let kind = random.pick(FrameKind.allCases)
    var bytes = keyBytes + [UInt8](repeating: 0, count: 12)
    bytes[4] = kind.rawValue
    switch kind {
    case .hello: bytes[6] = 1
    case .response: bytes[6] = random.pick([100, 103, 200, 204])
    case .close: bytes[6] = sender == .proxy ? UInt8(random.below(7)) : 0
    case .drain, .forget, .log, .request, .data, .credit, .save, .pass: break
    }
    let hasSession = kind.rawValue >= 0x10
    if hasSession { bytes[8] = 1 }
    let hasHead = [.hello, .request, .response, .data].contains(kind)
    if hasHead, kind != .hello { bytes[5] = UInt8(random.below(kind == .request ? 4 : 2)) }
    let head = hasHead ? random.pick(heads) : ""
    let isEmpty = [.hello, .drain, .forget, .pass].contains(kind)
    let payload = kind == .credit ? 4 : isEmpty ? 0 : random.below(12)
    bytes[12] = UInt8(head.utf8CodeUnitCount)
    bytes[14] = UInt8(payload)
    if random.below(8) == 0 {
        bytes[4 + random.below(12)] = random.pick([0, 1, 2, 0x10, 0x7F, 0xFF])
    }
    head.withUTF8Buffer { bytes += $0 }
    for _ in 0..<payload { bytes.append(random.pick([0, 1, 0x61, 0xFF])) }
    return bytes
}
