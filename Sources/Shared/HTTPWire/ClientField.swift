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
        if bytes.byte(name.lowerBound) | 0x20 == 0x78 {
            if variant.begins("x-forwarded") {
                let isChain = variant.isWhole("x-forwarded-for")
                self =
                    !variant.isProper || name.count < 13
                    ? .dropped : isChain ? .chain : .forwarded
                return
            }
            if variant.isWhole("x-real-ip") {
                self = variant.isProper ? .address : .dropped
                return
            }
        }
        self = Self.isDropped(variant) ? .dropped : .none
    }

    /// By length, so that a name is compared with few others.
    private static func isDropped(_ name: borrowing Variant) -> Bool {
        switch name.count {
        case 9: name.isWhole("forwarded") || name.isWhole("client-ip")
        case 11: name.isWhole("x-client-ip") || name.isWhole("x-remote-ip")
        case 13: name.isWhole("forwarded-for") || name.isWhole("x-remote-addr")
        case 14: name.isWhole("true-client-ip")
        case 16:
            name.isWhole("cf-connecting-ip") || name.isWhole("fastly-client-ip")
                || name.isWhole("do-connecting-ip") || name.isWhole("x-originating-ip")
                || name.isWhole("x-azure-clientip")
        case 18: name.isWhole("cf-connecting-ipv6")
        case 19: name.isWhole("x-cluster-client-ip") || name.isWhole("x-appengine-user-ip")
        case 24:
            name.isWhole("x-envoy-external-address") || name.isWhole("x-original-forwarded-for")
        default: false
        }
    }

    /// A name, compared as if its underscores were hyphens.
    private struct Variant: ~Escapable {
        private let bytes: RawSpan
        private let name: Range<Int>

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan, _ name: Range<Int>) {
            self.bytes = bytes
            self.name = name
        }

        var count: Int { name.count }

        /// It has no underscore.
        var isProper: Bool {
            for index in name where bytes.byte(index) == 0x5F { return false }
            return true
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
