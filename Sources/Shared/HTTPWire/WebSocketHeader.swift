// The header of a WebSocket frame, RFC 6455 section 5.2: strict, so that there is one encoding of
// each.

import Bytes

public enum WebSocketOpcode: UInt8, CaseIterable, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
}

/// Which end wrote a frame: clients mask, servers do not.
public enum WebSocketSender: Sendable {
    case client, server
}

/// Why a connection is closed, and with which code.
public enum WebSocketFault: Error, Equatable, Sendable, CaseIterable {
    /// A bit or opcode that is reserved.
    case reserved
    /// Masked where it must not be, or the reverse.
    case wrongMask
    /// A length with more bytes than it needs, or beyond 63 bits.
    case badLength
    /// A control frame in pieces, or with more than 125 bytes.
    case badControl
    /// A continuation of nothing, or a new message within another.
    case badSequence
    /// A close with half a code, or one that may not be sent.
    case badClose
    case badText
    case messageTooLong

    public var closeCode: UInt16 {
        switch self {
        case .reserved, .wrongMask, .badLength, .badControl, .badSequence, .badClose: 1002
        case .badText: 1007
        case .messageTooLong: 1009
        }
    }
}

public struct WebSocketHeader: Equatable, Sendable {
    public var isFinal: Bool
    public var opcode: WebSocketOpcode
    /// The four bytes as they stand in the frame, the first one lowest.
    public var mask: UInt32?
    public var payloadCount: UInt64
    /// Bytes of the header itself.
    public internal(set) var byteCount = 0

    public init(
        _ opcode: WebSocketOpcode, isFinal: Bool = true, mask: UInt32? = nil, payloadCount: UInt64
    ) {
        self.isFinal = isFinal
        self.opcode = opcode
        self.mask = mask
        self.payloadCount = payloadCount
    }

    /// Reads the header at `offset`; nil when it is not complete. What is wrong is said as soon as
    /// the byte is there that makes it so.
    public init?(
        _ bytes: RawSpan, at offset: Int, from sender: WebSocketSender
    ) throws(WebSocketFault) {
        let there = bytes.byteCount - offset
        guard there > 0 else { return nil }
        let first = bytes.byte(offset)
        guard first & 0x70 == 0, let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
            throw .reserved
        }
        self.opcode = opcode
        isFinal = first & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .badControl }
        guard there > 1 else { return nil }
        let second = bytes.byte(offset + 1)
        let isMasked = second & 0x80 != 0
        guard isMasked == (sender == .client) else { throw .wrongMask }
        let short = second & 0x7F
        guard !opcode.isControl || short <= HTTPLimits.controlBytes else { throw .badControl }
        let extra = short < 126 ? 0 : short == 126 ? 2 : 8
        byteCount = 2 + extra + (isMasked ? 4 : 0)
        guard there >= 2 + extra else { return nil }
        var length: UInt64 = extra == 0 ? UInt64(short) : 0
        for index in 0..<extra { length = length << 8 | UInt64(bytes.byte(offset + 2 + index)) }
        let least: UInt64 = extra == 0 ? 0 : extra == 2 ? 126 : 65_536
        guard length >= least, length <= UInt64(Int64.max) else { throw .badLength }
        payloadCount = length
        guard there >= byteCount else { return nil }
        guard isMasked else { return }
        mask = UInt32(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromByteOffset: offset + 2 + extra, as: UInt32.self))
    }

    /// Writes the header; the payload, masked where there is a mask, comes next.
    public func write(into writer: inout BufferWriter) {
        writer.write((isFinal ? 0x80 : 0) | opcode.rawValue)
        let bit: UInt8 = mask == nil ? 0 : 0x80
        switch payloadCount {
        case ..<126: writer.write(bit | UInt8(payloadCount))
        case ..<65_536:
            writer.write(bit | 126)
            writer.writeLittleEndian(UInt16(payloadCount).byteSwapped)
        default:
            writer.write(bit | 127)
            writer.writeLittleEndian(payloadCount.byteSwapped)
        }
        if let mask { writer.writeLittleEndian(mask) }
    }

    /// Masks or unmasks: byte `n` of a payload, of which `memory` holds those from `phase` on.
    public static func applyMask(
        _ mask: UInt32, to memory: UnsafeMutableRawBufferPointer, phase: Int
    ) {
        var index = 0
        let turned = mask.rotated(rightBy: 8 * (phase & 3))
        let wide = UInt64(turned) | UInt64(turned) << 32
        while memory.count - index >= 8 {
            let word = memory.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            memory.storeBytes(
                of: word ^ wide.littleEndian, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < memory.count {
            memory[index] ^= UInt8(truncatingIfNeeded: turned >> UInt32(8 * (index & 3)))
            index += 1
        }
    }
}

extension UInt32 {
    fileprivate func rotated(rightBy bits: Int) -> UInt32 {
        bits == 0 ? self : self >> UInt32(bits) | self << UInt32(32 - bits)
    }
}
