// The two clocks, read through here alone.

import CLinux

public enum Clock {
    /// Nanoseconds since some fixed point; never goes back. For time-outs and uptimes.
    public static var monotonicNanoseconds: Int64 { apm_monotonic_nanoseconds() }
    /// Microseconds since 1970. For time stamps.
    public static var realtimeMicroseconds: Int64 { apm_realtime_microseconds() }
}
