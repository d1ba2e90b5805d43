// Fuzzes FrameDecoder and what reads the heads of its frames. The first byte of an input says who
// wrote the rest and in which pieces it comes; all of it bears the key of the samples, whose first
// four bytes are put in where a fuzzer writes 0xFF twice.
//
// Where bytes are cut makes no difference, each byte is text, damaged, of a frame or still awaited,
// and a slow and simple search (FrameModel) says the same of each.

import Bytes
import Frames
import Fuzzing

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let sender: FrameSender = first & 1 == 0 ? .proxy : .worker
    let bytes = withKeys([UInt8](input.dropFirst()))
    let whole = Outcome(bytes, from: sender, .none)
    require(whole == Outcome(bytes, from: sender, .seeded(first >> 1)), "cuts make no difference")
    require(whole.joined == bytes, "no byte is lost")
    let model = FrameModel(bytes, from: sender)
    require(whole.fates == model.fates, "the same fate of each byte")
    require(whole.strayKeyBytes == model.strayKeyBytes, "stray bytes of keys are counted")
    require(whole.isCut == model.isCut, "whether the last frame is cut")
    checkResynchronisation(bytes, sender, model)
    checkHellos(whole.frames)
    checkFields(whole.frames)
    checkSession(whole.frames, closesAfter: Int(first))
    return 0
}

let key = FrameKey(random: 0x5C7A_31F9)
let keyBytes = (0..<4).map { UInt8(truncatingIfNeeded: key.rawValue >> (8 * $0)) }

private func withKeys(_ bytes: [UInt8]) -> [UInt8] {
    var keyed = bytes
    for index in keyed.indices.dropLast(3) where keyed[index] == 0xFF && keyed[index + 1] == 0xFF {
        keyed.replaceSubrange(index..<index + 4, with: keyBytes)
    }
    return keyed
}

/// What becomes of a byte.
enum Fate: UInt8 {
    case text, damaged, frame, awaited
}

struct Frame: Equatable {
    let header: FrameHeader
    let head: [UInt8]
    let payload: [UInt8]
}

/// What comes out of a stream, and all of its bytes put together again.
struct Outcome: Equatable {
    var frames: [Frame] = []
    var fates: [Fate] = []
    var joined: [UInt8] = []
    var strayKeyBytes: UInt64 = 0
    var isCut = false

    init(_ bytes: [UInt8], from sender: FrameSender, _ cuts: Cuts) {
        var decoder = FrameDecoder(key: key, sender: sender)
        var rest = bytes[...]
        feed(bytes, cuts) { window in
            let taken = take(&decoder, window)
            rest = rest.dropFirst(taken)
            return taken
        }
        isCut = decoder.isCutFrame(Array(rest).span.bytes)
        strayKeyBytes = decoder.strayKeyBytes
        joined += rest
        fates += rest.map { _ in .awaited }
    }

    private mutating func take(_ decoder: inout FrameDecoder, _ window: [UInt8]) -> Int {
        var offset = 0
        while true {
            switch decoder.next(in: window.span.bytes, at: offset) {
            case .frame(let header, let head, let payload):
                require(head.lowerBound == offset + FrameHeader.byteCount, "where a head begins")
                require(head.upperBound == payload.lowerBound, "where a payload begins")
                let frame = Frame(
                    header: header, head: Array(window[head]), payload: Array(window[payload]))
                frames.append(frame)
                joined += encoded(frame)
                fates += repeatElement(.frame, count: payload.upperBound - offset)
                offset = payload.upperBound
            case .text(let range):
                note(.text, window, range, at: &offset)
            case .damaged(_, let range):
                note(.damaged, window, range, at: &offset)
            case .incomplete(let needs):
                require(needs > window.count - offset, "nothing is asked for that is there")
                require(needs <= FrameLimits.frameBytes, "no more is asked for than a frame has")
                return offset
            }
        }
    }

    private mutating func note(
        _ fate: Fate, _ window: [UInt8], _ range: Range<Int>, at offset: inout Int
    ) {
        require(range.lowerBound == offset && !range.isEmpty, "each step gets on")
        joined += window[range]
        fates += repeatElement(fate, count: range.count)
        offset = range.upperBound
    }
}

extension FrameEncoder {
    /// Writes a frame in one of the three ways, after one that is taken back.
    fileprivate mutating func write(_ frame: Frame) -> Bool {
        begin(frame.header)
        abandon()
        require(writer.count == 0, "what is abandoned is gone")
        if frame.header.frameBytes == FrameHeader.byteCount { return write(frame.header) }
        let head = frame.head.span.bytes
        let payload = frame.payload.span.bytes
        if frame.header.flags.isEmpty { return write(frame.header, head: head, payload: payload) }
        var header = frame.header
        header.flags = []
        begin(header)
        writer.write(head)
        beginPayload()
        writer.write(payload)
        return finish(adding: frame.header.flags)
    }
}

/// The bytes of a frame; with one byte less there is no room, and nothing is written.
func encoded(_ frame: Frame) -> [UInt8] {
    let size = frame.header.frameBytes
    return [UInt8](unsafeUninitializedCapacity: size) { memory, count in
        let place = UnsafeMutableRawBufferPointer(memory)
        for room in [size - 1, size] {
            var encoder = FrameEncoder(
                key: key, into: UnsafeMutableRawBufferPointer(rebasing: place[..<room]))
            let fits = encoder.write(frame)
            require(fits == (room == size), "whether there is room")
            count = encoder.writer.count
            require(count == (fits ? size : 0), "half a frame")
        }
    }
}
