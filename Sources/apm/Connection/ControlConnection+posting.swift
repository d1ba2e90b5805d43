// Requests whose replies come later, while apm does something else: for what goes on in a loop of
// its own, over a connection that has greeted.

import Control
import Messages
import Posix

/// A whole reply to a request that was posted.
struct PostedReply {
    let id: UInt32
    let reply: Reply
    /// The receiver's from then on.
    let descriptors: [Int32]
}

/// What has come of a reply so far.
struct Incoming {
    var collector = PartCollector()
    var descriptors: [Int32] = []
}

extension ControlConnection {
    /// Sends a request; gives its number.
    @discardableResult
    func post(_ command: Command) -> UInt32 {
        precondition(isGreeted, "posted before the greeting")
        send(command)
        if let kind = command.kind.reply { posted[lastID] = kind }
        return lastID
    }

    /// The next whole reply to what was posted, a refusal too; nil when there is none yet. Of a
    /// subscription there are many.
    func collect() throws(Failure) -> PostedReply? {
        while true {
            let packet: ReceivedPacket
            do {
                guard let received = try PacketSocket.receive(into: buffer, from: socket.raw)
                else { return nil }
                packet = received
            } catch {
                throw broken(error.text)
            }
            guard packet.byteCount > 0 else { throw broken("it closed the connection") }
            incoming.descriptors += packet.descriptors
            if let whole = try take(packet.byteCount) { return whole }
        }
    }

    /// Posts all of these, and hands over each reply when it comes, with the place of its command.
    func askEach(
        _ commands: [Command], waits: Bool, _ handle: (Int, PostedReply) throws(Failure) -> Void
    ) throws(Failure) {
        var places: [UInt32: Int] = [:]
        for (place, command) in commands.enumerated() { places[post(command)] = place }
        while !places.isEmpty {
            try waitForReply(waits: waits)
            while let reply = try collect() {
                if let place = places.removeValue(forKey: reply.id) { try handle(place, reply) }
            }
        }
    }

    private func take(_ byteCount: Int) throws(Failure) -> PostedReply? {
        let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<byteCount]).bytes
        do {
            let header = try MessageHeader(decoding: datagram)
            guard let expected = posted[header.id] else {
                throw DecodeFault.unasked(header.id)
            }
            let kind = try Self.checked(
                header, expected, header.id, received: incoming.descriptors.count)
            let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
            guard let body = try incoming.collector.add(header, body: part) else { return nil }
            if kind != .happened { posted[header.id] = nil }
            defer { incoming.descriptors = [] }
            return PostedReply(
                id: header.id, reply: try Reply.decode(kind, body: body.span.bytes),
                descriptors: incoming.descriptors)
        } catch {
            throw broken("its answer is not understood (\(error))")
        }
    }

    private enum DecodeFault: Error {
        case unasked(UInt32)
    }
}
