// The control socket: who may connect, which command goes where, and the bounds that keep a hostile
// client from being felt by the others.

import CLinux
import Control
import Glibc
import Messages
import Posix

final class ControlSocket {
    private let listener: Descriptor
    private let reactor: Reactor
    private let supervisor: Supervisor
    private let notes: Notes
    private let helperRows: () -> [HelperRow]
    private var clients: [UInt32: ControlClient] = [:]
    private var nextId: UInt32 = 1
    /// Sockets of clients that are gone: one child closes all of a turn.
    private var leftSockets: [Int32] = []
    private let daemonUid = geteuid()
    private var dropSecond: Int64 = 0
    private var dropsTold = 0
    private var dropsUntold = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes + 1, alignment: 16)

    init(
        listener: consuming Descriptor, reactor: Reactor, supervisor: Supervisor, notes: Notes,
        helperRows: @escaping () -> [HelperRow]
    ) throws(SystemError) {
        self.listener = listener
        self.reactor = reactor
        self.supervisor = supervisor
        self.notes = notes
        self.helperRows = helperRows
        try reactor.watch(self.listener.raw, as: .listener)
        supervisor.answer = { [unowned self] asker, reply, descriptor in
            send(reply, descriptor: descriptor, to: asker)
        }
    }

    deinit {
        buffer.deallocate()
    }

    // MARK: connections

    func accept() {
        for _ in 0..<MasterLimits.acceptsPerTurn {
            let number = apm_accept(listener.raw)
            if number == -EMFILE || number == -ENFILE { return pauseAccepting() }
            if number < 0 { return }
            var pid: pid_t = 0
            var uid: uid_t = 0
            var gid: gid_t = 0
            guard apm_peer(number, &pid, &uid, &gid) == 0 else {
                Glibc.close(number)
                continue
            }
            open(number, Peer(pid: pid, uid: uid, gid: gid))
        }
    }

    /// No descriptor is left: who waits, waits in the backlog instead of waking this loop for ever.
    private func pauseAccepting() {
        reactor.forget(listener.raw)
        reactor.arm(.acceptPause, after: MasterLimits.acceptPause)
    }

    func acceptAgain() {
        do {
            try reactor.watch(listener.raw, as: .listener)
        } catch {
            reactor.arm(.acceptPause, after: MasterLimits.acceptPause)
        }
    }

    private func open(_ number: Int32, _ peer: Peer) {
        let client = ControlClient(id: nextId, peer: peer, socket: number, reactor: reactor)
        nextId &+= 1
        guard Authority.mayControl(peer, daemonUid: daemonUid) else {
            let refusal = Reply.refused(Refusal(.notPermitted))
            try? client.send(refusal.encoded(id: 0), descriptor: nil)
            return close(client)
        }
        if clients.count >= MasterLimits.clients { makeRoom() }
        do {
            try client.open()
            clients[client.id] = client
        } catch {
            close(client)
        }
    }

    private func close(_ client: ControlClient) {
        if let socket = client.close() { leftSockets.append(socket) }
    }

    /// At the end of a turn of the loop.
    func closeLeftSockets() {
        guard !leftSockets.isEmpty else { return }
        _ = apm_close_elsewhere(leftSockets, Int32(leftSockets.count))
        leftSockets = []
    }

    /// The client that was silent for longest, and waits for nothing, gives its place up.
    private func makeRoom() {
        let idle = clients.values.filter {
            supervisor.waitCount(of: $0.id) == 0 && !supervisor.feed.isRead(by: $0.id)
        }
        let oldest = (idle.isEmpty ? Array(clients.values) : idle)
            .min { $0.lastActivity < $1.lastActivity }
        if let oldest { drop(oldest, .breach("made room for others")) }
    }

    private func drop(_ client: ControlClient, _ reason: ControlClient.Drop) {
        guard clients.removeValue(forKey: client.id) != nil else { return }
        if case .breach(let text) = reason { tell(client.peer, text) }
        close(client)
        supervisor.clientLeft(client.id)
    }

    /// A stranger cannot fill the log: a few of these a second, and the number of the others.
    private func tell(_ peer: Peer, _ text: String) {
        let second = Clock.monotonicNanoseconds / 1_000_000_000
        if second != dropSecond {
            if dropsUntold > 0 { notes.warning("\(dropsUntold) more clients were dropped") }
            dropSecond = second
            dropsUntold = 0
            dropsTold = 0
        }
        guard dropsTold < MasterLimits.dropsTold else {
            dropsUntold += 1
            return
        }
        dropsTold += 1
        notes.warning("client pid \(peer.pid) uid \(peer.uid) dropped: \(text)")
    }

    // MARK: events

    func clientReady(_ id: UInt32, isWritable: Bool) {
        guard let client = clients[id] else { return }
        do {
            if isWritable { try client.flush() }
            try client.receive(into: buffer) { request, command in
                handle(command, Asker(client: id, request: request), client.peer)
            }
        } catch {
            drop(client, error)
        }
    }

    func patienceEnded(_ id: UInt32) {
        guard let client = clients[id], client.isLate else { return }
        drop(client, .breach("did not finish what it began"))
    }

    func resume(_ id: UInt32) {
        clients[id]?.resume()
    }

    /// At the daemon's end.
    func closeAll() {
        for client in clients.values { close(client) }
        clients = [:]
        closeLeftSockets()
    }

    // MARK: commands

    /// Routes; one line a command.
    private func handle(_ command: Command, _ asker: Asker, _ peer: Peer) {
        if supervisor.waitCount(of: asker.client) >= MasterLimits.clientWaits {
            let refusal = Refusal(
                .limitReached, subject: "requests", value: Int32(MasterLimits.clientWaits))
            return send(.refused(refusal), descriptor: nil, to: asker)
        }
        switch command {
        case .hello(let role, let version): greet(role, version, asker)
        case .run(let run): supervisor.run(run, asker: asker, peer: peer)
        case .start(let selection): supervisor.start(selection, asker: asker)
        case .stop(let selection): supervisor.stop(selection, asker: asker)
        case .restart(let selection): supervisor.restart(selection, asker: asker)
        case .remove(let selection): supervisor.remove(selection, asker: asker)
        case .list: supervisor.list(asker: asker)
        case .info(let selection): supervisor.info(selection, asker: asker)
        case .log(let log): supervisor.log(log, asker: asker)
        case .status: send(.statusTold(status), descriptor: nil, to: asker)
        case .exit: supervisor.end(for: asker)
        case .events(let events): supervisor.events(events, asker: asker)
        case .wait(let selection): supervisor.wait(selection, asker: asker)
        case .look: supervisor.look(asker: asker)
        case .signal(let signal): supervisor.signal(signal, asker: asker)
        case .stopAll(let waits): supervisor.stopAll(waits: waits, asker: asker)
        case .rename(let rename): supervisor.rename(rename, asker: asker, peer: peer)
        case .copy(let copy): supervisor.copy(copy, asker: asker, peer: peer)
        case .environment(let selection):
            supervisor.environment(selection, asker: asker, peer: peer)
        case .update(let update): supervisor.update(update, asker: asker, peer: peer)
        }
    }

    private var status: DaemonStatus { supervisor.status(helpers: helperRows()) }

    private func greet(_ role: Role, _ version: String, _ asker: Asker) {
        guard role == .cli, version == Version.text else {
            let refusal = Refusal(.otherVersion, subject: Version.text)
            send(.refused(refusal), descriptor: nil, to: asker)
            if let client = clients[asker.client] { drop(client, .left) }
            return
        }
        send(.welcome(status), descriptor: nil, to: asker)
    }

    private func send(_ reply: Reply, descriptor: Int32?, to asker: Asker) {
        guard let client = clients[asker.client] else {
            if let descriptor { Glibc.close(descriptor) }
            return
        }
        let datagrams = reply.encoded(
            id: asker.request, descriptors: descriptor == nil ? 0 : 1)
        do {
            try client.send(datagrams, descriptor: descriptor)
        } catch {
            drop(client, error)
        }
    }
}
