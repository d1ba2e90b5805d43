// Fuzzes ChunkedBody. The first byte of an input says in which pieces the rest comes: where they
// are cut makes no difference, and a slow and simple decoder (ChunkedModel) finds the same data,
// the same trailer, the same end and the same fault. Few inputs may be long: they take their time.

import Fuzzing
import HTTPWire

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let bytes = unpack([UInt8](input)[1...], most: first == 0xFF ? 24_576 : 1200)
    let whole = ChunkedOutcome(bytes, .none)
    require(whole == ChunkedOutcome(bytes, .seeded(first)), "cuts make no difference")
    require(whole == ChunkedOutcome(ChunkedModel(bytes)), "the same as of a simple decoder")
    return 0
}

@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: UInt32
) -> Int {
    LineMutation.apply(start, count, room: room, seed: seed, from: 1, lines: lines)
}

private let lines: [StaticString] = [
    "0\r\n", "3\r\nabc\r\n", "3;a\r\nabc\r\n", "a \r\n0123456789\r\n", "2\r\n\r\n\r\n",
    "ffffffffffffff", "0000000000000", "X: y\r\n", "Z:\r\n", "content-length: 1\r\n",
    "host: a\r\n", "x_forwarded-for: a\r\n", "X-Real-IP: b\r\n", "Te: c\r\n",
    "forwarded: d\r\n", "Proxy-Authorization: e\r\n", "\r\n", "\r", "\n", ";", "1;\"\r\na\r\n",
    " folded\r\n",
]

struct ChunkedOutcome: Equatable {
    var data: [UInt8] = []
    var trailers: [[UInt8]] = []
    /// How many bytes the body has.
    var end: Int?
    var fault: RequestFault?

    init(_ bytes: [UInt8], _ cuts: Cuts) {
        var body = ChunkedBody()
        var before = 0
        feed(bytes, cuts) { window in
            let taken = take(&body, window, before)
            before += taken ?? 0
            return taken
        }
    }

    init(_ model: ChunkedModel) {
        data = model.data
        trailers = model.trailers
        end = model.end
        fault = model.fault
    }

    private mutating func take(
        _ body: inout ChunkedBody, _ window: [UInt8], _ before: Int
    ) -> Int? {
        var offset = 0
        while true {
            switch body.next(in: window.span.bytes, at: offset) {
            case .data(let range):
                require(range.lowerBound >= offset && !range.isEmpty, "each step gets on")
                data += window[range]
                offset = range.upperBound
            case .trailer(let name, let value, let next):
                require(next > offset, "each step gets on")
                trailers.append(Array(window[name]) + [0x3A] + window[value])
                offset = next
            case .incomplete(let place): return place
            case .end(let place):
                end = before + place
                let again = body.next(in: window.span.bytes, at: place)
                require(again == .end(place), "an end stays one")
                return nil
            case .refused(let reason):
                fault = reason
                return nil
            }
        }
    }
}
