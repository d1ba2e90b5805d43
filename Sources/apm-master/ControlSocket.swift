// The control socket: who may connect, which command goes where, and the bounds that keep a hostile
// client from being felt by the others.

import CLinux
import Control
import EventLoop
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
    private var isPaused = false
    /// Sockets of clients that are gone: one child closes all of a turn.
    private var leftSockets: [Int32] = []
    private let daemonUid = geteuid()
    private var places = Places(MasterLimits.clients, ownUid: geteuid())
    /// The group whose members may come in; nil: there is none.
    var admitted: gid_t? { didSet { if admitted != oldValue { dropStrangers() } } }
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
    }

    deinit {
        buffer.deallocate()
    }

    // MARK: connections

    func accept() {
        for _ in 0..<MasterLimits.acceptsPerTurn {
            let number = apm_accept(listener.raw)
            if number == -EMFILE || number == -ENFILE {
                return pauseAccepting(for: MasterLimits.acceptPause)
            }
            if number < 0 { return }
            var pid: pid_t = 0
            var uid: uid_t = 0
            var gid: gid_t = 0
            guard apm_peer(number, &pid, &uid, &gid) == 0 else {
                Glibc.close(number)
                continue
            }
            open(
                number,
                Peer(pid: pid, uid: uid, gid: gid, groups: Self.groups(ofPeerAt: number)))
        }
    }

    /// No descriptor is left: who waits, waits in the backlog instead of waking this loop for ever.
    func pauseAccepting(for pause: Duration) {
        reactor.forget(listener.raw)
        isPaused = true
        reactor.arm(.acceptPause, after: pause)
    }

    func acceptAgain() {
        guard isPaused else { return }
        reactor.disarm(.acceptPause)
        do {
            try reactor.watch(listener.raw, as: .listener)
            isPaused = false
        } catch {
            reactor.arm(.acceptPause, after: MasterLimits.acceptPause)
        }
    }

    private func standing(of peer: Peer) -> Authority.Standing {
        Authority.standing(
            of: peer, groups: admitted == nil ? [] : peer.groups,
            daemonUid: daemonUid, admitted: admitted)
    }

    /// Another group is let in, or none.
    private func dropStrangers() {
        for client in clients.values where !Authority.mayControl(standing(of: client.peer)) {
            drop(client, .breach("its group is let in no more"))
        }
    }

    private func open(_ number: Int32, _ peer: Peer) {
        let standing = standing(of: peer)
        let client = ControlClient(
            id: nextId, peer: peer, standing: standing, socket: number, reactor: reactor)
        nextId &+= 1
        guard Authority.mayControl(standing) else {
            let refusal = Reply.refused(Refusal(.notPermitted))
            try? client.send(refusal.encoded(id: 0), descriptor: nil)
            return close(client)
        }
        if let crowd = places.crowded(by: peer.uid) { makeRoom(among: crowd) }
        do {
            try client.open()
            clients[client.id] = client
            places.take(peer.uid)
        } catch {
            close(client)
        }
    }

    /// A peer with more groups than are looked through belongs to none of them.
    private static func groups(ofPeerAt number: Int32) -> [gid_t] {
        var groups = [gid_t](repeating: 0, count: MasterLimits.callerGroups)
        let count = apm_peer_groups(number, &groups, Int32(groups.count))
        return Array(groups.prefix(Int(max(0, count))))
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

    /// Of the clients of this uid the one that was silent for longest gives its place up: of those
    /// that have not greeted, else of those that wait for nothing, else of all.
    private func makeRoom(among uid: uid_t) {
        let crowd = clients.values.filter { $0.peer.uid == uid }
        let victims = [
            crowd.filter { !$0.hasGreeted },
            crowd.filter {
                supervisor.waitCount(of: $0.id) == 0 && !supervisor.feed.isRead(by: $0.id)
            },
            crowd,
        ].first { !$0.isEmpty }
        if let oldest = victims?.min(by: { $0.lastActivity < $1.lastActivity }) {
            drop(oldest, .breach("made room for others"))
        }
    }

    private func drop(_ client: ControlClient, _ reason: ControlClient.Drop) {
        guard clients.removeValue(forKey: client.id) != nil else { return }
        places.give(client.peer.uid)
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
                handle(command, Asker(client: id, request: request), client)
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
    private func handle(_ command: Command, _ asker: Asker, _ client: ControlClient) {
        if let refusal = refusal(of: command, by: client) ?? crowd(at: command, client) {
            return send(.refused(refusal), descriptor: nil, to: asker)
        }
        switch command {
        case .hello(let role, let version): greet(role, version, asker)
        case .run(let run): supervisor.run(run, asker: asker, peer: client.peer)
        case .start(let selection): supervisor.start(selection, asker: asker)
        case .stop(let selection): supervisor.stop(selection, asker: asker)
        case .restart(let selection): supervisor.restart(selection, asker: asker)
        case .remove(let selection): supervisor.remove(selection, asker: asker)
        case .list: supervisor.list(asker: asker)
        case .info(let selection):
            let reveals = revealsValues(of: selection.name, to: client)
            supervisor.info(selection, asker: asker, reveals: reveals)
        case .log(let log): supervisor.log(log, asker: asker, peer: client.peer)
        case .status: send(.statusTold(status), descriptor: nil, to: asker)
        case .exit: supervisor.end(for: asker)
        case .events(let events): supervisor.events(events, asker: asker)
        case .wait(let selection): supervisor.wait(selection, asker: asker)
        case .look: supervisor.look(asker: asker)
        case .signal(let signal): supervisor.signal(signal, asker: asker)
        case .stopAll(let waits): supervisor.stopAll(waits: waits, asker: asker)
        case .rename(let rename): supervisor.rename(rename, asker: asker)
        case .copy(let copy): supervisor.copy(copy, asker: asker)
        case .environment(let selection): supervisor.environment(selection, asker: asker)
        case .update(let update): supervisor.update(update, asker: asker)
        case .load(let load): supervisor.load(load, asker: asker, peer: client.peer)
        case .unload(let unload):
            supervisor.unload(unload, asker: asker, peer: client.peer)
        case .reload(let reload):
            supervisor.reload(reload, asker: asker, peer: client.peer)
        case .boot(let boot): supervisor.boot(boot, asker: asker, peer: client.peer)
        case .setSource(let source): supervisor.setSource(source, asker: asker)
        }
    }

    /// nil: the client may do it. Where the worker is nobody's it is said later that there is none.
    private func refusal(of command: Command, by client: ControlClient) -> Refusal? {
        let (deed, name) = Authority.deed(of: command)
        guard let name, let owner = supervisor.owner(of: name) else {
            let may = Authority.may(deed, client.standing, isTheirs: true)
            return may ? nil : Refusal(.notPermitted)
        }
        guard !Authority.may(deed, client.standing, isTheirs: owner == client.peer.uid) else {
            return nil
        }
        return Refusal(.notYours, subject: name, value: Int32(bitPattern: owner))
    }

    /// Whether the client may see the values of this worker's variables.
    private func revealsValues(of name: String, to client: ControlClient) -> Bool {
        Authority.may(
            .reveal, client.standing, isTheirs: supervisor.owner(of: name) == client.peer.uid)
    }

    /// Why no request more may wait for its outcome.
    private func crowd(at command: Command, _ client: ControlClient) -> Refusal? {
        guard command.mayWait else { return nil }
        let own = supervisor.waitCount(of: client.id)
        let limit = MasterLimits.clientWaits
        guard own < limit else {
            return Refusal(.limitReached, subject: "requests", value: Int32(limit))
        }
        let owners = clients.values.map {
            (owner: $0.peer.uid, places: supervisor.waitCount(of: $0.id))
        }
        let uid = client.peer.uid
        return Quota.exceeded(
            by: 1, of: MasterLimits.waits, TableUse(owners, for: uid), uid: uid,
            daemonUid: daemonUid
        ).map { Refusal(.limitReached, subject: "requests at once", value: Int32($0)) }
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

    func isConnected(_ client: UInt32) -> Bool { clients[client] != nil }

    /// Takes the descriptor over.
    func send(_ reply: Reply, descriptor: Int32?, to asker: Asker) {
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
