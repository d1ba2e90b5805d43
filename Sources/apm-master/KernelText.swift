// Numbers in small files of the kernel, found by bytes: this is on the way of every restart and of
// every look. Total on any input: what is no such number is nil.

enum KernelText {
    /// The number in the line `KEY NUMBER`, as in memory.events and cpu.stat.
    static func value(of key: StaticString, in text: RawSpan) -> UInt64? {
        var start = 0
        while start < text.byteCount {
            let end = endOfWord(in: text, from: start, at: newline)
            let digits = start + key.utf8CodeUnitCount + 1
            if digits <= end, holds(key, text, at: start), byte(text, digits - 1) == blank {
                return number(in: text, digits..<end)
            }
            start = end + 1
        }
        return nil
    }

    /// The number that is the word of this index, counted from 0, of the first line.
    static func number(_ index: Int, in text: RawSpan) -> UInt64? {
        let lineEnd = endOfWord(in: text, from: 0, at: newline)
        var start = 0
        for _ in 0..<index { start = endOfWord(in: text, from: start, at: blank) + 1 }
        guard start < lineEnd else { return nil }
        let end = min(endOfWord(in: text, from: start, at: blank), lineEnd)
        return number(in: text, start..<end)
    }

    /// Hands over the process ids, one a line; nil when there are more than `limit`, or when one
    /// cannot be told (0: it lives in another namespace of pids). Gives how many there were.
    static func processes(
        in text: RawSpan, atMost limit: Int, _ body: (Int32) -> Void
    ) -> Int? {
        var count = 0
        var start = 0
        while start < text.byteCount {
            let end = endOfWord(in: text, from: start, at: newline)
            guard count < limit, let number = number(in: text, start..<end),
                let pid = Int32(exactly: number), pid > 0
            else { return nil }
            body(pid)
            count += 1
            start = end + 1
        }
        return count
    }

    private static let newline = UInt8(ascii: "\n")
    private static let blank = UInt8(ascii: " ")

    private static func byte(_ text: RawSpan, _ offset: Int) -> UInt8 {
        text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Where the next separator stands, or the text ends.
    private static func endOfWord(in text: RawSpan, from start: Int, at separator: UInt8) -> Int {
        var end = start
        while end < text.byteCount, byte(text, end) != separator { end += 1 }
        return end
    }

    /// The caller has checked that the text is long enough.
    private static func holds(_ key: StaticString, _ text: RawSpan, at start: Int) -> Bool {
        for offset in 0..<key.utf8CodeUnitCount
        where key.utf8Start[offset] != byte(text, start + offset) {
            return false
        }
        return true
    }

    private static func number(in text: RawSpan, _ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var value: UInt64 = 0
        for offset in range {
            let digit = byte(text, offset) &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (tens, isTooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.addingReportingOverflow(UInt64(digit))
            guard !isTooBig, !overflows else { return nil }
            value = sum
        }
        return value
    }
}
