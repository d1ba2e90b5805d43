// The processor share of a running instance between two looks. Pure: times and amounts come from
// the caller.
//
// The share is over the time since an earlier look that is at least `window` old, else since the
// start. Of quick looks in a row those between are passed over, so the stretch stays that long.

import Control

struct UsageTrail: Sendable {
    private struct Point {
        var at: Int64
        var used: UInt64
    }

    /// The last look, and the one before it from which it was far enough away.
    private var latest: Point?
    private var previous: Point?
    /// What was found last, and when.
    private(set) var found: (usage: Usage, at: Int64)?

    /// A look younger than this is told again instead of another one.
    func recent(now: Int64) -> Usage? {
        guard let found, now - found.at < MasterLimits.usageFreshness.nanoseconds else {
            return nil
        }
        return found.usage
    }

    /// Times in nanoseconds, `used` in microseconds of processor time since the start.
    mutating func look(
        now: Int64, startedAt: Int64, used: UInt64?, memoryBytes: UInt64?
    ) -> Usage {
        let usage = Usage(
            cpuTenths: used.flatMap { share(now: now, startedAt: startedAt, used: $0) },
            cpuMilliseconds: used.map { $0 / 1000 }, memoryBytes: memoryBytes)
        found = (usage, now)
        return usage
    }

    private mutating func share(now: Int64, startedAt: Int64, used: UInt64) -> UInt32? {
        if let latest, now - latest.at >= MasterLimits.usageWindow.nanoseconds {
            previous = latest
            self.latest = Point(at: now, used: used)
        } else if latest == nil {
            latest = Point(at: now, used: used)
        }
        let base = previous ?? Point(at: startedAt, used: 0)
        return Self.tenths(used: used, over: now - base.at, from: base.used)
    }

    /// Tenths of a percent; nil where the stretch is too short to say anything.
    static func tenths(used: UInt64, over nanoseconds: Int64, from earlier: UInt64) -> UInt32? {
        let shortest = MasterLimits.usageShortest.nanoseconds
        guard nanoseconds >= shortest, used >= earlier else { return nil }
        let (thousands, overflows) = (used - earlier).multipliedReportingOverflow(by: 1000)
        guard !overflows else { return nil }
        return UInt32(clamping: thousands / UInt64(nanoseconds / 1000))
    }
}
