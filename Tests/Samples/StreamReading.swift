// What somebody finds in a stream of bytes: requests, and how it ended.

/// What a peer and we must agree on.
public struct FoundRequest: Equatable, Sendable {
    public let method: [UInt8]
    /// Path and query, whatever form the target had.
    public let target: [UInt8]
    /// `-` without Host.
    public let host: [UInt8]
    public let body: [UInt8]

    public init(method: [UInt8], target: [UInt8], host: [UInt8], body: [UInt8]) {
        self.method = method
        self.target = target
        self.host = host
        self.body = body
    }

    /// As the samples write it.
    public var line: [UInt8] {
        method + [0x20] + target + [0x20] + host + [0x20, 0x22] + body + [0x22]
    }
}

public enum StreamEnd: Equatable, Sendable {
    /// All was read, or the connection is to end behind the last request.
    case done
    /// More bytes are needed for the next request.
    case waits
    /// 0 without an answer.
    case refused(Int)

    public var isRefusal: Bool { if case .refused = self { true } else { false } }
}

public struct StreamReading: Equatable, Sendable {
    public var requests: [FoundRequest] = []
    public var end = StreamEnd.done

    public init() {}

    /// As the samples write it.
    public var lines: [[UInt8]] {
        switch end {
        case .done: requests.map(\.line)
        case .waits: requests.map(\.line) + [Array("waits".utf8)]
        case .refused(let status): requests.map(\.line) + [Array("\(status)".utf8)]
        }
    }

    public var text: String { lines.map { Escapes.text(of: $0) }.joined(separator: ", ") }
}
