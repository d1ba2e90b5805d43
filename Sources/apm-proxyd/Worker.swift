// A worker as the proxy knows it: how its servers serve, which instances it has, who waits.

import HTTPWire
import Messages
import Settings

final class Worker {
    let slot: UInt16
    private(set) var name: String
    private(set) var figures: WorkerFigures
    var isExpected: Bool
    var settings: ServerSettings
    var parser: RequestParser
    var address: ClientAddress
    var traceName: [UInt8]
    /// All that are open, and those of them that take requests.
    var instances: [Instance] = []
    var ready: [Instance] = []
    private var turn = 0
    /// Clients whose request waits for an instance.
    var firstQueued = Client.none
    var lastQueued = Client.none
    var queued = 0 {
        didSet { figures.set(FiguresLayout.waitingOffset, queued) }
    }
    var accessLog: AccessLog?
    var clients = 0 {
        didSet { figures.set(FiguresLayout.openOffset, clients) }
    }

    init(_ plan: ProxiedWorker, _ figures: WorkerFigures) {
        slot = plan.worker
        name = plan.name
        self.figures = figures
        isExpected = plan.isExpected
        settings = plan.settings
        parser = Self.parser(plan.settings)
        address = ClientAddress(plan.settings)
        traceName = Array(plan.settings.traceHeader.utf8)
        // What a predecessor had open died with it.
        figures.set(FiguresLayout.openOffset, 0)
        figures.set(FiguresLayout.waitingOffset, 0)
    }

    func take(_ plan: ProxiedWorker) {
        name = plan.name
        isExpected = plan.isExpected
        guard settings != plan.settings else { return }
        settings = plan.settings
        parser = Self.parser(plan.settings)
        address = ClientAddress(plan.settings)
        traceName = Array(plan.settings.traceHeader.utf8)
    }

    /// Its place among the figures is another one's from now on.
    func retire(_ nowhere: WorkerFigures) {
        figures = nowhere
    }

    private static func parser(_ settings: ServerSettings) -> RequestParser {
        RequestParser(
            limits: RequestLimits(
                lineBytes: Int(settings.maxRequestLine), headBytes: Int(settings.maxHeaderSize),
                fields: Int(settings.maxHeaders)))
    }

    /// The next one in turn that can take a request now.
    func choose() -> Instance? {
        let count = ready.count
        if count == 1 { return ready[0].takesRequests ? ready[0] : nil }
        for step in 0..<count {
            let place = (turn + step) % count
            if ready[place].takesRequests {
                turn = place + 1
                return ready[place]
            }
        }
        return nil
    }

    /// The one after `instance`, for a request that it has passed on.
    func choose(after instance: Instance) -> Instance? {
        guard let place = ready.firstIndex(where: { $0 === instance }) else { return choose() }
        for step in 1..<max(1, ready.count) {
            let next = ready[(place + step) % ready.count]
            if next.takesRequests { return next }
        }
        return nil
    }
}

/// A listener and what came from it.
final class Server {
    /// Among those here; its connections name it by this.
    let place: Int
    let number: UInt16
    let worker: Worker
    let listener: Int32
    var clients = 0
    var isClosing = false
    /// The loop looks for connections.
    var isAccepting = true

    init(place: Int, number: UInt16, worker: Worker, listener: Int32) {
        self.place = place
        self.number = number
        self.worker = worker
        self.listener = listener
    }
}
