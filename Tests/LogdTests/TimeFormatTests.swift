// Every token, and what is none.

import Glibc
import Testing

@testable import apm_logd

struct TimeFormatTests {
    private func render(_ format: String, _ stamp: Int64) -> String {
        var clock = LocalClock()
        return rendered(format, stamp, &clock)
    }

    private func rendered(_ format: String, _ stamp: Int64, _ clock: inout LocalClock) -> String {
        [UInt8](unsafeUninitializedCapacity: 2048) { buffer, count in
            guard let target = buffer.baseAddress else { return }
            count = TimeFormat(Array(format.utf8)).render(stamp, &clock, to: target)
        }.text
    }

    /// The C library's word for the same second.
    private func expected(_ format: String, _ second: Int) -> String {
        var time = time_t(second)
        var fields = tm()
        localtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 256)
        let count = strftime(&buffer, buffer.count, format, &fields)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(arguments: ["%Y", "%y", "%m", "%d", "%H", "%M", "%S", "%T", "%Y-%m-%d %T", "100%% %T!"])
    func tokensMeanWhatTheyMeanInC(_ format: String) {
        for second in [0, 951_827_696, 1_709_210_096, 1_772_841_845, 4_102_444_799] {
            #expect(render(format, Int64(second) * 1_000_000) == expected(format, second))
        }
    }

    @Test func fractionIsSixDigits() {
        #expect(render("%F", 1_000_042) == "000042")
        #expect(render(".%F.", 1_999_999) == ".999999.")
        #expect(render("%F", -1) == "999999")
    }

    @Test(arguments: ["", "text", "%", "50%", "%q", "%é", "%-d"])
    func otherTokensStay(_ format: String) {
        #expect(render(format, 5) == format)
    }

    @Test func secondChangesWithTheStamp() {
        var clock = LocalClock()
        #expect(rendered("%S.%F", 1_000_001, &clock) == "01.000001")
        #expect(rendered("%S.%F", 1_000_002, &clock) == "01.000002")
        #expect(rendered("%S.%F", 2_000_000, &clock) == "02.000000")
    }
}
