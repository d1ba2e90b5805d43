// Addresses of hosts, networks and servers as people write them. Nothing is looked up.

import Bytes

/// An address of IPv4 or IPv6.
public struct IPAddress: Equatable, Hashable, Sendable {
    /// 4 or 16.
    public let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil when it is none, in the one common spelling of each (no `127.1`, no leading zeros).
    public init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        guard let bytes = text.contains(":") ? Self.version6(text) : Self.version4(text) else {
            return nil
        }
        self.bytes = bytes
    }

    public var isVersion6: Bool { bytes.count == 16 }

    /// As RFC 5952 wants it.
    public var text: String {
        guard isVersion6 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        let words = groups.map { String($0, radix: 16) }
        guard let gap = Self.longestGap(groups) else { return words.joined(separator: ":") }
        return words[..<gap.lowerBound].joined(separator: ":") + "::"
            + words[gap.upperBound...].joined(separator: ":")
    }

    /// The first longest run of two zeros or more.
    private static func longestGap(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start > max(1, best?.count ?? 0) { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard OptionValue.isDigits(String(part)), let byte = UInt8(part),
                part.count == 1 || !part.hasPrefix("0")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            let all = groups(text[...], isEnd: true)
            return all?.count == 16 ? all : nil
        }
        guard let before = groups(text[..<gap.lowerBound], isEnd: false),
            let after = groups(text[gap.upperBound...], isEnd: true),
            before.count + after.count <= 14
        else { return nil }
        return before + [UInt8](repeating: 0, count: 16 - before.count - after.count) + after
    }

    /// Groups of up to four hexadecimal digits; at the end of all an address of version 4 may be.
    private static func groups(_ text: Substring, isEnd: Bool) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (place, part) in parts.enumerated() {
            if isEnd, place == parts.count - 1, part.contains(".") {
                guard let last = version4(part) else { return nil }
                return bytes + last
            }
            guard (1...4).contains(part.utf8.count),
                part.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }
}

/// An address and how many of its bits count.
public struct IPNetwork: Equatable, Hashable, Sendable {
    /// Bits that do not count are 0.
    public let address: IPAddress
    public let bits: Int

    /// `10.0.0.0/8`, or an address alone.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
        let most = address.bytes.count * 8
        let bits: Int
        if parts.count == 2 {
            guard OptionValue.isDigits(String(parts[1])), let number = Int(parts[1]), number <= most
            else { return nil }
            bits = number
        } else {
            bits = most
        }
        self.init(address: address, bits: bits)
    }

    init(address: IPAddress, bits: Int) {
        self.bits = bits
        var bytes = address.bytes
        for place in bytes.indices {
            let counting = max(0, min(8, bits - place * 8))
            bytes[place] &= ~UInt8(truncatingIfNeeded: 0xFF >> counting)
        }
        self.address = IPAddress(bytes: bytes)
    }

    public var text: String {
        bits == address.bytes.count * 8 ? address.text : "\(address.text)/\(bits)"
    }
}

/// A host by name or address, with a port or without.
public struct NetworkHost: Equatable, Sendable {
    /// A name, or an address; of version 6 without brackets.
    public let host: String
    public let port: UInt16?

    /// `localhost`, `example.com:80`, `[::1]:8125`. A port is 1 to 65535.
    public init?(_ text: String) {
        guard let (host, rest) = Self.divide(text) else { return nil }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = String(rest.dropFirst())
            guard rest.hasPrefix(":"), OptionValue.isDigits(digits), let port = UInt16(digits),
                port > 0
            else { return nil }
            self.port = port
        }
        self.host = host
    }

    public var text: String {
        (host.contains(":") ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
    }

    private static func divide(_ text: String) -> (host: String, rest: Substring)? {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]"),
                let address = IPAddress(String(text[text.index(after: text.startIndex)..<end])),
                address.isVersion6
            else { return nil }
            return (address.text, text[text.index(after: end)...])
        }
        let host = text.prefix { $0 != ":" }
        guard isName(host) else { return nil }
        return (host.lowercased(), text[host.endIndex...])
    }

    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix("-") && !text.hasPrefix(".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// Where a server listens.
public struct ServerAddress: Equatable, Hashable, Sendable {
    public enum Scheme: UInt8, CaseIterable, Sendable {
        case http = 0
        case https = 1
        case ws = 2
        case wss = 3
        case tcp = 4
        case tls = 5

        /// As it stands before `://`.
        public var text: String { String(describing: self) }

        /// The port where none is written.
        var port: UInt16? {
            switch self {
            case .http, .ws: 80
            case .https, .wss: 443
            case .tcp, .tls: nil
            }
        }
    }

    public let scheme: Scheme
    /// All zeros: every address of this host.
    public let address: IPAddress
    /// Never 0.
    public let port: UInt16

    static let takes = "http://0.0.0.0:3000, :3000, or the like with https, ws, wss, tcp or tls"

    /// `http://127.0.0.1:3000`; without a scheme it is http, without a host all addresses.
    public init?(_ text: String) {
        var rest = text[...]
        var scheme = Scheme.http
        // A bare word is rather a mistake than a host on port 80.
        var standard: UInt16?
        if let colon = text.firstRange(of: "://") {
            let word = text[..<colon.lowerBound].lowercased()
            guard let named = Scheme.allCases.first(where: { $0.text == word }) else {
                return nil
            }
            scheme = named
            standard = named.port
            rest = text[colon.upperBound...]
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.hasPrefix(":") { rest = "0.0.0.0" + rest }
        if rest.hasPrefix("*:") { rest = "0.0.0.0" + rest.dropFirst() }
        guard let place = NetworkHost(String(rest)), let port = place.port ?? standard,
            let address = IPAddress(place.host == "localhost" ? "127.0.0.1" : place.host)
        else { return nil }
        self.scheme = scheme
        self.address = address
        self.port = port
    }

    public var text: String {
        let host = address.isVersion6 ? "[\(address.text)]" : address.text
        return "\(scheme.text)://\(host):\(port)"
    }

    public func write(to writer: inout ByteWriter) {
        writer.writeCase(scheme)
        address.write(to: &writer)
        writer.write(port)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        scheme = try reader.readCase(Scheme.self)
        address = try IPAddress(reading: &reader)
        port = try reader.readUInt16()
        guard port > 0 else { throw .badValue }
    }
}
