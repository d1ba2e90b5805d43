// Fuzzes RequestParser. The first byte of an input says in which pieces the rest comes. Beyond
// that nothing traps: where bytes are cut makes no difference, what stands behind a head neither,
// and a slow and simple reader of the same bytes (RequestModel) reads the same request.

import Fuzzing
import HTTPWire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let bytes = unpack([UInt8](input)[1...], most: 4096)
    let whole = RequestOutcome(bytes, .none)
    require(whole == RequestOutcome(bytes, .seeded(first)), "cuts make no difference")
    switch whole.step {
    case .incomplete: break
    case .refused(let fault): checkRefusal(fault, RequestModel.read(bytes))
    case .complete:
        guard case .head(let model) = RequestModel.read(bytes) else {
            require(false, "what is accepted is a head")
            return 0
        }
        checkHead(whole, model, bytes)
        checkEnd(whole, bytes)
    }
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    LineMutation.apply(start, count, room: room, seed: seed, from: 1, lines: lines)
}

private let lines: [StaticString] = [
    "GET / HTTP/1.1\r\n", "POST /a HTTP/1.0\r\n", "HEAD http://a/?b HTTP/1.1\r\n",
    "GET HTTPS://a?b HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\n", "Host: a\r\n", "Host: [::1]:80\r\n",
    "Connection: close\r\n", "Connection: upgrade, x\r\n", "Connection: keep-alive\r\n",
    "Connection: host, te\r\n", "Upgrade: websocket\r\n", "Upgrade: h2c\r\n", "X: y\r\n",
    "Content-Length: 17\r\n",
    "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
    "Expect: 100-continue\r\n", "TE: trailers\r\n",
    "X-Forwarded-For: a\r\n", "X-Forwarded-Proto: https\r\n", "x_forwarded_for: a\r\n",
    "X-Real-IP: a\r\n", "Forwarded: for=a\r\n", "True-Client-IP: a\r\n", "X-Forwarded: a\r\n",
    "Proxy: a\r\n", "Keep-Alive: 1\r\n",
    "Proxy-Connection: a\r\n", "Proxy-Authenticate: a\r\n", "Proxy-Authorization: a\r\n",
    "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "\r\n", "a: b\n", " folded\r\n", "content-length : 1\r\n", "A: b\rC: d\r\n",
]

/// Bytes behind a head change nothing, and without its last one it is no head.
private func checkEnd(_ whole: RequestOutcome, _ bytes: [UInt8]) {
    guard let count = whole.head?.byteCount else { return }
    require(count <= bytes.count, "a head ends within the bytes")
    require(RequestOutcome(Array(bytes[..<count]), .none) == whole, "what is behind is not read")
    let cut = RequestOutcome(Array(bytes[..<(count - 1)]), .none)
    require(cut.step == .incomplete, "a head that is cut is incomplete")
}
