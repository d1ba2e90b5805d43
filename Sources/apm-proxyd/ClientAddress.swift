// Whose request it is. A peer's own address, unless it is a proxy that the worker trusts: then what
// that one says in X-Forwarded-For, from the right, as long as those who said it are trusted too.
// Where there is no such field, X-Real-IP. Anybody else's word on it counts for nothing.

import HTTPWire
import Settings

struct TrustedNetwork {
    private let address: HostAddress
    private let high: UInt64
    private let low: UInt64

    init(_ network: IPNetwork) {
        address = HostAddress(network.address)
        // A network of mapped addresses is one of version 4.
        let isMapped = network.address.isVersion6 && !address.isVersion6
        let bits = isMapped ? max(0, network.bits - 96) : network.bits
        if address.isVersion6 {
            high = bits >= 64 ? ~0 : ~(~0 >> UInt64(bits))
            low = bits <= 64 ? 0 : ~(~0 >> UInt64(bits - 64))
        } else {
            high = ~0
            low = bits == 0 ? 0 : 0xFFFF_FFFF << UInt64(32 - bits)
        }
    }

    func contains(_ other: HostAddress) -> Bool {
        other.isVersion6 == address.isVersion6
            && other.high & high == address.high & high && other.low & low == address.low & low
    }
}

struct ClientAddress {
    /// The networks whose word is believed; none where nobody's is.
    private let trusted: [TrustedNetwork]

    init(_ settings: ServerSettings) {
        trusted = settings.trustProxy ? settings.trustedProxies.map { TrustedNetwork($0) } : []
    }

    func isTrusted(_ address: HostAddress) -> Bool {
        for network in trusted where network.contains(address) { return true }
        return false
    }

    /// The client of a request whose peer is trusted.
    func resolve(_ fields: [HeaderField], _ window: RawSpan, peer: HostAddress) -> HostAddress {
        var looked = 0
        var hasChain = false
        for field in fields.reversed()
        where ClientField(window, field.name.range) == .chain {
            hasChain = true
            var rest = field.value.range
            while let entry = Self.last(of: &rest, window) {
                looked += 1
                // Garbage, or a chain without end: nobody knows what stands before it.
                guard looked <= Limits.chainAddresses, let address = HostAddress(window, entry)
                else { return peer }
                if !isTrusted(address) { return address }
            }
        }
        return hasChain ? peer : named(fields, window) ?? peer
    }

    /// X-Real-IP, where there is exactly one.
    private func named(_ fields: [HeaderField], _ window: RawSpan) -> HostAddress? {
        var found: HostAddress?
        for field in fields where ClientField(window, field.name.range) == .address {
            guard found == nil else { return nil }
            found = HostAddress(window, field.value.range)
            if found == nil { return nil }
        }
        return found
    }

    /// Cuts the last entry of a list off, without blanks around it.
    private static func last(of rest: inout Range<Int>, _ bytes: RawSpan) -> Range<Int>? {
        guard !rest.isEmpty else { return nil }
        var start = rest.upperBound
        while start > rest.lowerBound, at(bytes, start - 1) != UInt8(ascii: ",") { start -= 1 }
        var entry = start..<rest.upperBound
        rest = rest.lowerBound..<max(rest.lowerBound, start - 1)
        while let first = entry.first, isBlank(at(bytes, first)) { entry = entry.dropFirst() }
        while let last = entry.last, isBlank(at(bytes, last)) { entry = entry.dropLast() }
        return entry
    }

    private static func at(_ bytes: RawSpan, _ index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
