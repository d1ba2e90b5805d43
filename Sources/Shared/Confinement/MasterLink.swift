// A helper's end of its one socketpair, fd 3.

import Bytes
import CLinux
import Glibc
import Messages
import Posix

/// Messages from and to apm-master. Any breach by the master's side, or its end, ends the helper:
/// there is nobody left to work for.
public final class MasterLink {
    public static let descriptor: Int32 = 3

    private let role: Role
    private var phase = Phase.greeting
    private var collector = PartCollector()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)
    private var unsent: [[UInt8]] = []

    /// Messages that may wait while the master does not read; beyond it something is wrong.
    public static let unsentMessages = 16 * 1024

    /// Takes fd 3 over, which must be a socket, and greets.
    public init(inheritedBy role: Role, version: String) throws(SystemError) {
        self.role = role
        var type: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(Self.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 else {
            throw SystemError(
                "fd 3 (\(role.processName) is started by apm-master alone)", code: errno)
        }
        send(.hello(role, version: version))
    }

    deinit {
        buffer.deallocate()
    }

    public enum Incoming {
        /// A message and its descriptors, which the receiver owns.
        case message(Message, [Int32])
        /// Nothing for now.
        case none
        /// The master has closed.
        case closed
        /// Not a message that may come now.
        case breach(String)
    }

    public func receive() -> Incoming {
        let packet: ReceivedPacket
        do {
            guard let received = try PacketSocket.receive(into: buffer, from: Self.descriptor)
            else {
                return .none
            }
            packet = received
        } catch {
            return .breach(error.text)
        }
        if packet.byteCount == 0 { return .closed }
        let descriptors = packet.descriptors
        guard !packet.isTruncated else { return .breach("truncated message") }
        let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
        do {
            guard let message = try decode(datagram.bytes, descriptors: descriptors.count) else {
                return receive()
            }
            if case .hello = message { phase = .open }
            guard message.kind.helper ?? role == role else { return .breach("not for this helper") }
            return .message(message, descriptors)
        } catch {
            return .breach("\(error)")
        }
    }

    /// nil: a part of a message that goes on.
    private func decode(
        _ datagram: RawSpan, descriptors: Int
    ) throws(DecodeError) -> Message? {
        let header = try MessageHeader(decoding: datagram)
        let kind = try Permit.check(header, from: .master, in: phase, received: descriptors)
        let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
        guard let body = try collector.add(header, body: part) else { return nil }
        return try Message.decode(kind, body: body.span.bytes)
    }

    /// Sends, or keeps for `flush` when the master does not read now.
    public func send(_ message: Message) {
        unsent.append(message.encoded())
        flush()
    }

    /// The same for a message that may be longer than one datagram.
    public func sendInParts(_ message: Message) {
        unsent += message.encodedParts()
        flush()
    }

    /// The same, and waits until the master has taken all of it: for what is more than may wait.
    public func sendWaiting(_ message: Message) throws(SystemError) {
        sendInParts(message)
        while hasUnsent {
            var ready = pollfd(fd: Self.descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, -1) >= 0 || errno == EINTR else {
                throw SystemError("poll", code: errno)
            }
            guard ready.revents & Int16(POLLERR | POLLHUP) == 0 else {
                throw SystemError("fd 3", code: EPIPE)
            }
            flush()
        }
    }

    /// Whether writability of fd 3 is worth waiting for.
    public var hasUnsent: Bool { !unsent.isEmpty }

    public func flush() {
        var done = 0
        while done < unsent.count {
            guard PacketSocket.send(unsent[done], over: Self.descriptor) == .sent else { break }
            done += 1
        }
        unsent.removeFirst(done)
        precondition(unsent.count <= Self.unsentMessages, "the master does not read")
    }
}
