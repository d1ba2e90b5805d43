// What stands before each line of a stream: `<time> <prefix> `, one blank after each of the two
// that is not empty. The text and a newline follow. Colours come from the settings alone; the
// program's bytes pass unchanged, or without their escape sequences where strip_ansi says so.

import Colours
import Messages

struct LineFormat {
    private let time: TimeFormat
    private let prefix: [UInt8]
    /// Whether escape sequences are taken out of the text.
    let strips: Bool

    init(_ plan: StreamPlan) {
        self.init(
            time: plan.timeFormat, prefix: Self.coloured(plan.prefix, plan.instance),
            strips: plan.stripsANSI)
    }

    init(time: String, prefix: String, strips: Bool) {
        self.time = TimeFormat(Self.expanded(time, strips))
        self.prefix = Self.expanded(prefix, strips)
        self.strips = strips
    }

    /// A prefix that sets no colour gets its instance's.
    private static func coloured(_ prefix: String, _ instance: UInt16) -> String {
        if prefix.isEmpty || ColourEscape.mayOccur(in: prefix) { return prefix }
        return "ç\(InstancePalette.colour(of: instance))-\(prefix)çR-"
    }

    /// Control characters other than ESC and tab would break the line up.
    private static func expanded(_ text: String, _ strips: Bool) -> [UInt8] {
        let bytes = ColourEscape.expand(text).map {
            $0 >= 0x20 || $0 == 0x1B || $0 == 0x09 ? $0 : UInt8(ascii: "?")
        }
        var stripper = ANSIStripper()
        return strips ? stripper.strip(bytes) : bytes
    }

    /// Writes the head of lines of the time `stamp`; the same bytes for the same stamp.
    func renderHead(_ stamp: Int64, _ clock: inout LocalClock, to output: OutputBuffer) {
        let blank = UInt8(ascii: " ")
        var count = 0
        if !time.isEmpty {
            count = time.render(stamp, &clock, to: output.head)
            output.head.storeBytes(of: blank, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        if !prefix.isEmpty {
            (output.head + count).copyMemory(from: prefix, byteCount: prefix.count)
            output.head.storeBytes(of: blank, toByteOffset: count + prefix.count, as: UInt8.self)
            count += prefix.count + 1
        }
        precondition(count <= Limits.headBytes, "head of \(count) bytes")
        output.headCount = count
    }
}
