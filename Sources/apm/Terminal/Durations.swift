// Durations for people: the two largest units, never more.

enum Durations {
    /// `340ms`, `12s`, `3m12s`, `5h03m`, `12d4h`.
    static func text(_ milliseconds: UInt64) -> String {
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        let minutes = seconds / 60
        let hours = minutes / 60
        if minutes == 0 { return "\(seconds)s" }
        if hours == 0 { return "\(minutes)m\(twoDigits(seconds % 60))s" }
        if hours < 24 { return "\(hours)h\(twoDigits(minutes % 60))m" }
        return "\(hours / 24)d\(hours % 24)h"
    }

    /// `85µs`, `1.2ms`, `340ms`, `12s`; `-` where none is known.
    static func latency(_ microseconds: UInt64?) -> String {
        guard let microseconds else { return "-" }
        if microseconds < 1000 { return "\(microseconds)µs" }
        let tenths = microseconds / 100
        if tenths < 100 { return "\(tenths / 10).\(tenths % 10)ms" }
        return text(microseconds / 1000)
    }

    private static func twoDigits(_ number: UInt64) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}

enum Count {
    /// `1 instance`, `3 instances`.
    static func of(_ number: some BinaryInteger, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
