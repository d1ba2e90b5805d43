// Changes by whole lines: heads are lines, and one that a fuzzer would have to find letter by
// letter means something only as a whole.

import Mutation

/// Half of the changes are libFuzzer's, to any byte; the others add a field line or take one away.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    var random = Random(seed: seed)
    if random.below(2) == 0 || count < 2 { return mutateBytes(start, count, room) }
    var input = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let starts = [1] + input.indices.dropFirst().filter { input[$0 - 1] == 0x0A }
    let place = random.pick(starts)
    if random.below(3) == 0, let next = starts.first(where: { $0 > place }) {
        input.removeSubrange(place..<next)
    } else {
        input.insert(contentsOf: Array(random.pick(lines).utf8), at: place)
    }
    let kept = input.prefix(room)
    _ = UnsafeMutableBufferPointer(start: start, count: room).update(fromContentsOf: kept)
    return kept.count
}

private let lines = [
    "GET / HTTP/1.1\r\n", "POST /a HTTP/1.0\r\n", "Host: a\r\n", "Connection: close\r\n",
    "Connection: upgrade, x\r\n", "Upgrade: websocket\r\n", "Upgrade: h2c\r\n", "X: y\r\n",
    "Content-Length: 17\r\n", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
    "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "\r\n",
    "0\r\n", "3;a\r\nabc\r\n", "a: b\n", "content-length: 1\n",
]
