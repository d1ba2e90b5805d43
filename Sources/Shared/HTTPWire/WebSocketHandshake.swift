// The opening handshake, RFC 6455 section 4.2: what a request must say, and the answer.

import Bytes

public struct WebSocketHandshake: Equatable, Sendable {
    public enum Fault: Error, Equatable, Sendable {
        /// Not GET, no key or two of them, or one that is none. A 400.
        case badRequest
        /// Another version than 13. A 426 that names 13.
        case unknownVersion
    }

    /// What stands behind Sec-WebSocket-Accept.
    public let accept: [UInt8]

    /// Checks the head that `parser` has read from `window`, whose upgrade is `.webSocket`.
    public init(_ parser: RequestParser, _ window: RawSpan) throws(Fault) {
        guard parser.head.upgrade == .webSocket, parser.head.body == .none,
            window.isExactly(parser.head.method.range, "GET")
        else { throw .badRequest }
        var key: Range<Int>?
        var version: Range<Int>?
        for field in parser.fields {
            let name = field.name.range
            if window.equals(name, "sec-websocket-key") {
                guard key == nil else { throw .badRequest }
                key = field.value.range
            } else if window.equals(name, "sec-websocket-version") {
                guard version == nil else { throw .badRequest }
                version = field.value.range
            }
        }
        guard let version else { throw .badRequest }
        guard window.equals(version, "13") else { throw .unknownVersion }
        guard let key, Self.isKey(window, key) else { throw .badRequest }
        accept = Self.accept(for: window.extracting(key).withUnsafeBytes { Array($0) })
    }

    /// 16 bytes in base 64.
    private static func isKey(_ window: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count == 24 else { return false }
        for index in range.prefix(22) where !Base64.isDigit(window.byte(index)) { return false }
        return window.byte(range.upperBound - 2) == 0x3D
            && window.byte(range.upperBound - 1) == 0x3D
    }

    static func accept(for key: [UInt8]) -> [UInt8] {
        Base64.encode(SHA1.digest(key + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// The 101. `subprotocol` is one of those that the client offered, or empty.
    public func write(subprotocol: RawSpan = RawSpan(), into writer: inout BufferWriter) {
        writer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
        writer.write("Connection: Upgrade\r\nSec-WebSocket-Accept: ")
        writer.write(accept.span.bytes)
        if subprotocol.byteCount > 0 {
            writer.write("\r\nSec-WebSocket-Protocol: ")
            writer.write(subprotocol)
        }
        writer.write("\r\n\r\n")
    }
}
