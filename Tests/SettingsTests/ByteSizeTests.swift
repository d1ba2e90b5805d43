// Amounts of memory: read in each common spelling, shown so that reading gives the same.

import Settings
import Testing

@Suite struct ByteSizeTests {
    @Test(arguments: [
        ("1", 1), ("512", 512), ("1K", 1024), ("256M", 256 << 20), ("256mb", 256 << 20),
        ("256MiB", 256 << 20), ("1G", 1 << 30), ("3T", 3 << 40), ("0", 0), ("7B", 7),
    ])
    func reads(_ text: String, _ bytes: Int) {
        #expect(ByteSize.bytes(text) == UInt64(bytes))
    }

    @Test(arguments: [
        "", "M", "-1", "1.5G", "1X", "1 M", "1MM", "1IB", "1iB", "1BB", "99999999999T",
        "18446744073709551616",
    ])
    func refuses(_ text: String) {
        #expect(ByteSize.bytes(text) == nil)
    }

    @Test(arguments: [
        (0, ""), (1, "1"), (1023, "1023"), (1024, "1K"), (1536, "1536"), (256 << 20, "256M"),
        (3 << 29, "1536M"), (1 << 30, "1G"), (1 << 50, "1024T"),
    ])
    func shows(_ bytes: Int, _ text: String) {
        #expect(ByteSize.text(UInt64(bytes)) == text)
        if bytes > 0 { #expect(ByteSize.bytes(text) == UInt64(bytes)) }
    }
}
