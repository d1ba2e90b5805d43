// Amounts in tables.

import Testing

@testable import apm

struct AmountsTests {
    @Test(arguments: [
        (nil, "-"), (0, "0K"), (1023, "0K"), (1024, "1K"), (4096, "4K"), (831_488, "812K"),
        (1_048_575, "1023K"), (1_048_576, "1.0M"), (12_897_484, "12.2M"), (104_857_600, "100M"),
        (1_073_741_823, "1023M"), (1_073_741_824, "1.0G"), (1_288_490_188, "1.1G"),
        (1 << 50, "1.0P"), (.max, "16383P"),
    ])
    func memory(_ bytes: UInt64?, _ text: String) {
        #expect(Amounts.memory(bytes) == text)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1.0k"), (1099, "1.0k"), (99_999, "99.9k"),
        (100_000, "100k"), (999_999, "999k"), (1_000_000, "1.0M"), (.max, "18446P"),
    ])
    func count(_ number: UInt64, _ text: String) {
        #expect(Amounts.count(number) == text)
    }

    @Test(arguments: [
        (nil, "-"), (0, "0µs"), (999, "999µs"), (1000, "1.0ms"), (9999, "9.9ms"),
        (10_000, "10ms"), (999_999, "999ms"), (61_000_000, "1m01s"),
    ])
    func latency(_ microseconds: UInt64?, _ text: String) {
        #expect(Durations.latency(microseconds) == text)
    }

    @Test(arguments: [
        (nil, "-"), (0, "0.0%"), (3, "0.3%"), (99, "9.9%"), (100, "10%"), (104, "10%"),
        (105, "11%"), (1984, "198%"), (.max, "429496730%"),
    ])
    func percent(_ tenths: UInt32?, _ text: String) {
        #expect(Amounts.percent(tenths) == text)
    }
}
