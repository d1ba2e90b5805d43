// The time at the head of a line: %Y %y %m %d %H %M %S %T %F (microseconds) and %%; any other token
// stays as it is. Local time, broken down once a second.

import Glibc

/// Local time of the second that was asked for last.
struct LocalClock {
    private var second = Int64.min
    private var fields = tm()

    /// Reads the zone's file, which a confined process cannot.
    static func loadZone() {
        tzset()
        var clock = LocalClock()
        _ = clock.time(at: 0)
    }

    mutating func time(at second: Int64) -> tm {
        if second != self.second {
            var seconds = time_t(second)
            localtime_r(&seconds, &fields)
            self.second = second
        }
        return fields
    }
}

struct TimeFormat {
    private enum Part {
        case text([UInt8])
        case number(KeyPath<tm, Int32> & Sendable, added: Int, digits: Int)
        case microseconds
    }

    private let parts: [Part]

    /// `format` with its colours already expanded.
    init(_ format: [UInt8]) {
        var parts: [Part] = []
        var text: [UInt8] = []
        var index = 0
        while index < format.count {
            if format[index] == UInt8(ascii: "%"), index + 1 < format.count,
                let token = Self.token(format[index + 1])
            {
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(contentsOf: token)
                index += 2
            } else {
                text.append(format[index])
                index += 1
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    var isEmpty: Bool { parts.isEmpty }

    private static func token(_ letter: UInt8) -> [Part]? {
        switch letter {
        case UInt8(ascii: "Y"): [.number(\.tm_year, added: 1900, digits: 4)]
        case UInt8(ascii: "y"): [.number(\.tm_year, added: 1900, digits: 2)]
        case UInt8(ascii: "m"): [.number(\.tm_mon, added: 1, digits: 2)]
        case UInt8(ascii: "d"): [.number(\.tm_mday, added: 0, digits: 2)]
        case UInt8(ascii: "H"): [.number(\.tm_hour, added: 0, digits: 2)]
        case UInt8(ascii: "M"): [.number(\.tm_min, added: 0, digits: 2)]
        case UInt8(ascii: "S"): [.number(\.tm_sec, added: 0, digits: 2)]
        case UInt8(ascii: "T"): clock
        case UInt8(ascii: "F"): [.microseconds]
        case UInt8(ascii: "%"): [.text([UInt8(ascii: "%")])]
        default: nil
        }
    }

    private static var clock: [Part] {
        let colon = Part.text([UInt8(ascii: ":")])
        return [
            .number(\.tm_hour, added: 0, digits: 2), colon,
            .number(\.tm_min, added: 0, digits: 2), colon,
            .number(\.tm_sec, added: 0, digits: 2),
        ]
    }

    /// Writes the time `stamp` (microseconds since 1970) to `target`. Returns its length, at most
    /// four times that of the format.
    func render(_ stamp: Int64, _ clock: inout LocalClock, to target: UnsafeMutableRawPointer)
        -> Int
    {
        let (second, microsecond) = stamp.dividedFloored(by: 1_000_000)
        let time = clock.time(at: second)
        var count = 0
        for part in parts {
            switch part {
            case .text(let bytes):
                (target + count).copyMemory(from: bytes, byteCount: bytes.count)
                count += bytes.count
            case .number(let field, let added, let digits):
                count += Self.put(Int(time[keyPath: field]) + added, digits, to: target + count)
            case .microseconds:
                count += Self.put(Int(microsecond), 6, to: target + count)
            }
        }
        return count
    }

    /// The last `digits` decimal digits of `value`.
    private static func put(_ value: Int, _ digits: Int, to target: UnsafeMutableRawPointer) -> Int
    {
        // A year may be before the first, if a stamp is not to be believed.
        var rest = value.magnitude
        for place in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(ascii: "0") + UInt8(rest % 10)
            target.storeBytes(of: digit, toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
        return digits
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    fileprivate func dividedFloored(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
