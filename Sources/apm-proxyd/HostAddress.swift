// An address of a host as numbers: read from a socket's or from text in a field, compared with
// networks, written into frames and logs. Nothing is allocated.

import Bytes
import Glibc
import Settings

struct HostAddress: Equatable {
    /// The 16 bytes of version 6, first ones high; of version 4 the low 32 bits of `low`.
    var high: UInt64 = 0
    var low: UInt64 = 0
    var isVersion6 = false

    init() {}

    init(version4 number: UInt32) {
        low = UInt64(number)
    }

    /// An address of version 4 that is mapped into version 6 is the one of version 4.
    init(high: UInt64, low: UInt64) {
        if high == 0, low >> 32 == 0xFFFF {
            self.low = low & 0xFFFF_FFFF
        } else {
            self.high = high
            self.low = low
            isVersion6 = true
        }
    }

    /// Of what accept4 has told; others than the two families are no address.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        let family = Int32(storage.ss_family)
        let address: HostAddress? = withUnsafeBytes(of: &storage) { bytes in
            if family == AF_INET {
                let number = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
                return HostAddress(version4: UInt32(bigEndian: number))
            }
            guard family == AF_INET6 else { return nil }
            return HostAddress(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        }
        guard let address else { return nil }
        self = address
    }

    init(_ address: IPAddress) {
        var numbers: (UInt64, UInt64) = (0, 0)
        for byte in address.bytes {
            numbers.0 = numbers.0 << 8 | numbers.1 >> 56
            numbers.1 = numbers.1 << 8 | UInt64(byte)
        }
        if address.isVersion6 {
            self.init(high: numbers.0, low: numbers.1)
        } else {
            self.init(version4: UInt32(truncatingIfNeeded: numbers.1))
        }
    }

    /// As RFC 5952 wants it.
    func write(into writer: inout BufferWriter) {
        guard isVersion6 else {
            for shift in [24, 16, 8, 0] as [UInt64] {
                writer.writeDecimal(low >> shift & 0xFF)
                if shift > 0 { writer.write(UInt8(ascii: ".")) }
            }
            return
        }
        let gap = longestGap
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, gap.count > 1 {
                writer.write("::")
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.count < 2 {
                writer.write(UInt8(ascii: ":"))
            }
            writer.writeHexadecimal(group(index))
            index += 1
        }
    }

    private func group(_ index: Int) -> UInt64 {
        (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)) & 0xFFFF
    }

    /// The first longest run of zeros.
    private var longestGap: Range<Int> {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start > best.count { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}

// MARK: text

extension HostAddress {
    /// The address in a range of bytes: `192.0.2.1`, `2001:db8::1`, either with a port behind it
    /// (version 6 in brackets then). Nil for anything else.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        guard !range.isEmpty, range.count <= 56 else { return nil }
        var range = range
        if byte(bytes, range.lowerBound) == UInt8(ascii: "[") {
            guard let end = range.first(where: { byte(bytes, $0) == UInt8(ascii: "]") }),
                isPort(bytes, end + 1..<range.upperBound),
                let numbers = version6(bytes, range.lowerBound + 1..<end)
            else { return nil }
            self.init(high: numbers.0, low: numbers.1)
            return
        }
        let colons = range.reduce(0) { $0 + (byte(bytes, $1) == UInt8(ascii: ":") ? 1 : 0) }
        if colons > 1 {
            guard let numbers = version6(bytes, range) else { return nil }
            self.init(high: numbers.0, low: numbers.1)
            return
        }
        if colons == 1, let colon = range.first(where: { byte(bytes, $0) == UInt8(ascii: ":") }) {
            guard isPort(bytes, colon..<range.upperBound) else { return nil }
            range = range.lowerBound..<colon
        }
        guard let number = version4(bytes, range) else { return nil }
        self.init(version4: number)
    }
}

private func byte(_ bytes: RawSpan, _ index: Int) -> UInt8 {
    bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
}

/// Nothing, or a colon and up to five digits.
private func isPort(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
    guard let first = range.first else { return true }
    return byte(bytes, first) == UInt8(ascii: ":") && (2...6).contains(range.count)
        && range.dropFirst().allSatisfy { byte(bytes, $0) &- 0x30 < 10 }
}

/// Four numbers without leading zeros.
private func version4(_ bytes: RawSpan, _ range: Range<Int>) -> UInt32? {
    var number: UInt32 = 0
    var parts = 0
    var part: UInt32 = 0
    var digits = 0
    for index in range.lowerBound...range.upperBound {
        let isEnd = index == range.upperBound
        if isEnd || byte(bytes, index) == UInt8(ascii: ".") {
            guard digits > 0, part < 256, parts < 4 else { return nil }
            number = number << 8 | part
            parts += 1
            part = 0
            digits = 0
            continue
        }
        let digit = byte(bytes, index) &- 0x30
        guard digit < 10, digits < 3, digits == 0 || part > 0 else { return nil }
        part = part * 10 + UInt32(digit)
        digits += 1
    }
    return parts == 4 ? number : nil
}

/// Eight groups, or fewer around one `::`; the last two may be an address of version 4.
private func version6(_ bytes: RawSpan, _ range: Range<Int>) -> (UInt64, UInt64)? {
    var front: (UInt64, UInt64) = (0, 0)
    var groups = 0
    var gap: Int?
    var index = range.lowerBound
    if range.count >= 2, byte(bytes, index) == 0x3A, byte(bytes, index + 1) == 0x3A {
        gap = 0
        index += 2
    }
    func push(_ group: UInt64) {
        front.0 = front.0 << 16 | front.1 >> 48
        front.1 = front.1 << 16 | group
        groups += 1
    }
    while index < range.upperBound {
        var end = index
        while end < range.upperBound, byte(bytes, end) != 0x3A { end += 1 }
        if end == range.upperBound, let last = version4(bytes, index..<end), groups <= 6 {
            push(UInt64(last >> 16))
            push(UInt64(last & 0xFFFF))
            index = end
            break
        }
        guard groups < 8, let group = hexadecimal(bytes, index..<end) else { return nil }
        push(group)
        index = end
        guard index < range.upperBound else { break }
        index += 1
        guard index < range.upperBound else { return nil }
        if byte(bytes, index) == 0x3A {
            guard gap == nil else { return nil }
            gap = groups
            index += 1
        }
    }
    guard let gap else { return groups == 8 ? front : nil }
    guard groups < 8 else { return nil }
    return spread(front, behind: groups - gap, of: groups)
}

/// Moves all but the last `behind` of `count` groups to the front.
private func spread(
    _ numbers: (UInt64, UInt64), behind: Int, of count: Int
) -> (UInt64, UInt64) {
    var result: (UInt64, UInt64) = (0, 0)
    for place in 0..<8 {
        let isFront = place < count - behind
        let isBack = place >= 8 - behind
        // The groups lie at the low end, the last one lowest.
        let fromEnd = isFront ? count - 1 - place : 7 - place
        var group: UInt64 = 0
        if isFront || isBack {
            group = (fromEnd < 4 ? numbers.1 : numbers.0) >> UInt64(16 * (fromEnd & 3)) & 0xFFFF
        }
        if place < 4 {
            result.0 = result.0 << 16 | group
        } else {
            result.1 = result.1 << 16 | group
        }
    }
    return result
}

private func hexadecimal(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
    guard (1...4).contains(range.count) else { return nil }
    var number: UInt64 = 0
    for index in range {
        let byte = byte(bytes, index)
        let digit = byte &- 0x30
        let letter = (byte | 0x20) &- 0x61
        guard digit < 10 || letter < 6 else { return nil }
        number = number << 4 | UInt64(digit < 10 ? digit : letter + 10)
    }
    return number
}
