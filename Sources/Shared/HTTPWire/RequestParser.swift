// Reads request heads in place: one parser for all connections, which allocates nothing once its
// table has its size. Strict: what could be read in two ways is a RequestFault and ends the
// connection.
//
// A head that comes in pieces is read line by line, and a connection remembers 12 bytes of it:
// where the line begins that is not complete yet, how far it was looked at, and how many fields
// were before it. When its end is there, all of it is read once more in one go: the table belongs
// to one head at a time. The result, faults too, is the same wherever the bytes were cut.

/// How far the head of one connection was read.
public struct HeadProgress: Equatable, Sendable {
    var line: UInt32 = 0
    var scanned: UInt32 = 0
    var lines: UInt16 = 0

    public init() {}

    /// Nothing of a head has come.
    public var isAtStart: Bool { scanned == 0 }
}

public enum HeadStep: Equatable, Sendable {
    /// The head is complete: `parser.head` and `parser.fields` are valid until the next call.
    case complete
    /// More bytes are needed, behind those that are there.
    case incomplete
    case refused(RequestFault)
}

public struct RequestParser: Sendable {
    public let limits: RequestLimits
    /// Of the last complete head.
    public internal(set) var head = RequestHead()
    public internal(set) var fields: [HeaderField] = []
    var notes = Notes()

    public init(limits: RequestLimits = RequestLimits()) {
        self.limits = limits
        fields.reserveCapacity(limits.fields)
    }

    /// Reads a head that begins with the first byte of `window`. With `.incomplete` the caller
    /// keeps the bytes and comes again with the same ones and more behind them.
    public mutating func parse(_ window: RawSpan, _ progress: inout HeadProgress) -> HeadStep {
        do throws(RequestFault) {
            let isWhole = progress.line == 0
            guard try readLines(window, &progress) else { return .incomplete }
            if !isWhole {
                progress = HeadProgress()
                guard try readLines(window, &progress) else { return .incomplete }
            }
            try conclude(window)
            progress = HeadProgress()
            return .complete
        } catch {
            return .refused(error)
        }
    }

    /// Reads as many lines as are complete; true with the empty one.
    private mutating func readLines(
        _ window: RawSpan, _ progress: inout HeadProgress
    ) throws(RequestFault) -> Bool {
        // What a head that goes on leaves in the table is of no use: it is read again as a whole.
        fields.removeAll(keepingCapacity: true)
        notes = Notes()
        head = RequestHead()
        var start = Int(progress.line)
        var scanned = Int(progress.scanned)
        while true {
            let last = lastEnd(ofLine: Int(progress.lines), from: start)
            switch LineScan.find(in: window, from: scanned, last: last) {
            case .badByte: throw .badByte
            case .tooLong:
                throw progress.lines == 0 && isLineLimit(last, start)
                    ? .lineTooLong : .headTooLong
            case .partial(let reached):
                progress.line = UInt32(start)
                progress.scanned = UInt32(reached)
                return false
            case .line(let end):
                if try readLine(window, start..<end, &progress) { return true }
                start = end + 2
                scanned = start
            }
        }
    }

    /// One complete line; true for the empty one behind the fields.
    @inline(__always)
    private mutating func readLine(
        _ window: RawSpan, _ line: Range<Int>, _ progress: inout HeadProgress
    ) throws(RequestFault) -> Bool {
        if progress.lines == 0 {
            // One empty line before a request is left over from a sloppy body of the last one.
            if line.isEmpty && line.lowerBound == 0 { return false }
            try readRequestLine(window, line)
        } else {
            if line.isEmpty {
                head.byteCount = line.upperBound + 2
                return true
            }
            guard Int(progress.lines) <= limits.fields else { throw .tooManyFields }
            guard let field = FieldLine(window, line: line) else { throw .badField }
            record(field, window)
        }
        progress.lines += 1
        return false
    }

    /// Where the CR of a line may stand at the latest: so that the head, with the CR LF of its
    /// empty line, stays within its limit, and the request line within its own.
    private func lastEnd(ofLine number: Int, from start: Int) -> Int {
        let ofHead = limits.headBytes - 2
        return number == 0 ? min(ofHead, start + limits.lineBytes) : ofHead
    }

    private func isLineLimit(_ last: Int, _ start: Int) -> Bool {
        last == start + limits.lineBytes
    }

    /// METHOD SP TARGET SP HTTP/1.x, one blank each.
    private mutating func readRequestLine(
        _ window: RawSpan, _ line: Range<Int>
    ) throws(RequestFault) {
        var index = line.lowerBound
        while index < line.upperBound, Octet.isToken(window.byte(index)) { index += 1 }
        let method = line.lowerBound..<index
        guard (1...HTTPLimits.methodBytes).contains(method.count), index < line.upperBound,
            window.byte(index) == Octet.space
        else { throw .badMethod }
        let start = index + 1
        index = start
        while index < line.upperBound, isTarget(window.byte(index)) { index += 1 }
        guard index > start else { throw .badTarget }
        // Two words alone are HTTP/0.9, whose answers have no head.
        guard index < line.upperBound else { throw .badVersion }
        guard window.byte(index) == Octet.space else { throw .badTarget }
        try readVersion(window, index + 1..<line.upperBound)
        head.method = HeadRange(method)
        head.isHead = window.isExactly(method, "HEAD")
        try readTarget(window, start..<index, method: method)
    }

    /// Visible ASCII but `#`: a fragment is never sent, and who cuts it off reads another path.
    @inline(__always)
    private func isTarget(_ byte: UInt8) -> Bool {
        byte &- 0x21 < 0x5E && byte != 0x23
    }

    private mutating func readVersion(
        _ window: RawSpan, _ range: Range<Int>
    ) throws(RequestFault) {
        // "HTTP/" and "." as they stand in the word, digits left out.
        let mask: UInt64 = 0x00FF_00FF_FFFF_FFFF
        guard range.count == 8 else { throw .badVersion }
        let word = window.word(range.lowerBound)
        guard word & mask == 0x002E_002F_5054_5448,
            Octet.isDigit(UInt8(truncatingIfNeeded: word >> 40)),
            Octet.isDigit(UInt8(truncatingIfNeeded: word >> 56))
        else { throw .badVersion }
        switch word {
        case 0x312E_312F_5054_5448: head.isVersion10 = false
        case 0x302E_312F_5054_5448: head.isVersion10 = true
        default: throw .unknownVersion
        }
    }
}
