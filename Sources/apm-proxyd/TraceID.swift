// Ids of requests: 128 bits as 32 hexadecimal digits, never the same twice. The first half is this
// process's own, the second one counts, mixed so that neighbours do not look alike.

import Bytes
import Glibc

struct TraceID {
    static let byteCount = 32
    private let process: UInt64
    private let seed: UInt64

    init() {
        var generator = SystemRandomNumberGenerator()
        self.init(process: generator.next(), seed: generator.next())
    }

    init(process: UInt64, seed: UInt64) {
        self.process = process
        self.seed = seed
    }

    /// The id of the request with this number. A bijection, so that no two numbers share one.
    func write(_ number: UInt64, into writer: inout BufferWriter) {
        var mixed = number &+ seed
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        Self.write(process, into: &writer)
        Self.write(mixed, into: &writer)
    }

    private static func write(_ word: UInt64, into writer: inout BufferWriter) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift) & 15)
            writer.write(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
