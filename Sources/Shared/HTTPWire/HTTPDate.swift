// The Date field, `Sun, 06 Nov 1994 08:49:37 GMT`, from seconds since 1970. No clock is read here:
// who sends answers renders it once a second.

public enum HTTPDate {
    public static let byteCount = 29

    /// `seconds` from 0 on, up to the year 9999.
    public static func render(_ seconds: Int64) -> [UInt8] {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let days = seconds / 86_400
        let (year, month, day) = civil(days)
        var text: [UInt8] = []
        text.reserveCapacity(byteCount)
        append(weekdays, at: Int((days + 4) % 7), to: &text)
        text += [Octet.comma, Octet.space]
        appendTwo(day, to: &text)
        text.append(Octet.space)
        append(months, at: Int(month - 1), to: &text)
        text.append(Octet.space)
        appendTwo(year / 100, to: &text)
        appendTwo(year % 100, to: &text)
        text.append(Octet.space)
        appendTwo(seconds / 3600 % 24, to: &text)
        text.append(Octet.colon)
        appendTwo(seconds / 60 % 60, to: &text)
        text.append(Octet.colon)
        appendTwo(seconds % 60, to: &text)
        text += " GMT".utf8
        return text
    }

    private static let weekdays: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private static func append(_ names: StaticString, at index: Int, to text: inout [UInt8]) {
        for place in 0..<3 { text.append(names.utf8Start[index * 3 + place]) }
    }

    private static func appendTwo(_ number: Int64, to text: inout [UInt8]) {
        text.append(0x30 + UInt8(number / 10))
        text.append(0x30 + UInt8(number % 10))
    }

    /// Year, month and day of a day since 1970. Years are counted from March, so that the day that
    /// comes and goes is the last of its year.
    public static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
        // Days since 1 March of the year 0, and the 400 years that repeat.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
