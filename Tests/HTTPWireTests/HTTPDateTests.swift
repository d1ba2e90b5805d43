// The date against the C library's.

import Glibc
import Testing

@testable import HTTPWire

@Suite struct HTTPDateTests {
    private func expected(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &fields)
        return buffer[..<count].map { UInt8(bitPattern: $0) }.latin
    }

    @Test func datesAreThoseOfTheCLibrary() {
        let seconds: [Int64] = [
            0, 1, 86_399, 86_400, 951_782_400, 951_868_799, 4_107_542_399, 4_107_542_400,
            253_402_300_799,
        ]
        for second in seconds + (0..<20_000).map({ $0 * 1_234_567 }) {
            #expect(HTTPDate.render(second).latin == expected(second))
        }
    }

    @Test func secondsOutOfRangeAreHeldAtItsEdges() {
        #expect(HTTPDate.render(.min) == HTTPDate.render(0))
        #expect(HTTPDate.render(.max) == HTTPDate.render(253_402_300_799))
        #expect(HTTPDate.render(0).count == HTTPDate.byteCount)
    }
}
