// Fuzzes FrameDecoder and what reads the heads of its frames. The first byte of an input says who
// wrote the rest and in which pieces it comes; all of it bears the key of the samples, whose first
// four bytes are put in where a fuzzer writes 0xFF twice.

import Bytes
import Frames
import Glibc

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let sender: FrameSender = first & 1 == 0 ? .proxy : .worker
    let bytes = withKeys([UInt8](input.dropFirst()))
    let whole = Outcome(bytes, from: sender, piece: bytes.count + 1)
    let pieces = Outcome(bytes, from: sender, piece: Int(first >> 1) + 1)
    precondition(whole == pieces, "where bytes are cut makes a difference")
    precondition(whole.joined == bytes, "bytes were lost")
    checkSession(whole.frames)
    for frame in whole.frames { checkPlantedBug(frame.header) }
    return 0
}

private let key = FrameKey(random: 0x5C7A_31F9)

private func withKeys(_ bytes: [UInt8]) -> [UInt8] {
    var keyed = bytes
    var index = 0
    while index + 4 <= keyed.count {
        if keyed[index] == 0xFF, keyed[index + 1] == 0xFF {
            for place in 0..<4 {
                keyed[index + place] = UInt8(truncatingIfNeeded: key.rawValue >> (8 * place))
            }
        }
        index += 1
    }
    return keyed
}

struct Frame: Equatable {
    let header: FrameHeader
    let head: [UInt8]
    let payload: [UInt8]
}

/// What comes out of a stream, and all of its bytes put together again.
struct Outcome: Equatable {
    var frames: [Frame] = []
    var joined: [UInt8] = []

    init(_ bytes: [UInt8], from sender: FrameSender, piece: Int) {
        var decoder = FrameDecoder(key: key, sender: sender)
        var window: [UInt8] = []
        var given = 0
        while given < bytes.count {
            let next = min(given + piece, bytes.count)
            window += bytes[given..<next]
            given = next
            window.removeFirst(take(&decoder, window))
        }
        _ = decoder.isCutFrame(window.span.bytes)
        joined += window
    }

    private mutating func take(_ decoder: inout FrameDecoder, _ window: [UInt8]) -> Int {
        var offset = 0
        while true {
            switch decoder.next(in: window.span.bytes, at: offset) {
            case .frame(let header, let head, let payload):
                precondition(head.lowerBound == offset + FrameHeader.byteCount, "head")
                let frame = Frame(
                    header: header, head: Array(window[head]), payload: Array(window[payload]))
                frames.append(frame)
                joined += encoded(frame)
                offset = payload.upperBound
            case .text(let range), .damaged(_, let range):
                precondition(range.lowerBound == offset && !range.isEmpty, "no progress")
                joined += window[range]
                offset = range.upperBound
            case .incomplete(let needs):
                precondition(needs > window.count - offset, "asks for what is there")
                precondition(needs <= FrameLimits.frameBytes, "asks for too much")
                return offset
            }
        }
    }
}

private func encoded(_ frame: Frame) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: frame.header.frameBytes) { memory, count in
        var encoder = FrameEncoder(key: key, into: UnsafeMutableRawBufferPointer(memory))
        encoder.write(
            frame.header, head: frame.head.span.bytes, payload: frame.payload.span.bytes)
        count = encoder.writer.count
    }
}

/// All frames as if they were of one session: nothing breaks, and credit stays in its bounds.
private func checkSession(_ frames: [Frame]) {
    var state = SessionState()
    for frame in frames {
        _ = try? ProxyHello(frame.head.span.bytes)
        _ = try? WorkerHello(frame.head.span.bytes)
        let before = state
        let granted = frame.payload.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let isTaken = (try? state.receive(frame.header, credit: granted)) != nil
        precondition(isTaken || state == before, "a refused frame has changed something")
        precondition(Int(state.toWorker.bytes) <= FrameLimits.creditBytes, "credit")
        _ = try? state.send(frame.header)
    }
}

/// A defect that only a well-formed frame with certain fields reaches.
private func checkPlantedBug(_ header: FrameHeader) {
    #if PLANTED_BUG
        if header.kind == .close, header.code == 5, header.payloadCount == 3 {
            _ = write(2, "planted bug\n", 12)
            abort()
        }
    #endif
}
