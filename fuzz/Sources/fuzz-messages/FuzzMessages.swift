// Fuzzes Message.decode. The first byte of an input says who sent the rest, in which phase, with
// how many descriptors, and whether the length in its header is set right before it is decoded
// (else a fuzzer would spend its time on lengths); the rest is the datagram.

import Glibc
import Messages
import Fuzzing

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let origin = Origin(first)
    var datagram = [UInt8](input.dropFirst())
    if origin.correctsLength { correctLength(of: &datagram) }
    guard let message = origin.decode(datagram.span.bytes) else { return 0 }
    checkRoundTrip(of: message, from: origin)
    checkPlantedBug(message)
    return 0
}

/// Half of the changes are libFuzzer's, to any byte; the others are to fields of the body.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    var random = Random(seed: seed)
    if random.below(2) == 0 { return mutateBytes(start, count, room) }
    var input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    FieldMutation.apply(to: &input, from: 1 + MessageHeader.byteCount, &random)
    let kept = input.prefix(room)
    _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
    return kept.count
}

/// How a datagram came.
struct Origin {
    let sender: Role
    let phase: Phase
    let descriptors: Int
    let correctsLength: Bool

    /// Low bits: the sender; then one bit of phase, two of the count, one that leaves the length.
    init(_ byte: UInt8) {
        sender = Role.allCases[Int(byte & 7) % Role.allCases.count]
        phase = byte & 8 == 0 ? .greeting : .open
        descriptors = Int(byte >> 4) & 3
        correctsLength = byte & 64 == 0
    }

    func decode(_ datagram: RawSpan) -> Message? {
        try? Message.decode(datagram, from: sender, in: phase, descriptors: descriptors)
    }
}

private func correctLength(of datagram: inout [UInt8]) {
    guard datagram.count >= MessageHeader.byteCount else { return }
    for index in 0..<4 {
        datagram[4 + index] = UInt8(truncatingIfNeeded: datagram.count >> (8 * index))
    }
}

/// What was decoded encodes to a message that decodes to the same, with the same origin.
private func checkRoundTrip(of message: Message, from origin: Origin) {
    let datagram = message.encoded()
    precondition(origin.decode(datagram.span.bytes) == message, "round trip")
}

/// A defect that only a well-formed message with certain fields reaches: a fuzzer that never finds
/// it does not get past the checks in front of the fields.
private func checkPlantedBug(_ message: Message) {
    #if PLANTED_BUG
        if case .tailLog(let request) = message, request.workers.count == 3 {
            _ = write(2, "planted bug\n", 12)
            abort()
        }
    #endif
}
