// What the master says: workers, servers, instances, logs, and their ends.

import EventLoop
import Frames
import Glibc
import Messages
import Posix

extension Switchboard {
    func handle(_ message: Message, _ descriptors: [Int32]) {
        switch message {
        case .openWorker(let plan): openWorker(plan)
        case .closeWorker(let slot): closeWorker(slot)
        case .openServer(let plan): openServer(plan, descriptors[0])
        case .closeServer(let number): closeServer(number)
        case .openInstance(let plan): openInstance(plan, descriptors)
        case .drainInstance(let place): drain(known(place))
        case .closeInstance(let place): close(known(place))
        case .openAccessLog(let slot): openAccessLog(known(worker: slot), descriptors[0])
        case .closeAccessLog(let slot): closeAccessLog(known(worker: slot))
        case .ping: link.send(.ponged)
        default: breach("\(message.kind.name) out of turn")
        }
    }

    private func known(_ place: UInt16) -> Instance {
        guard let instance = instances[Int(place)] else { breach("no instance \(place)") }
        return instance
    }

    private func known(worker slot: UInt16) -> Worker {
        guard let worker = workers[slot] else { breach("no worker \(slot)") }
        return worker
    }

    private func openWorker(_ plan: ProxiedWorker) {
        guard let worker = workers[plan.worker] else {
            workers[plan.worker] = Worker(plan, figures.worker(plan.worker))
            return
        }
        worker.take(plan)
        serveQueue(worker)
        for server in servers { if let server, server.worker === worker { watch(server) } }
    }

    private func closeWorker(_ slot: UInt16) {
        let worker = known(worker: slot)
        guard worker.instances.isEmpty else { breach("worker \(slot) has instances") }
        worker.isExpected = false
        serveQueue(worker)
        closeAccessLog(worker)
        worker.retire(figures.noWorker)
        workers[slot] = nil
    }

    // MARK: servers

    private func openServer(_ plan: ProxiedServer, _ listener: Int32) {
        guard serverNumbers[plan.server] == nil else { breach("server \(plan.server) is open") }
        let place = servers.firstIndex { $0 == nil } ?? servers.count
        if place == servers.count { servers.append(nil) }
        let server = Server(
            place: place, number: plan.server, worker: known(worker: plan.worker),
            listener: listener)
        servers[place] = server
        serverNumbers[plan.server] = server
        do {
            try loop.add(listener, for: .readable, token: Token.of(Token.server, place))
        } catch {
            breach(error.text)
        }
        if isAcceptingPaused { watch(server) }
    }

    private func closeServer(_ number: UInt16) {
        guard let server = serverNumbers.removeValue(forKey: number) else {
            breach("no server \(number)")
        }
        server.isClosing = true
        loop.remove(server.listener)
        Glibc.close(server.listener)
        for number in 0..<UInt32(clients.touched) {
            let client = clients[number]
            guard client.pointee.isOpen, client.pointee.server == UInt32(server.place) else {
                continue
            }
            client.pointee.isLeaving = true
            if client.pointee.isIdle { drop(client) }
        }
        forgetIfUnused(server)
    }

    func forgetIfUnused(_ server: Server) {
        if server.isClosing, server.clients == 0 { servers[server.place] = nil }
    }

    // MARK: access logs

    private func openAccessLog(_ worker: Worker, _ pipe: Int32) {
        closeAccessLog(worker)
        worker.accessLog = AccessLog(pipe: Descriptor(owning: pipe))
    }

    private func closeAccessLog(_ worker: Worker) {
        guard let log = worker.accessLog else { return }
        if log.isBlocked { loop.remove(log.pipe.raw) }
        worker.accessLog = nil
        _ = log.flush(pool)
        log.abandon(pool)
    }

    /// The pipe of a log has room.
    func unblockLog(_ worker: Worker) {
        guard let log = worker.accessLog, log.isBlocked else { return }
        loop.remove(log.pipe.raw)
        log.isBlocked = false
        flushLog(worker)
    }

    func flushLogs() {
        let batch = dirtyLogs
        dirtyLogs.removeAll(keepingCapacity: true)
        for worker in batch {
            worker.accessLog?.isDirty = false
            flushLog(worker)
        }
    }

    private func flushLog(_ worker: Worker) {
        guard let log = worker.accessLog, !log.isBlocked else { return }
        let code = log.flush(pool)
        if code != 0 {
            note(.warning, "\(worker.name): its access log: \(ErrorText.of(code))")
        } else if !log.isEmpty {
            let token = Token.of(Token.accessLog, Int(worker.slot))
            log.isBlocked = (try? loop.add(log.pipe.raw, for: .writable, token: token)) != nil
        }
    }
}
