// The 16 bytes before every message on every channel, master's and control's alike:
//
//   offset  size  field              (little endian)
//   0       2     magic 0xA9, version
//   2       2     kind
//   4       4     total length, header included
//   8       4     id: a request's number, echoed by its reply; 0 for an event
//   12      2     flags
//   14      2     descriptors that come with the message

import Bytes

public struct MessageHeader: Equatable, Sendable {
    public static let byteCount = 16
    /// 0xA9 and the protocol's version. Both ends come from one build; another version is refused.
    public static let magic: UInt16 = 0x01A9

    public struct Flags: OptionSet, Equatable, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }
        /// The next message continues this one's body.
        public static let more = Flags(rawValue: 1)
        static let defined: Flags = [.more]
    }

    public var kind: UInt16
    public var length: UInt32
    public var id: UInt32
    public var flags: Flags
    public var descriptorCount: UInt16

    /// Reads the header of a datagram of `datagram.byteCount` bytes; length and datagram must
    /// agree.
    public init(decoding datagram: RawSpan) throws(DecodeError) {
        var reader = ByteReader(datagram)
        let magic = try reader.readUInt16()
        guard magic == Self.magic else { throw .foreignProtocol }
        kind = try reader.readUInt16()
        length = try reader.readUInt32()
        id = try reader.readUInt32()
        flags = Flags(rawValue: try reader.readUInt16())
        descriptorCount = try reader.readUInt16()
        guard Int(length) == datagram.byteCount, datagram.byteCount <= MessageLimits.messageBytes
        else { throw .wrongLength }
        guard flags.isSubset(of: .defined) else { throw .undefinedFlag }
        guard Int(descriptorCount) <= MessageLimits.descriptors else { throw .wrongDescriptorCount }
    }

    /// A whole datagram: this header and `body`.
    public static func datagram(
        kind: UInt16, id: UInt32 = 0, flags: Flags = [], descriptorCount: UInt16 = 0,
        body: [UInt8] = []
    ) -> [UInt8] {
        let length = byteCount + body.count
        precondition(length <= MessageLimits.messageBytes, "message of \(length) bytes")
        var writer = ByteWriter(capacity: length)
        writer.write(magic)
        writer.write(kind)
        writer.write(UInt32(length))
        writer.write(id)
        writer.write(flags.rawValue)
        writer.write(descriptorCount)
        var bytes = writer.bytes
        bytes.append(contentsOf: body)
        return bytes
    }
}
