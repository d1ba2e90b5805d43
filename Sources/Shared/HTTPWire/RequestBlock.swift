// The head of a request as a worker gets it, docs/FRAMES.md: request line, client line, and the
// fields that are passed on.

import Bytes

/// Where a request comes from.
public struct RequestOrigin: ~Escapable {
    /// The client's address in text, as resolved.
    public let address: RawSpan
    public let isSecure: Bool
    /// It came through a proxy that is believed: what that one says of it is passed on.
    public let isTrusted: Bool

    @_lifetime(copy address)
    public init(address: RawSpan, isSecure: Bool, isTrusted: Bool = false) {
        self.address = address
        self.isSecure = isSecure
        self.isTrusted = isTrusted
    }
}

extension RequestParser {
    /// Writes the block of the head that was read from `window`. What does not fit is the writer's
    /// to say.
    public func writeBlock(
        _ window: RawSpan, from origin: borrowing RequestOrigin, lowercasing: Bool,
        into writer: inout BufferWriter
    ) {
        writer.write(window.extracting(head.method.range))
        writer.write(Octet.space)
        writeTarget(window, into: &writer)
        writer.write(Octet.lineFeed)
        writer.write(origin.address)
        writer.write(origin.isSecure ? " https" : " http")
        writer.write(head.isVersion10 ? " 1.0\n" : " 1.1\n")
        // What the target named and no field does would be lost with the target's first half.
        if notes.hosts == 0, !head.host.isEmpty {
            writer.write(lowercasing ? "host: " : "Host: ")
            writer.write(window.extracting(head.host.range))
            writer.write(Octet.lineFeed)
        }
        for field in fields where !field.isHopByHop {
            if field.isForwarded, !origin.isTrusted { continue }
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
