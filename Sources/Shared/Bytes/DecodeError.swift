// Why a message was not understood. Decoders are total: any byte sequence ends in a value or in one
// of these, never in a trap.

/// The peer's mistake, as found by a decoder; the peer is dropped for it.
public enum DecodeError: Error, Equatable {
    /// The bytes end before the field does.
    case truncated
    /// Bytes are left after the last field.
    case trailingBytes(Int)
    /// A text field is longer than its limit, in bytes.
    case tooLong(Int)
    /// A text field is not UTF-8, or holds a NUL.
    case badText
    /// A number has a value that the field does not know.
    case badValue
    /// A list announces more entries than its limit.
    case tooMany(Int)
    /// The header: magic or version of another protocol.
    case foreignProtocol
    /// The header: length and datagram disagree.
    case wrongLength
    /// The header: a flag that is not defined.
    case undefinedFlag
    /// The header: no such kind, or not on this channel, or not now.
    case unexpectedKind(UInt16)
    /// Descriptors came that the kind does not carry, or are missing.
    case wrongDescriptorCount
}
