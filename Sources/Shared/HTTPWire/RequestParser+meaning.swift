// What the fields of a head mean for the connection: where the body ends, whether there will be
// another request, and which fields are not passed on.

extension RequestParser {
    /// What was seen while the lines were read.
    struct Notes: Equatable, Sendable {
        var hosts = 0
        var host = 0..<0
        var lengths = 0
        var length = 0..<0
        var codings = 0
        var coding = 0..<0
        var connections = 0
        var expectation: Range<Int>?
        var upgrade: Range<Int>?
        var authority: Range<Int>?
        var isSecureTarget = false
    }

    /// Adds a field to the table and notes those that the connection itself must know.
    @inline(__always)
    mutating func record(_ field: FieldLine, _ bytes: RawSpan) {
        var entry = HeaderField(
            name: HeadRange(field.name), value: HeadRange(field.value),
            isHopByHop: note(field, bytes))
        // These begin with one of five letters, and are no shorter than `forwarded`.
        if field.name.count >= 9, ClientField.mayBegin(bytes.byte(field.name.lowerBound)) {
            noteClient(&entry, bytes)
        }
        fields.append(entry)
    }

    /// A field that says whose request this is reaches no worker: the client line does, and what
    /// is not believed is not there to be believed by somebody else.
    private mutating func noteClient(_ field: inout HeaderField, _ bytes: RawSpan) {
        switch ClientField(bytes, field.name.range) {
        case .none: break
        case .chain, .address:
            head.namesClient = true
            field.isHopByHop = true
        case .dropped: field.isHopByHop = true
        case .forwarded: field.isForwarded = true
        }
    }

    /// True when the field is not passed on whatever it says.
    @inline(__always)
    private mutating func note(_ field: FieldLine, _ bytes: RawSpan) -> Bool {
        // Most fields are none of these: their length says so at once.
        guard field.name.count < 64, 1 << UInt64(field.name.count) & Self.lengths != 0 else {
            return false
        }
        return noteKnown(field, bytes)
    }

    /// Fields of this name are not passed on either.
    public mutating func drop(_ name: RawSpan, in window: RawSpan) {
        for index in fields.indices where window.equals(fields[index].name.range, name) {
            fields[index].isHopByHop = true
        }
    }

    /// Whether a field has this name.
    public func holds(_ name: RawSpan, in window: RawSpan) -> Bool {
        for field in fields where window.equals(field.name.range, name) { return true }
        return false
    }

    /// One bit for each length of a name below.
    private static let lengths: UInt64 =
        1 << 2 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 16 | 1 << 17
        | 1 << 18 | 1 << 19

    private mutating func noteKnown(_ field: FieldLine, _ bytes: RawSpan) -> Bool {
        let name = field.name
        switch name.count {
        case 2: return bytes.equals(name, "te")
        case 4 where bytes.equals(name, "host"):
            notes.hosts += 1
            notes.host = field.value
        // Old gateways make a variable HTTP_PROXY of it, which clients of a worker would obey.
        case 5: return bytes.equals(name, "proxy")
        case 6 where bytes.equals(name, "expect"):
            // A second one is an expectation that nobody knows.
            notes.expectation = notes.expectation == nil ? field.value : 0..<0
            return true
        case 7 where bytes.equals(name, "upgrade"):
            notes.upgrade = notes.upgrade == nil ? field.value : 0..<0
            return true
        case 10:
            guard bytes.equals(name, "connection") else {
                return bytes.equals(name, "keep-alive")
            }
            notes.connections += 1
            return true
        case 14 where bytes.equals(name, "content-length"):
            notes.lengths += 1
            notes.length = field.value
        case 16: return bytes.equals(name, "proxy-connection")
        case 17 where bytes.equals(name, "transfer-encoding"):
            notes.codings += 1
            notes.coding = field.value
            return true
        case 18: return bytes.equals(name, "proxy-authenticate")
        case 19: return bytes.equals(name, "proxy-authorization")
        default: break
        }
        return false
    }

    /// The head is complete: what it means as a whole.
    mutating func conclude(_ window: RawSpan) throws(RequestFault) {
        try concludeHost(window)
        try concludeBody(window)
        head.keepsAlive = !head.isVersion10
        var wantsUpgrade = false
        if notes.connections > 0 { wantsUpgrade = try concludeConnection(window) }
        if let expectation = notes.expectation {
            guard window.equals(expectation, "100-continue") else { throw .unknownExpectation }
            // An old client does not know what it says there.
            head.expectsContinue = !head.isVersion10 && head.body != .none
        }
        if wantsUpgrade, let upgrade = notes.upgrade, !head.isVersion10 {
            head.upgrade = window.equals(upgrade, "websocket") ? .webSocket : .other
        }
    }

    private mutating func concludeBody(_ window: RawSpan) throws(RequestFault) {
        if notes.codings > 0 {
            guard notes.codings == 1, notes.lengths == 0, !head.isVersion10 else {
                throw .ambiguousBody
            }
            guard window.equals(notes.coding, "chunked") else {
                throw isCodings(window, notes.coding) ? .unknownCoding : .ambiguousBody
            }
            head.body = .chunked
        } else if notes.lengths > 0 {
            guard notes.lengths == 1, let length = window.decimal(notes.length) else {
                throw .badLength
            }
            head.body = length == 0 ? .none : .length(length)
        }
    }

    /// A list of codings that could be right, of which one is not known here: an honest client
    /// gets an honest answer. Chunked more than once, or not last, is no such list.
    private func isCodings(_ window: RawSpan, _ range: Range<Int>) -> Bool {
        var list = TokenList(range)
        var hasChunked = false
        while let token = list.next(in: window) {
            guard !hasChunked else { return false }
            hasChunked = window.equals(token, "chunked")
        }
        return !list.isBroken && !range.isEmpty
    }

    /// Options of all Connection fields; whether upgrade is among them.
    private mutating func concludeConnection(_ window: RawSpan) throws(RequestFault) -> Bool {
        var hasUpgrade = false
        var closes = false
        var options = 0
        for index in fields.indices {
            guard window.equals(fields[index].name.range, "connection") else { continue }
            var list = TokenList(fields[index].value.range)
            while let option = list.next(in: window) {
                options += 1
                guard options <= HTTPLimits.connectionOptions else { throw .badConnection }
                if window.equals(option, "close") {
                    closes = true
                } else if window.equals(option, "keep-alive") {
                    head.keepsAlive = true
                } else if window.equals(option, "upgrade") {
                    hasUpgrade = true
                } else {
                    removeFields(named: option, window)
                }
            }
            guard !list.isBroken else { throw .badConnection }
        }
        if closes { head.keepsAlive = false }
        return hasUpgrade
    }

    /// Fields that Connection names concern this connection; but not those without which the
    /// request would be another one.
    private mutating func removeFields(named option: Range<Int>, _ window: RawSpan) {
        if window.equals(option, "host") || window.equals(option, "content-length") { return }
        for index in fields.indices where window.equals(fields[index].name.range, option) {
            fields[index].isHopByHop = true
        }
    }
}

/// Tokens between commas; empty places are skipped.
struct TokenList {
    private var rest: Range<Int>
    /// Something else than a token stood there.
    private(set) var isBroken = false

    init(_ range: Range<Int>) {
        rest = range
    }

    mutating func next(in bytes: RawSpan) -> Range<Int>? {
        while !rest.isEmpty {
            var end = rest.lowerBound
            while end < rest.upperBound, bytes.byte(end) != Octet.comma { end += 1 }
            let token = bytes.trimmed(rest.lowerBound..<end)
            rest = min(end + 1, rest.upperBound)..<rest.upperBound
            if token.isEmpty { continue }
            for index in token where !Octet.isToken(bytes.byte(index)) {
                isBroken = true
                return nil
            }
            return token
        }
        return nil
    }
}
