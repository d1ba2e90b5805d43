// What somebody at the look socket wants done, and what came of it. Both carry a message of the
// control socket, which is nobody's business here.

import Bytes

/// A request of the control socket that came to the look socket.
public struct Order: Equatable, Sendable {
    /// The helper's own number for it.
    public var id: UInt32
    /// Who has sent it, as the helper says: for notes and for shares, and nothing else.
    public var uid: UInt32
    /// A `ControlKind`.
    public var kind: UInt16
    public var body: [UInt8]

    public init(id: UInt32, uid: UInt32, kind: UInt16, body: [UInt8]) {
        self.id = id
        self.uid = uid
        self.kind = kind
        self.body = body
    }

    func write(to writer: inout ByteWriter) {
        writer.write(id)
        writer.write(uid)
        writer.write(kind)
        writer.write(body)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        id = try reader.readUInt32()
        uid = try reader.readUInt32()
        kind = try reader.readUInt16()
        body = try reader.readBytes(atMost: MessageLimits.orderBytes)
    }
}

/// The reply to an order.
public struct OrderAnswer: Equatable, Sendable {
    public var id: UInt32
    /// A `ControlKind`.
    public var kind: UInt16
    public var body: [UInt8]

    public init(id: UInt32, kind: UInt16, body: [UInt8]) {
        self.id = id
        self.kind = kind
        self.body = body
    }

    func write(to writer: inout ByteWriter) {
        writer.write(id)
        writer.write(kind)
        writer.write(body)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        id = try reader.readUInt32()
        kind = try reader.readUInt16()
        body = try reader.readBytes(atMost: MessageLimits.orderAnswerBytes)
    }
}
