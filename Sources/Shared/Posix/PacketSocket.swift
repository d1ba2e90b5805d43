// A SOCK_SEQPACKET socket: one message, one datagram. Never blocks.

import CLinux
import Glibc
import Messages

/// What a datagram brought.
public struct ReceivedPacket: ~Copyable {
    /// Bytes of the datagram in the buffer given; 0 = the peer has closed.
    public let byteCount: Int
    /// Came along; the receiver closes them.
    public let descriptors: [Int32]
    /// The datagram was longer than the buffer, or descriptors were lost.
    public let isTruncated: Bool
}

public enum SendResult: Equatable, Sendable {
    case sent
    /// The peer does not read; try when it is writable again.
    case full
    /// The peer is gone, or the socket is broken: errno.
    case failed(Int32)
}

public enum PacketSocket {
    /// Sends one datagram; `descriptors` stay open here.
    public static func send(
        _ datagram: [UInt8], descriptors: [Int32] = [], over socket: Int32
    ) -> SendResult {
        let sent = datagram.withUnsafeBytes { bytes in
            descriptors.withUnsafeBufferPointer { passed in
                apm_send(
                    socket, bytes.baseAddress, bytes.count, passed.baseAddress, Int32(passed.count))
            }
        }
        if sent >= 0 { return .sent }
        let code = Int32(-sent)
        return code == EAGAIN || code == ENOBUFS ? .full : .failed(code)
    }

    /// The next datagram; nil when there is none now.
    public static func receive(
        into buffer: UnsafeMutableRawBufferPointer, from socket: Int32
    ) throws(SystemError) -> ReceivedPacket? {
        let room = Int(APM_DESCRIPTORS_RECEIVED_MAX)
        var count = Int32(room)
        var truncated = false
        var received = 0
        let descriptors = withUnsafeTemporaryAllocation(of: Int32.self, capacity: room) { table in
            received = apm_receive(
                socket, buffer.baseAddress, buffer.count, table.baseAddress, &count, &truncated)
            return received >= 0 && count > 0 ? Array(table[0..<Int(count)]) : []
        }
        if received == -Int(EAGAIN) { return nil }
        guard received >= 0 else { throw SystemError("recvmsg", negated: received) }
        return ReceivedPacket(
            byteCount: received, descriptors: descriptors, isTruncated: truncated)
    }
}
