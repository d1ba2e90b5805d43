// Fuzzes what reads HTTP and WebSocket. The first byte of an input says which of four doors it goes
// through and in which pieces it comes.

import Glibc
import HTTPWire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let bytes = [UInt8](input.dropFirst())
    let piece = Int(first >> 2) + 1
    switch first & 3 {
    case 0: checkRequest(bytes, piece)
    case 1: checkChunked(bytes, piece)
    case 2: checkResponse(bytes)
    default: checkSocket(bytes, piece)
    }
    return 0
}

private func checkRequest(_ bytes: [UInt8], _ piece: Int) {
    let whole = RequestOutcome(bytes, piece: bytes.count + 1)
    let pieces = RequestOutcome(bytes, piece: piece)
    precondition(whole == pieces, "where bytes are cut makes a difference")
    guard whole.step == .complete, let head = whole.head else { return }
    precondition(head.byteCount <= bytes.count, "beyond the bytes")
    precondition(whole.block.count <= head.byteCount + 64, "a block that grows")
    precondition(whole.block.last == 0x0A, "a line without its end")
    for byte in whole.block where byte < 0x20 && byte != 0x0A && byte != 0x09 {
        preconditionFailure("a control character came through")
    }
    let lines = whole.block.count { $0 == 0x0A }
    precondition(lines == 2 + whole.fields.count { !$0.isHopByHop }, "lines")
    if head.body != .none { precondition(head.upgrade != .webSocket || whole.accept == nil) }
    checkPlantedBug(head)
}

private func checkChunked(_ bytes: [UInt8], _ piece: Int) {
    let whole = ChunkedOutcome(bytes, piece: bytes.count + 1)
    let pieces = ChunkedOutcome(bytes, piece: piece)
    precondition(whole == pieces, "where bytes are cut makes a difference")
    precondition(whole.data.count <= bytes.count, "more than came")
}

private func checkSocket(_ bytes: [UInt8], _ piece: Int) {
    let whole = SocketOutcome(bytes, piece: bytes.count + 1)
    let pieces = SocketOutcome(bytes, piece: piece)
    precondition(whole == pieces, "where bytes are cut makes a difference")
}

/// A defect that only a request with certain fields reaches.
private func checkPlantedBug(_ head: RequestHead) {
    #if PLANTED_BUG
        if head.body == .chunked, head.upgrade == .other, !head.keepsAlive {
            _ = write(2, "planted bug\n", 12)
            abort()
        }
    #endif
}
