// Fuzzes the control socket's decoders. The first byte of an input says whose end it is and whether
// the lengths in the headers are set right before they are read (else a fuzzer would spend its time
// on lengths); the rest is a row of datagrams, each behind a u16 length, as they would come one
// after the other. With 0x40 in the first byte the rest is a look.

import Control
import Glibc
import Messages
import Fuzzing

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    if first & 0x80 != 0 {
        readFields([UInt8](input.dropFirst()))
        return 0
    }
    if first & 0x40 != 0 {
        checkLook([UInt8](input.dropFirst()))
        return 0
    }
    var session = Session(first)
    let correctsLengths = first & 8 == 0
    for var datagram in datagrams(in: [UInt8](input.dropFirst())) {
        if correctsLengths { correctLength(of: &datagram) }
        guard session.receive(datagram.span.bytes) else { break }
    }
    return 0
}

/// Half of the changes are libFuzzer's, to any byte; the others are to fields of one body.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    var random = Random(seed: seed)
    let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var pieces = datagrams(in: Array(input.dropFirst()))
    if random.below(2) == 0 || pieces.isEmpty { return mutateBytes(start, count, room) }
    let chosen = random.below(pieces.count)
    FieldMutation.apply(to: &pieces[chosen], from: MessageHeader.byteCount, &random)
    let changed = pieces.reduce(into: [input[0]]) { changed, piece in
        changed.append(UInt8(truncatingIfNeeded: piece.count))
        changed.append(UInt8(truncatingIfNeeded: piece.count >> 8))
        changed += piece
    }
    let kept = changed.prefix(room)
    _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
    return kept.count
}

/// What stands behind each length; the last one may be cut short.
private func datagrams(in bytes: [UInt8]) -> [[UInt8]] {
    var datagrams: [[UInt8]] = []
    var rest = bytes[...]
    while rest.count >= 2 {
        let length = Int(rest[rest.startIndex]) | Int(rest[rest.startIndex + 1]) << 8
        datagrams.append(Array(rest.dropFirst(2).prefix(length)))
        rest = rest.dropFirst(2 + length)
    }
    return datagrams
}

/// One end of a connection: the master's reads commands, apm's reads replies.
struct Session {
    private let isMaster: Bool
    private let descriptors: Int
    /// Hands every kind to the decoder, also those that may not come.
    private let permitsAll: Bool
    private var phase = Phase.greeting
    private var collector: PartCollector

    init(_ choice: UInt8) {
        isMaster = choice & 1 == 0
        descriptors = Int(choice >> 1) & 3
        collector = PartCollector(limit: choice & 16 == 0 ? 64 * 1024 : 256)
        permitsAll = choice & 32 != 0
    }

    /// False when the peer would be dropped.
    mutating func receive(_ datagram: RawSpan) -> Bool {
        do {
            let header = try MessageHeader(decoding: datagram)
            let kind = try permitted(header)
            let part = datagram.extracting(droppingFirst: MessageHeader.byteCount)
            let body = try collector.add(header, body: part)
            precondition(collector.isCollecting == (body == nil), "parts")
            guard let body else { return true }
            phase = .open
            return isMaster ? checkCommand(kind, body) : checkReply(kind, body)
        } catch {
            return false
        }
    }

    private func permitted(_ header: MessageHeader) throws -> ControlKind {
        if isMaster && !permitsAll {
            return try Command.permitted(header, in: phase, received: descriptors)
        }
        guard let kind = ControlKind(rawValue: header.kind) else { throw Unknown() }
        return kind
    }

    private struct Unknown: Error {}
}

private func correctLength(of datagram: inout [UInt8]) {
    guard datagram.count >= MessageHeader.byteCount else { return }
    for index in 0..<4 {
        datagram[4 + index] = UInt8(truncatingIfNeeded: datagram.count >> (8 * index))
    }
}

/// What is no secret stays as it is; the rest is gone with the first reading.
private func checkLook(_ bytes: [UInt8]) {
    guard let look = try? Look.decode(bytes.span.bytes) else { return }
    precondition((try? Look.decode(look.encoded().span.bytes)) == look, "round trip of a look")
}

private func checkCommand(_ kind: ControlKind, _ body: [UInt8]) -> Bool {
    guard let command = try? Command.decode(kind, body: body.span.bytes) else { return false }
    precondition(command.kind == kind, "kind")
    let again = joined(command.encoded(id: 1))
    precondition(again == body, "another encoding of a command")
    precondition((try? Command.decode(kind, body: again.span.bytes)) == command, "round trip")
    checkPlantedBug(command)
    return true
}

private func checkReply(_ kind: ControlKind, _ body: [UInt8]) -> Bool {
    guard let reply = try? Reply.decode(kind, body: body.span.bytes) else { return false }
    precondition(reply.kind == kind, "kind")
    let again = joined(reply.encoded(id: 1))
    precondition(again == body, "another encoding of a reply")
    precondition((try? Reply.decode(kind, body: again.span.bytes)) == reply, "round trip")
    return true
}

/// The body that datagrams carry, put together again by the collector.
private func joined(_ datagrams: [[UInt8]]) -> [UInt8] {
    var collector = PartCollector()
    for datagram in datagrams {
        let bytes = datagram.span.bytes
        guard let header = try? MessageHeader(decoding: bytes) else { break }
        let part = bytes.extracting(droppingFirst: MessageHeader.byteCount)
        if let body = try? collector.add(header, body: part) { return body }
    }
    preconditionFailure("our own parts were refused")
}

/// A defect that only a well-formed command with certain fields reaches: a fuzzer that never finds
/// it does not get past the checks in front of the fields.
private func checkPlantedBug(_ command: Command) {
    #if PLANTED_BUG
        if case .log(let log) = command, log.follows, !log.selection.waits,
            !log.selection.name.isEmpty
        {
            _ = write(2, "planted bug\n", 12)
            abort()
        }
    #endif
}
