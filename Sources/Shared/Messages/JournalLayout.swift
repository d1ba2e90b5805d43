// The journal: a memfd in which logd keeps what it has read and not yet written, and the recent
// lines. The master makes and holds it, so that a logd that dies loses nothing. Pages that nothing
// touched cost nothing.
//
//   0                       stream headers, 64 bytes each
//   recentHeadersOffset     recent headers, 64 bytes each
//   recentOffset            recent lines, 16 KB a worker
//   inputOffset             input, 64 KB a stream
//   logHeadersOffset        log headers, 8 bytes each
//   watchOffset             u64: how often a pipe was touched; u32: stream + 1 whose pipe is being
//                           touched now, 0 = none. A page of its own, which the master looks at

public enum JournalLayout {
    public static let headerBytes = 64
    public static let logHeaderBytes = 8
    public static let recentBytes = 16 * 1024
    public static let inputBytes = 64 * 1024

    public static let recentHeadersOffset = MessageLimits.streams * headerBytes
    public static let recentOffset = recentHeadersOffset + MessageLimits.workers * headerBytes
    public static let inputOffset = recentOffset + MessageLimits.workers * recentBytes
    public static let logHeadersOffset = inputOffset + MessageLimits.streams * inputBytes
    public static let watchOffset = logHeadersOffset + MessageLimits.logs * logHeaderBytes
    public static let watchBytes = 4096
    public static let byteCount = watchOffset + watchBytes
}
