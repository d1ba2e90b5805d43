// Amounts for people: short enough for a table, exact enough to compare.

enum Amounts {
    private static let units = ["K", "M", "G", "T", "P"]

    /// `812K`, `12.3M`, `1.2G`: powers of 1024, one decimal below 100.
    static func memory(_ bytes: UInt64?) -> String {
        guard let bytes else { return "-" }
        var tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        let isExact = unit == 0 || tenths >= 1000
        return (isExact ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)") + units[unit]
    }

    /// `999`, `12.3k`, `4.5M`: powers of 1000, one decimal below 100.
    static func count(_ number: UInt64) -> String {
        guard number >= 1000 else { return String(number) }
        var tenths = number / 100
        var unit = 0
        while tenths >= 10_000, unit < counts.count - 1 {
            tenths /= 1000
            unit += 1
        }
        return (tenths >= 1000 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)")
            + counts[unit]
    }

    private static let counts = ["k", "M", "G", "T", "P"]

    /// `0.3%`, `12%`, `198%`: of one processor.
    static func percent(_ tenths: UInt32?) -> String {
        guard let tenths else { return "-" }
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)%" : "\((UInt64(tenths) + 5) / 10)%"
    }
}
