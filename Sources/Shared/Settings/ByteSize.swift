// Amounts of memory as people write them: `256M`, `1G`, `1048576`. Units are powers of 1024.

public enum ByteSize {
    private static let units = ["K", "M", "G", "T"]

    /// The shortest exact way to write it; empty for 0, which means "not set".
    public static func text(_ bytes: UInt64) -> String {
        guard bytes > 0 else { return "" }
        let step = min(bytes.trailingZeroBitCount / 10, units.count)
        return "\(bytes >> UInt64(step * 10))\(step == 0 ? "" : units[step - 1])"
    }

    /// Bytes of `256M`, `256MB`, `256MiB`, `256m`; nil when it is no amount or does not fit.
    public static func bytes(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var unit = text.dropFirst(digits.count).uppercased()
        guard let number = UInt64(digits), !unit.hasPrefix("I") else { return nil }
        if unit.hasSuffix("B") { unit.removeLast() }
        if unit.count == 2, unit.hasSuffix("I") { unit.removeLast() }
        guard let step = unit.isEmpty ? 0 : units.firstIndex(of: unit).map({ $0 + 1 }) else {
            return nil
        }
        let product = number.multipliedReportingOverflow(by: 1 << UInt64(step * 10))
        return product.overflow ? nil : product.partialValue
    }
}
