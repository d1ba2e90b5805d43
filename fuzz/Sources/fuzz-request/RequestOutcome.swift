// What comes out of bytes that come in pieces: the same as of all at once, else a parser is wrong.

import Bytes
import Fuzzing
import HTTPWire

/// Small ones: an input reaches them.
let limits = RequestLimits(lineBytes: 256, headBytes: 768, fields: 24)

struct RequestOutcome: Equatable {
    var step = HeadStep.incomplete
    var head: RequestHead?
    var fields: [HeaderField] = []
    var block: [UInt8] = []
    /// As from a proxy that is believed, and without the fields of the first one's name.
    var trusted: [UInt8] = []
    var dropped: [UInt8] = []
    var accept: WebSocketHandshake?

    init(_ bytes: [UInt8], _ cuts: Cuts) {
        var parser = RequestParser(limits: limits)
        var progress = HeadProgress()
        feed(bytes, cuts) { window in
            step = parser.parse(window.span.bytes, &progress)
            guard step == .complete else { return step == .incomplete ? 0 : nil }
            require(progress.isAtStart, "the next head begins anew")
            head = parser.head
            fields = parser.fields
            block = Self.block(of: parser, window, lowercasing: true)
            trusted = Self.block(of: parser, window, lowercasing: false, isTrusted: true)
            if let first = fields.first?.name.range {
                let name = Array(window[first])
                parser.drop(name.span.bytes, in: window.span.bytes)
                require(parser.holds(name.span.bytes, in: window.span.bytes), "a field is held")
                dropped = Self.block(of: parser, window, lowercasing: true)
            }
            accept = try? WebSocketHandshake(parser, window.span.bytes)
            return nil
        }
    }

    private static func block(
        of parser: RequestParser, _ window: [UInt8], lowercasing: Bool, isTrusted: Bool = false
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2048) { memory, count in
            var writer = BufferWriter(UnsafeMutableRawBufferPointer(memory))
            let address = Array("::1".utf8)
            let origin = RequestOrigin(
                address: address.span.bytes, isSecure: false, isTrusted: isTrusted)
            parser.writeBlock(
                window.span.bytes, from: origin, lowercasing: lowercasing, into: &writer)
            require(!writer.isFull, "a block does not grow")
            count = writer.count
        }
    }
}
