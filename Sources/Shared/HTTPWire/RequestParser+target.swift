// The forms of a target, and the host that it and Host name.

extension RequestParser {
    mutating func readTarget(
        _ window: RawSpan, _ range: Range<Int>, method: Range<Int>
    ) throws(RequestFault) {
        // Whatever its target looks like: who takes the one for a path opens a tunnel elsewhere.
        guard !window.isExactly(method, "CONNECT") else { throw .connect }
        if window.byte(range.lowerBound) == Octet.slash {
            head.target = HeadRange(range)
            return
        }
        if range.count == 1, window.byte(range.lowerBound) == 0x2A {
            guard window.isExactly(method, "OPTIONS") else { throw .badTarget }
            head.form = .asterisk
            head.target = HeadRange(range)
            return
        }
        try readAbsolute(window, range)
    }

    /// `http://host:port/path?query`; of other schemes nothing is served here.
    private mutating func readAbsolute(
        _ window: RawSpan, _ range: Range<Int>
    ) throws(RequestFault) {
        var start = range.lowerBound
        if range.count > 7, window.equals(start..<start + 7, "http://") {
            start += 7
        } else if range.count > 8, window.equals(start..<start + 8, "https://") {
            start += 8
            notes.isSecureTarget = true
        } else {
            throw .badTarget
        }
        var end = start
        while end < range.upperBound, window.byte(end) != Octet.slash, window.byte(end) != 0x3F {
            end += 1
        }
        guard HostName(window, start..<end) != nil else { throw .badTarget }
        head.form = .absolute
        notes.authority = start..<end
        head.target = HeadRange(end..<range.upperBound)
    }

    /// Exactly one Host where HTTP/1.1 asks for it, at most one elsewhere, and the same one that
    /// the target names.
    mutating func concludeHost(_ window: RawSpan) throws(RequestFault) {
        guard notes.hosts == (head.isVersion10 ? min(notes.hosts, 1) : 1) else { throw .badHost }
        guard notes.hosts == 1 else {
            if let authority = notes.authority { head.host = HeadRange(authority) }
            return
        }
        let value = notes.host
        guard let host = HostName(window, value) else { throw .badHost }
        head.host = HeadRange(value)
        guard let authority = notes.authority else { return }
        guard let named = HostName(window, authority),
            named.isSame(
                as: host, window, defaultPort: notes.isSecureTarget ? 443 : 80)
        else { throw .foreignHost }
    }
}

/// `host`, `host:port` or `[address]:port`, not empty.
struct HostName {
    let name: Range<Int>
    let port: UInt64?

    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        guard !range.isEmpty else { return nil }
        var index = range.lowerBound
        if bytes.byte(index) == 0x5B {
            index += 1
            while index < range.upperBound, Self.isAddress(bytes.byte(index)) { index += 1 }
            guard index > range.lowerBound + 2, index < range.upperBound,
                bytes.byte(index) == 0x5D
            else { return nil }
            index += 1
        } else {
            while index < range.upperBound, Octet.isHost(bytes.byte(index)) { index += 1 }
            guard index > range.lowerBound else { return nil }
        }
        name = range.lowerBound..<index
        guard index < range.upperBound else {
            port = nil
            return
        }
        guard bytes.byte(index) == Octet.colon else { return nil }
        guard index + 1 < range.upperBound else {
            port = nil
            return
        }
        guard let number = bytes.decimal(index + 1..<range.upperBound), number <= 65_535
        else { return nil }
        port = number
    }

    /// Hexadecimal digits, colons, dots.
    private static func isAddress(_ byte: UInt8) -> Bool {
        Octet.hexadecimal(byte) != nil || byte == Octet.colon || byte == 0x2E
    }

    func isSame(as other: HostName, _ bytes: RawSpan, defaultPort: UInt64) -> Bool {
        bytes.equals(name, other.name) && (port ?? defaultPort) == (other.port ?? defaultPort)
    }
}
