// Why the kernel ended an instance for want of memory, in the words that apm and the daemon's log
// share.

import Settings

extension ExitReport {
    /// Of `outOfMemory`; `limit` is the worker's memory_limit, 0 = none.
    public func memoryReason(limit: UInt64) -> String {
        guard value == Self.overOwnLimit else { return "no memory was left" }
        return limit > 0
            ? "over its memory limit \(ByteSize.text(limit))" : "over a memory limit of its own"
    }
}
