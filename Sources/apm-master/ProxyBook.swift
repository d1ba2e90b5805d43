// What apm-proxyd must know: workers that are connected, their listeners, the pipes of their
// instances. The master keeps all of it, descriptors included, so that a new apm-proxyd goes on
// where a dead one stopped: no listener is closed meanwhile, and connections wait in its backlog.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Settings

final class ProxyBook: HelperOwner, PipeKeeper {
    /// A bound address of a worker.
    private final class Listener {
        let server: UInt16
        let address: ServerAddress
        let socket: Descriptor

        init(_ server: UInt16, _ address: ServerAddress, _ socket: Int32) {
            self.server = server
            self.address = address
            self.socket = Descriptor(owning: socket)
        }
    }

    /// A worker as apm-proxyd knows it.
    private final class Service {
        let worker: UInt32
        let owner: uid_t
        var told: ProxiedWorker
        var listeners: [Listener] = []
        var accessLog: AccessLog?
        /// Asked to run by somebody, and not to rest since then.
        var isOpen = false
        /// What earlier starts of its instances have come to.
        var past = ProxyFigures.Sum()

        init(_ worker: Worker) {
            self.worker = worker.id
            owner = worker.owner
            told = ProxiedWorker(worker)
        }

        func listens(at address: ServerAddress) -> Bool {
            listeners.contains { $0.address == address }
        }
    }

    /// The pipe that the lines of an access log come through.
    private struct AccessLog: ~Copyable {
        let log: UInt32
        let writing: Descriptor
    }

    /// What apm-proxyd has to say about an instance.
    enum Event: Equatable {
        case ready
        case drained
        case failed(InstanceFault)
        /// It, or what it has started, holds up a pipe.
        case holdsUp
    }

    let process: HelperProcess
    let logs: LogBook
    let notes: Notes
    private let reactor: Reactor
    private(set) var figures: ProxyFigures
    private(set) lazy var watch = HelperWatch(process, reactor: reactor, keeper: self)
    /// Ports below it are root's.
    private let firstFreePort = BindListener.firstFreePort()
    /// Hears of instances.
    var report: (Connection, Event) -> Void = { _, _ in }
    private var table = AddressTable()
    /// By the place of their recent lines.
    private var services: [UInt16: Service] = [:]
    private var freeServers = SlotPool(MessageLimits.servers)
    /// By their places in the figures.
    var connections: [UInt16: Connection] = [:]
    var freePlaces = SlotPool(MessageLimits.connectedInstances)
    var noted = Allowance(rate: MasterLimits.proxyNoteRate, burst: MasterLimits.proxyNoteBurst)
    /// What it noted beyond its allowance.
    var unnoted = 0
    private var isNeeded = false

    init(process: HelperProcess, logs: LogBook, reactor: Reactor, notes: Notes) throws(SystemError)
    {
        self.process = process
        self.logs = logs
        self.reactor = reactor
        self.notes = notes
        figures = try ProxyFigures()
        process.owner = self
    }

    // MARK: helper

    /// There is work for it.
    private func need() {
        guard !isNeeded else { return }
        isNeeded = true
        process.start()
    }

    func helperGreeted() {
        watch.reset()
        process.send(.openFigures, descriptors: [figures.descriptor])
        for (worker, service) in services.sorted(by: { $0.key < $1.key }) {
            process.send(.openWorker(service.told))
            tellAccessLog(of: service, worker)
            for listener in service.listeners {
                // The one before could have shut it.
                _ = listen(listener.socket.raw, BindListener.backlog)
                tell(listener, of: worker)
            }
        }
        for (_, connection) in connections.sorted(by: { $0.key < $1.key }) { tell(connection) }
        watch.ask()
    }

    func helperDiedYoung(_ times: Int) {
        guard times == MasterLimits.helperDeathsForJournal, let fresh = try? ProxyFigures() else {
            return
        }
        // Without what stood in the old ones nobody knows where an instance was.
        figures = fresh
        let open = connections.values.filter { !$0.isFinished }
        notes.alert(
            "apm-proxyd died \(times) times in a row: its figures begin anew, and so do the "
                + "\(open.count) instances that it had")
        for connection in open { report(connection, .failed(.cutFrame)) }
    }

    // MARK: workers

    /// What keeps this worker from starting with these settings; nil: its addresses are bound, new
    /// ones beside those that it has.
    func open(_ worker: Worker, as settings: WorkerSettings) -> Refusal? {
        guard settings.isConnected else { return nil }
        let served = settings.servers.filter(\.isServed)
        let service = services[worker.recentSlot]
        if let obstacle = table.obstacle(to: served, of: worker.id) {
            return refusal(obstacle, of: worker)
        }
        let added = served.filter { service?.listens(at: $0) != true }
        for address in added where address.port < firstFreePort && worker.owner != 0 {
            return Refusal(
                .portNeedsRoot, subject: address.text, value: Int32(firstFreePort))
        }
        if let refusal = quotaRefusal(added.count, owner: worker.owner) { return refusal }
        // What it gives up must not be in the way of what it gets.
        let leaving = service?.listeners.filter { !served.contains($0.address) } ?? []
        let colliding = leaving.filter { old in
            added.contains { AddressReach($0).collides(with: AddressReach(old.address)) }
        }
        for old in colliding { shutdown(old.socket.raw, Int32(SHUT_RD)) }
        var listeners: [Listener] = []
        do {
            for address in added { listeners.append(try bind(address)) }
        } catch {
            for listener in listeners { freeServers.give(UInt32(listener.server)) }
            for old in colliding { listen(old.socket.raw, BindListener.backlog) }
            return Refusal(
                .addressNotBound, subject: error.subject, value: error.code)
        }
        take(listeners, of: worker, settings)
        return nil
    }

    private func bind(_ address: ServerAddress) throws(SystemError) -> Listener {
        guard let server = freeServers.take() else {
            throw SystemError("bind", subject: address.text, code: ENFILE)
        }
        do {
            let isLow = address.port < firstFreePort
            let socket = try BindListener.bind(address, isLow: isLow)
            return Listener(UInt16(server), address, socket)
        } catch {
            freeServers.give(server)
            throw error
        }
    }

    private func take(_ listeners: [Listener], of worker: Worker, _ settings: WorkerSettings) {
        let service = services[worker.recentSlot] ?? makeService(of: worker)
        if !service.isOpen { tellUnserved(settings) }
        service.isOpen = true
        need()
        for listener in listeners {
            table.add(listener.address, of: worker.id)
            service.listeners.append(listener)
            tell(listener, of: worker.recentSlot)
        }
    }

    private func makeService(of worker: Worker) -> Service {
        let service = Service(worker)
        services[worker.recentSlot] = service
        figures.clear(worker: worker.recentSlot)
        process.send(.openWorker(service.told))
        openAccessLog(of: service, worker)
        return service
    }

    /// What is written of it and not served is said, once a start.
    private func tellUnserved(_ settings: WorkerSettings) {
        let unserved = settings.servers.filter { !$0.isServed }.map(\.text)
        guard !unserved.isEmpty else { return }
        notes.warning(
            "\(settings.name): this version serves http alone, not "
                + unserved.joined(separator: ", "))
    }

    /// Its settings, its name, or whether it will serve may be others by now.
    func refresh(_ worker: Worker) {
        guard let service = services[worker.recentSlot] else { return }
        let now = ProxiedWorker(worker)
        guard now != service.told else { return }
        service.told = now
        process.send(.openWorker(now))
    }

    /// Its settings are in force: addresses that are in them no more are given up.
    func settle(_ worker: Worker) {
        guard let service = services[worker.recentSlot] else { return }
        refresh(worker)
        let kept = worker.settings.servers
        close(service.listeners.filter { !kept.contains($0.address) }, of: service)
        openAccessLog(of: service, worker)
        if !worker.settings.isConnected { release(worker) }
    }

    /// Somebody wants it to rest: its addresses may be another's.
    func release(_ worker: Worker) {
        guard let service = services[worker.recentSlot], service.isOpen else { return }
        service.isOpen = false
        close(service.listeners, of: service)
        forgetIfDone(worker.recentSlot)
    }

    private func close(_ listeners: [Listener], of service: Service) {
        guard !listeners.isEmpty else { return }
        for listener in listeners {
            process.send(.closeServer(listener.server))
            // From now on somebody else may have it, though apm-proxyd has not closed it yet.
            shutdown(listener.socket.raw, Int32(SHUT_RD))
            table.remove(listener.address, of: service.worker)
            freeServers.give(UInt32(listener.server))
        }
        service.listeners.removeAll { one in listeners.contains { $0 === one } }
    }

    /// Nobody wants it to run, and none of its instances has pipes still.
    func forgetIfDone(_ worker: UInt16) {
        guard let service = services[worker], !service.isOpen,
            !connections.values.contains(where: { $0.plan.worker == worker })
        else { return }
        if service.accessLog != nil { process.send(.closeAccessLog(worker: worker)) }
        services[worker] = nil
        process.send(.closeWorker(worker))
    }

    private func tell(_ listener: Listener, of worker: UInt16) {
        let server = ProxiedServer(
            server: listener.server, worker: worker, address: listener.address)
        process.send(.openServer(server), descriptors: [listener.socket.raw])
    }

    /// What earlier starts of its instances have come to.
    func past(of worker: Worker) -> ProxyFigures.Sum {
        services[worker.recentSlot]?.past ?? ProxyFigures.Sum()
    }

    /// Before its place is another's.
    func keepFigures(of connection: Connection) {
        guard let service = services[connection.plan.worker] else { return }
        _ = figures.traffic(ofInstance: connection.place, addingTo: &service.past)
        service.past.open = 0
    }

    // MARK: access logs

    /// As the worker's settings say by now.
    private func openAccessLog(of service: Service, _ worker: Worker) {
        guard let log = worker.accessLog else {
            guard service.accessLog != nil else { return }
            service.accessLog = nil
            return process.send(.closeAccessLog(worker: worker.recentSlot))
        }
        if service.accessLog?.log == log { return }
        guard let ends = try? DescriptorPair.pipe() else {
            return notes.alert("\(worker.settings.name): no descriptor is left for its access log")
        }
        for end in [ends.reading, ends.writing] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        guard logs.open(worker.accessPlan(log), pipe: ends.reading) != nil else {
            _ = Glibc.close(ends.writing)
            return
        }
        service.accessLog = AccessLog(log: log, writing: Descriptor(owning: ends.writing))
        tellAccessLog(of: service, worker.recentSlot)
    }

    private func tellAccessLog(of service: Service, _ worker: UInt16) {
        switch service.accessLog {
        case .none: return
        case .some(let log):
            process.send(.openAccessLog(worker: worker), descriptors: [log.writing.raw])
        }
    }

    // MARK: refusals

    private func refusal(_ obstacle: AddressTable.Obstacle, of worker: Worker) -> Refusal {
        let isOwn = obstacle.other.worker == worker.id
        let other = services.values.first { $0.worker == obstacle.other.worker }
        return Refusal(
            .addressTaken, subject: "\(obstacle.wanted.text) \(obstacle.other.address.text)",
            worker: isOwn ? "" : other?.told.name ?? "")
    }

    private func quotaRefusal(_ places: Int, owner: uid_t) -> Refusal? {
        guard places > 0 else { return nil }
        let owners = services.values.map { (owner: $0.owner, places: $0.listeners.count) }
        let exceeded = Quota.exceeded(
            by: places, of: MessageLimits.servers, TableUse(owners, for: owner), uid: owner,
            daemonUid: geteuid())
        return exceeded.map { Refusal(.limitReached, subject: "servers", value: Int32($0)) }
    }
}

extension ServerAddress {
    /// Whether this version serves it.
    var isServed: Bool { scheme == .http }
}

extension ProxiedWorker {
    init(_ worker: Worker) {
        self.init(
            worker: worker.recentSlot, name: worker.settings.name, isExpected: worker.isExpected,
            settings: worker.settings.serverSettings)
    }
}
