// Fields in which gateways say whose request they pass on. Whoever sends a request can write them,
// so their names are known here, also where an underscore stands for a hyphen: many servers make
// the same variable of both.

/// What a field says of the client, by its name.
public enum ClientField: Equatable, Sendable {
    case none
    /// `X-Forwarded-For`: addresses, the nearest last.
    case chain
    /// `X-Real-IP`: one address.
    case address
    /// One that is believed by nobody here.
    case dropped
    /// `X-Forwarded-Proto` and the like: of the request, but not whose it is.
    case forwarded

    @inline(__always)
    static func mayBegin(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return letter == 0x78 || letter == 0x66 || letter == 0x74 || letter == 0x63
            || letter == 0x64
    }

    public init(_ bytes: RawSpan, _ name: Range<Int>) {
        let variant = Variant(bytes, name)
        if variant.begins("x-forwarded") {
            self =
                variant.isWhole("x-forwarded-for") ? (variant.isProper ? .chain : .dropped)
                : variant.isProper && name.count > 12 ? .forwarded : .dropped
            return
        }
        if variant.isWhole("x-real-ip") {
            self = variant.isProper ? .address : .dropped
            return
        }
        self = Self.others.contains { variant.isWhole($0) } ? .dropped : .none
    }

    private static let others: [StaticString] = [
        "forwarded", "forwarded-for", "client-ip", "x-client-ip", "x-remote-ip", "x-remote-addr",
        "x-originating-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip",
        "cf-connecting-ipv6", "fastly-client-ip", "do-connecting-ip", "x-azure-clientip",
        "x-appengine-user-ip", "x-envoy-external-address", "x-original-forwarded-for",
    ]

    /// A name, compared as if its underscores were hyphens.
    private struct Variant: ~Escapable {
        let bytes: RawSpan
        let name: Range<Int>
        var isProper = true

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan, _ name: Range<Int>) {
            self.bytes = bytes
            self.name = name
            for index in name where bytes.byte(index) == 0x5F { isProper = false }
        }

        func begins(_ text: StaticString) -> Bool {
            guard name.count >= text.utf8CodeUnitCount else { return false }
            for index in 0..<text.utf8CodeUnitCount {
                let byte = bytes.byte(name.lowerBound + index)
                let meant = byte == 0x5F ? 0x2D : Octet.lowercased(byte)
                guard meant == text.utf8Start[index] else { return false }
            }
            return true
        }

        func isWhole(_ text: StaticString) -> Bool {
            name.count == text.utf8CodeUnitCount && begins(text)
        }
    }
}
