// The head of a request as a worker gets it, docs/FRAMES.md: request line, client line, and the
// fields that are passed on.

import Bytes

/// What the second line of the block says.
public struct RequestOrigin: Sendable {
    /// The client's address in text, as resolved.
    public var address: [UInt8]
    public var isSecure: Bool

    public init(address: [UInt8], isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}

extension RequestParser {
    /// Writes the block of the head that was read from `window`. What does not fit is the writer's
    /// to say.
    public func writeBlock(
        _ window: RawSpan, from origin: RequestOrigin, lowercasing: Bool,
        into writer: inout BufferWriter
    ) {
        writer.write(window.extracting(head.method.range))
        writer.write(Octet.space)
        writeTarget(window, into: &writer)
        writer.write(Octet.lineFeed)
        writer.write(origin.address.span.bytes)
        writer.write(origin.isSecure ? " https" : " http")
        writer.write(head.isVersion10 ? " 1.0\n" : " 1.1\n")
        for field in fields where !field.isHopByHop {
            writeField(field, window, lowercasing: lowercasing, into: &writer)
        }
    }

    private func writeTarget(_ window: RawSpan, into writer: inout BufferWriter) {
        let target = head.target.range
        if head.form == .absolute, target.isEmpty || window.byte(target.lowerBound) == 0x3F {
            writer.write(Octet.slash)
        }
        writer.write(window.extracting(target))
    }

    @inline(__always)
    private func writeField(
        _ field: HeaderField, _ window: RawSpan, lowercasing: Bool,
        into writer: inout BufferWriter
    ) {
        let name = field.name.range
        let value = field.value.range
        if lowercasing {
            writer.writeLowercased(window.extracting(name))
        } else {
            writer.write(window.extracting(name))
        }
        writer.write(": ")
        writer.write(window.extracting(value))
        writer.write(Octet.lineFeed)
    }
}
