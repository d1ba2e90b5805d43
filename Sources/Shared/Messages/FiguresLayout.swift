// The figures of apm-proxyd: a memfd that the master makes and holds, so that they outlive the
// proxy. It writes, the master reads, and what stands in the words of an instance tells the next
// proxy where a dead one stopped. Pages that nothing touched cost nothing. All numbers are in this
// machine's byte order; the master clears a record before it gives its place out.
//
//   watchOffset             u64: how often a pipe was touched; u32: instance + 1 whose pipe is
//                           being touched now, 0 = none (as in JournalLayout)
//   workersOffset           worker records, 64 bytes each
//   instancesOffset         instance records, 512 bytes each

public enum FiguresLayout {
    public static let watchOffset = 0
    public static let watchBytes = 4096

    /// Worker: u64 connections accepted, u64 requests, u64 refused by the proxy itself (4xx, 503),
    /// u32 connections open, u32 requests waiting, u64 lines of the access log that were dropped.
    public static let workersOffset = watchBytes
    public static let workerBytes = 64
    public static let acceptedOffset = 0
    public static let requestsOffset = 8
    public static let refusedOffset = 16
    public static let openOffset = 24
    public static let waitingOffset = 28
    public static let droppedLinesOffset = 32

    /// Instance: u32 outgoing, u32 incoming (`Piece`), u32 greetings (1 = hello was sent, 2 = one
    /// came), u32 open sessions, u64 requests, u64 failed (502, 504 or cut), 64 × u32 answers by
    /// the time that they took (`bucket`).
    public static let instancesOffset = workersOffset + MessageLimits.workers * workerBytes
    public static let instanceBytes = 512
    public static let outgoingOffset = 0
    public static let incomingOffset = 4
    public static let greetingsOffset = 8
    public static let sessionsOffset = 12
    public static let servedOffset = 16
    public static let failedOffset = 24
    public static let bucketsOffset = 64
    public static let buckets = 64

    public static let byteCount =
        instancesOffset + MessageLimits.connectedInstances * instanceBytes

    /// Where a pipe stands between two frames. Whoever dies within a call leaves `touched`, and
    /// whoever has read or written a part of a frame leaves `cut`.
    public enum Piece: UInt32, Sendable {
        case whole = 0
        case touched = 1
        case cut = 2
    }

    /// Two buckets for each power of two: 0 is below 1 µs, the last one all that is longer.
    public static func bucket(microseconds: UInt64) -> Int {
        guard microseconds > 0 else { return 0 }
        let power = 63 - microseconds.leadingZeroBitCount
        let half = power == 0 ? 0 : Int(microseconds >> UInt64(power - 1)) & 1
        return min(1 + 2 * power + half, buckets - 1)
    }

    /// The longest time of a bucket, in microseconds.
    public static func longest(inBucket bucket: Int) -> UInt64 {
        guard bucket > 0 else { return 0 }
        let start = UInt64(1) << UInt64((bucket - 1) / 2)
        let isLower = (bucket - 1) % 2 == 0
        return max(isLower ? start + start / 2 : 2 * start, 2) - 1
    }
}
