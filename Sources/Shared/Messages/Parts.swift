// Bodies longer than a datagram travel in parts of one kind and id; every part but the last has the
// flag `more`. Nothing else of that channel and direction may come between the parts.

import Bytes

public enum Parts {
    public static let bodyBytes = MessageLimits.messageBytes - MessageHeader.byteCount

    /// The datagram that begins at `offset` of a body, and where the next one begins; nil = it was
    /// the last.
    public static func datagram(
        kind: UInt16, id: UInt32, body: [UInt8], from offset: Int
    ) -> (bytes: [UInt8], next: Int?) {
        let end = min(offset + bodyBytes, body.count)
        let isLast = end == body.count
        let bytes = MessageHeader.datagram(
            kind: kind, id: id, flags: isLast ? [] : .more, body: Array(body[offset..<end]))
        return (bytes, isLast ? nil : end)
    }

    public static func datagrams(
        kind: UInt16, id: UInt32, body: [UInt8], descriptors: UInt16 = 0
    ) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        var offset = 0
        repeat {
            let end = min(offset + bodyBytes, body.count)
            datagrams.append(
                MessageHeader.datagram(
                    kind: kind, id: id, flags: end < body.count ? .more : [],
                    descriptorCount: offset == 0 ? descriptors : 0, body: Array(body[offset..<end]))
            )
            offset = end
        } while offset < body.count
        return datagrams
    }
}

/// Puts a body together from its parts, within a limit.
public struct PartCollector {
    private var kind: UInt16?
    private var id: UInt32 = 0
    private var body: [UInt8] = []
    private let limit: Int

    public init(limit: Int = MessageLimits.planBytes) {
        self.limit = limit
    }

    /// Whether a body has begun and not ended.
    public var isCollecting: Bool { kind != nil }

    /// Adds the body of one datagram; gives the whole body back with its last part.
    public mutating func add(
        _ header: MessageHeader, body part: RawSpan
    ) throws(DecodeError) -> [UInt8]? {
        if let kind {
            guard header.kind == kind, header.id == id else {
                throw .unexpectedKind(header.kind)
            }
        }
        guard body.count + part.byteCount <= limit else {
            throw .tooLong(body.count + part.byteCount)
        }
        part.withUnsafeBytes { body.append(contentsOf: $0) }
        if header.flags.contains(.more) {
            guard part.byteCount > 0 else { throw .truncated }
            kind = header.kind
            id = header.id
            return nil
        }
        kind = nil
        defer { body = [] }
        return body
    }
}
