// A client that speaks to the control socket itself: well, badly, or not at all.

import Bytes
import CLinux
import Control
import Glibc
import Messages
import Posix
import Testing

final class ControlPeer {
    private(set) var socket: Int32
    private var collector = PartCollector()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 20_000, alignment: 16)

    /// Connects; greets unless told not to.
    convenience init(_ daemon: TestDaemon, greets: Bool = true) throws {
        try self.init(at: daemon.control, greets: greets)
    }

    /// At a path, or at an abstract name after an @.
    init(at path: String, greets: Bool = true) throws {
        socket = try Self.connect(path)
        guard greets else { return }
        try send(.hello(.cli, version: Version.text), id: 1)
        _ = try receive(seconds: 5)
    }

    deinit {
        leave()
        buffer.deallocate()
    }

    func leave() {
        if socket >= 0 { close(socket) }
        socket = -1
    }

    static func connect(_ path: String) throws -> Int32 {
        let number = Glibc.socket(
            AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        let length =
            path.hasPrefix("@")
            ? apm_abstract_address(String(path.dropFirst()), &address)
            : apm_unix_address(path, &address)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, length)
            }
        }
        guard result == 0 else {
            let code = errno
            close(number)
            throw SystemError("connect", subject: path, code: code)
        }
        return number
    }

    func send(_ command: Command, id: UInt32) throws {
        for datagram in command.encoded(id: id) { send(datagram) }
    }

    /// Whatever bytes; waits for room. False when the daemon has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        while true {
            switch PacketSocket.send(bytes, over: socket) {
            case .sent: return true
            case .failed: return false
            case .full:
                var polled = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
                guard poll(&polled, 1, 5000) == 1 else { return false }
            }
        }
    }

    /// The next whole reply; nil when the daemon has closed or the time is over.
    func receive(seconds: Double) throws -> Reply? {
        let started = Moment.now
        while true {
            let left = seconds * 1000 - Moment.now.milliseconds(since: started)
            var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&polled, 1, Int32(left) + 1) == 1,
                let packet = try PacketSocket.receive(into: buffer, from: socket),
                packet.byteCount > 0
            else { return nil }
            for descriptor in packet.descriptors { close(descriptor) }
            let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
            if let reply = try decode(datagram.bytes) { return reply }
        }
    }

    private func decode(_ datagram: RawSpan) throws -> Reply? {
        let header = try MessageHeader(decoding: datagram)
        let kind = try #require(ControlKind(rawValue: header.kind))
        let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
        guard let body = try collector.add(header, body: part) else { return nil }
        return try Reply.decode(kind, body: body.span.bytes)
    }
}
