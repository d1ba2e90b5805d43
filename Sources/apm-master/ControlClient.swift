// One connection to the control socket. Whatever it sends or does not read costs only itself.

import Bytes
import CLinux
import Control
import EventLoop
import Glibc
import Messages
import Posix

final class ControlClient {
    let id: UInt32
    let peer: Peer
    let standing: Authority.Standing
    private var socket: Descriptor?
    private let reactor: Reactor
    /// The kernel refuses descriptors on this socket; else closing has to be done elsewhere.
    private let refusesDescriptors: Bool
    private var phase = Phase.greeting
    private var collector = PartCollector()
    private var outbox: [(bytes: [UInt8], descriptor: Int32?)] = []
    private var allowance = MasterLimits.clientBurst
    private var allowanceAt = Clock.monotonicNanoseconds
    private var isPaused = false
    private var isWatched = false
    private var waitsForRoom = false
    private(set) var lastActivity = Clock.monotonicNanoseconds

    init(
        id: UInt32, peer: Peer, standing: Authority.Standing, socket: Int32, reactor: Reactor
    ) {
        self.id = id
        self.peer = peer
        self.standing = standing
        self.socket = Descriptor(owning: socket)
        self.reactor = reactor
        refusesDescriptors = apm_refuse_descriptors(socket) == 0
    }

    var hasGreeted: Bool { phase == .open }

    func open() throws(SystemError) {
        guard let socket = self.socket.number else { return }
        try reactor.watch(socket, as: .client(id))
        isWatched = true
        reactor.arm(.clientPatience(id), after: MasterLimits.clientPatience)
    }

    /// Why a client is dropped.
    enum Drop: Error, Equatable {
        /// It has closed.
        case left
        case breach(String)
    }

    // MARK: receiving

    /// Reads up to a turn's share of messages and hands over each whole command.
    func receive(
        into buffer: UnsafeMutableRawBufferPointer, _ handle: (UInt32, Command) -> Void
    ) throws(Drop) {
        for _ in 0..<MasterLimits.clientMessagesPerTurn {
            guard let socket = self.socket.number else { return }
            guard spend() else { return pause() }
            let packet: ReceivedPacket
            do {
                guard let received = try PacketSocket.receive(into: buffer, from: socket) else {
                    allowance += 1
                    return
                }
                packet = received
            } catch {
                throw .breach(error.text)
            }
            lastActivity = Clock.monotonicNanoseconds
            guard packet.descriptors.isEmpty else {
                _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
                throw .breach("sent descriptors")
            }
            guard packet.byteCount > 0 else { throw .left }
            guard !packet.isTruncated else { throw .breach("message too long") }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
            do {
                if let (id, command) = try decode(bytes.bytes) { handle(id, command) }
            } catch {
                throw .breach("\(error)")
            }
        }
    }

    private func decode(_ datagram: RawSpan) throws(DecodeError) -> (UInt32, Command)? {
        let header = try MessageHeader(decoding: datagram)
        let kind = try Command.permitted(header, in: phase, received: 0)
        let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
        guard let body = try collector.add(header, body: part) else {
            reactor.arm(.clientPatience(self.id), after: MasterLimits.clientPatience)
            return nil
        }
        let command = try Command.decode(kind, body: body.span.bytes)
        phase = .open
        reactor.disarm(.clientPatience(self.id))
        return (header.id, command)
    }

    /// Whether it has waited too long with its greeting or with the rest of a message.
    var isLate: Bool { phase == .greeting || collector.isCollecting }

    // MARK: rate

    private func spend() -> Bool {
        let now = Clock.monotonicNanoseconds
        let earned = Double(now - allowanceAt) / 1e9 * MasterLimits.clientRate
        allowance = min(MasterLimits.clientBurst, allowance + earned)
        allowanceAt = now
        guard allowance >= 1 else { return false }
        allowance -= 1
        return true
    }

    /// Not read for a moment: what it sends waits in its own socket.
    private func pause() {
        isPaused = true
        updateInterest()
        reactor.arm(.clientResume(id), after: .milliseconds(100))
    }

    func resume() {
        isPaused = false
        updateInterest()
    }

    /// Who is paused is not even told of its end, which would come again and again until it is
    /// read.
    private func updateInterest() {
        guard let socket = self.socket.number else { return }
        if isPaused {
            if isWatched { reactor.forget(socket) }
            isWatched = false
            return
        }
        let interest: Interest = outbox.isEmpty ? .readable : [.readable, .writable]
        do {
            if isWatched {
                try reactor.change(socket, to: interest, as: .client(id))
            } else {
                try reactor.watch(socket, for: interest, as: .client(id))
            }
            isWatched = true
        } catch {
            // No memory for it now: it is tried again like a pause.
            isWatched = false
            reactor.arm(.clientResume(id), after: .milliseconds(100))
        }
    }

    // MARK: sending

    /// Sends what can be sent and keeps the rest; too much kept is the client's own fault.
    func send(_ datagrams: [[UInt8]], descriptor: Int32?) throws(Drop) {
        var descriptor = descriptor
        for bytes in datagrams {
            outbox.append((bytes, descriptor))
            descriptor = nil
        }
        guard outbox.count <= MasterLimits.clientOutbox else { throw .breach("does not read") }
        try flush()
    }

    func flush() throws(Drop) {
        guard let socket = self.socket.number else { return }
        var done = 0
        var result = SendResult.sent
        while done < outbox.count {
            let entry = outbox[done]
            let descriptors = entry.descriptor.map { [$0] } ?? []
            result = PacketSocket.send(entry.bytes, descriptors: descriptors, over: socket)
            guard result == .sent else { break }
            for descriptor in descriptors { Glibc.close(descriptor) }
            done += 1
        }
        outbox.removeFirst(done)
        if case .failed = result { throw .left }
        let wantsRoom = !outbox.isEmpty
        guard wantsRoom != waitsForRoom else { return }
        waitsForRoom = wantsRoom
        updateInterest()
    }

    // MARK: end

    /// What a stranger left unread in the socket may hold descriptors whose closing takes as long
    /// as the stranger likes: unless the kernel refused descriptors, the socket is given back to be
    /// closed elsewhere.
    func close() -> Int32? {
        reactor.disarm(.clientPatience(id))
        reactor.disarm(.clientResume(id))
        for entry in outbox { if let descriptor = entry.descriptor { Glibc.close(descriptor) } }
        outbox = []
        guard let number = socket.take()?.release() else { return nil }
        reactor.forget(number)
        guard refusesDescriptors else { return number }
        Glibc.close(number)
        return nil
    }
}
