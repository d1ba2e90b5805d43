// Connections: accepted, read, written, closed.

import CLinux
import EventLoop
import Glibc
import Messages
import Posix

extension Switchboard {
    // MARK: accepting

    func accept(_ server: Server) {
        guard server.isAccepting, !server.isClosing else { return }
        for _ in 0..<Limits.acceptsPerTurn {
            let most = server.worker.settings.maxConnections
            if most > 0, server.clients >= Int(most) { return watch(server) }
            var address = sockaddr_storage()
            let descriptor = apm_accept_from(server.listener, &address)
            guard descriptor >= 0 else {
                if descriptor == -ECONNABORTED || descriptor == -EINTR { continue }
                // The master shuts a listener down that it has told to close.
                if descriptor == -EAGAIN || descriptor == -EINVAL { return }
                return pauseAccepting()
            }
            guard let peer = HostAddress(address), welcome(descriptor, peer, server) else {
                Glibc.close(descriptor)
                return pauseAccepting()
            }
        }
    }

    private func welcome(_ descriptor: Int32, _ peer: HostAddress, _ server: Server) -> Bool {
        guard let number = clients.take() else { return false }
        clients[number].initialize(
            to: Client(
                number: number, descriptor: descriptor, server: UInt32(server.place), peer: peer))
        let token = Token.of(Token.client, Int(number))
        guard (try? loop.add(descriptor, for: .edges, token: token)) != nil else {
            clients[number].pointee.descriptor = -1
            clients.give(number)
            return false
        }
        var on: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
            socklen_t(MemoryLayout<Int32>.size))
        server.clients += 1
        server.worker.clients += 1
        server.worker.figures.count(FiguresLayout.acceptedOffset)
        arm(clients[number], .idle, server.worker.settings.headerTimeout)
        return true
    }

    /// Looks for connections where it may.
    func watch(_ server: Server) {
        let most = server.worker.settings.maxConnections
        let wanted =
            !server.isClosing && !isAcceptingPaused
            && (most == 0 || server.clients < Int(most))
        guard wanted != server.isAccepting, !server.isClosing else { return }
        let token = Token.of(Token.server, server.place)
        let interest: Interest = wanted ? .readable : .none
        guard (try? loop.change(server.listener, to: interest, token: token)) != nil else {
            return
        }
        server.isAccepting = wanted
    }

    /// No descriptors or no places are left: idle connections of the server that has the most make
    /// room, those too that never asked, and the backlogs wait.
    private func pauseAccepting() {
        note(
            .warning, "no more connections can be accepted now: \(sessions.open) requests are open")
        var left = Limits.evictedClients
        let largest = servers.compactMap { $0 }.max { $0.clients < $1.clients }
        for number in 0..<UInt32(clients.touched) where left > 0 {
            let client = clients[number]
            guard client.pointee.isOpen, client.pointee.reading == .head,
                client.pointee.output.isEmpty, servers[Int(client.pointee.server)] === largest
            else { continue }
            drop(client)
            left -= 1
        }
        isAcceptingPaused = true
        for server in servers { if let server { watch(server) } }
        timers.arm(.accepting, at: now + Limits.acceptPauseNanoseconds)
    }

    // MARK: events

    func handle(_ client: ClientPointer, _ event: ReadyEvent) {
        guard client.pointee.isOpen else { return }
        if event.isHungUp { return drop(client) }
        if event.isHalfClosed { client.pointee.isHalfClosed = true }
        if event.isWritable, !client.pointee.mayWrite {
            client.pointee.mayWrite = true
            if !client.pointee.output.isEmpty { markDirty(client) }
        }
        guard event.isReadable || event.isHalfClosed else { return }
        client.pointee.mayRead = true
        look(client)
    }

    /// Reads what it may read, and goes on with what was read before.
    func look(_ client: ClientPointer) {
        client.pointee.isAgain = false
        guard client.pointee.isOpen else { return }
        switch client.pointee.reading {
        case .head: if client.pointee.mayRead { readHead(client) }
        case .body: readBody(client)
        case .discard: readDiscarded(client)
        case .linger: if client.pointee.mayRead { readLingering(client) }
        case .queued, .answer: return
        }
    }

    func lookAgain(_ client: ClientPointer) {
        guard !client.pointee.isAgain else { return }
        client.pointee.isAgain = true
        again.append(client.pointee.number)
    }

    /// Bytes of the client into `room`; nil when there are none now, or it was dropped.
    func receive(
        _ client: ClientPointer, into room: UnsafeMutableRawBufferPointer
    ) -> Int? {
        while true {
            let count = recv(client.pointee.descriptor, room.baseAddress, room.count, 0)
            if count > 0 {
                // Less than there was room for is all there is, but for an end that is known.
                client.pointee.mayRead = count == room.count || client.pointee.isHalfClosed
                return count
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                client.pointee.mayRead = false
            } else {
                drop(client)
            }
            return nil
        }
    }

    private func readLingering(_ client: ClientPointer) {
        for _ in 0..<Limits.readsPerTurn {
            guard client.pointee.mayRead else { break }
            guard let count = receive(client, into: clientMemory) else { break }
            client.pointee.dropped += UInt64(count)
        }
        guard client.pointee.isOpen else { return }
        guard client.pointee.dropped < Limits.lingeringBytes, now < client.pointee.lingersUntil
        else { return drop(client) }
        arm(client, .linger, Limits.lingeringPauseMilliseconds)
        if client.pointee.mayRead { lookAgain(client) }
    }

    // MARK: writing

    func markDirty(_ client: ClientPointer) {
        guard !client.pointee.isDirty else { return }
        client.pointee.isDirty = true
        dirtyClients.append(client.pointee.number)
    }

    func flush(_ client: ClientPointer) {
        client.pointee.isDirty = false
        guard client.pointee.isOpen else { return }
        let before = client.pointee.output.count
        while !client.pointee.output.isEmpty, client.pointee.mayWrite {
            let bytes = client.pointee.output.bytes
            let count = Glibc.send(
                client.pointee.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count > 0 {
                pool.consume(count, of: &client.pointee.output)
            } else if errno == EAGAIN {
                client.pointee.mayWrite = false
            } else if errno != EINTR {
                return drop(client)
            }
        }
        if client.pointee.output.isEmpty {
            if client.pointee.isAnswered { return finishAnswer(client) }
            if client.pointee.wait == .send { awaitMore(client) }
        } else if client.pointee.output.count < before || client.pointee.wait != .send {
            arm(client, .send, worker(of: client).settings.sendTimeout)
        }
        grantCredit(client)
    }

    // MARK: the end

    /// The last answer is out. The client can read it as long as nothing is left unread here, or
    /// comes to a closed socket, which would reset the connection: its own end is awaited.
    func closeBehindAnswer(_ client: ClientPointer) {
        pool.release(&client.pointee.input)
        Glibc.shutdown(client.pointee.descriptor, Int32(SHUT_WR))
        client.pointee.reading = .linger
        client.pointee.dropped = 0
        client.pointee.lingersUntil = now + Limits.lingeringNanoseconds
        arm(client, .linger, Limits.lingeringPauseMilliseconds)
        if client.pointee.mayRead { lookAgain(client) }
    }

    /// Closes it; `reset`: so that nobody takes what it has got for all.
    func drop(_ client: ClientPointer, reset: Bool = false) {
        guard client.pointee.isOpen else { return }
        if client.pointee.hasSession { abandon(client) }
        if client.pointee.reading == .queued { unqueue(client) }
        pool.release(&client.pointee.input)
        pool.release(&client.pointee.output)
        if reset {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                client.pointee.descriptor, SOL_SOCKET, SO_LINGER, &option,
                socklen_t(MemoryLayout<linger>.size))
        }
        Glibc.close(client.pointee.descriptor)
        client.pointee.descriptor = -1
        wheel.remove(client.pointee.number)
        closed.append(client.pointee.number)
        guard let server = servers[Int(client.pointee.server)] else { return }
        server.clients -= 1
        server.worker.clients -= 1
        if !server.isAccepting { watch(server) }
        forgetIfUnused(server)
    }

    func worker(of client: ClientPointer) -> Worker {
        guard let server = servers[Int(client.pointee.server)] else {
            preconditionFailure("a client without a server")
        }
        return server.worker
    }

    // MARK: deadlines

    /// From now on it has so long; 0 = as long as it likes.
    func arm(_ client: ClientPointer, _ wait: Client.Wait, _ milliseconds: UInt32) {
        client.pointee.wait = wait
        if milliseconds == 0 {
            wheel.disarm(client.pointee.number)
        } else {
            wheel.arm(client.pointee.number, at: now + Int64(milliseconds) * 1_000_000)
        }
    }

    /// Its deadline has come.
    func expire(_ client: ClientPointer) {
        guard client.pointee.isOpen else { return }
        switch client.pointee.wait {
        case .none: return
        case .idle, .linger: drop(client)
        case .head: refuse(client, 408)
        case .queue: refuseQueued(client)
        case .body where client.pointee.reading == .discard: drop(client)
        case .body: fail(client, 408, .clientStalled)
        case .answer: fail(client, 504, .workerStalled)
        case .send: cut(client, .clientStalled)
        }
    }
}
