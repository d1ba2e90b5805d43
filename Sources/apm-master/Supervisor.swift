// Event in, machine, effects out. Owns the table of workers, the requests that wait for an outcome
// and the names that are being defined; it touches no descriptor itself.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Settings

final class Supervisor {
    let reactor: Reactor
    let logs: LogBook
    let proxy: ProxyBook
    let notes: Notes
    let runner: InstanceRunner
    let sampler = ResourceSampler()
    let feed = EventFeed()
    let preparer: Preparer
    let watches: FileWatches
    let daemonUid = geteuid()
    let startedAt = Clock.monotonicNanoseconds

    /// In the order of their definition.
    var workers: [Worker] = []
    private var workersByName: [String: Worker] = [:]
    private var instances: [UInt32: Instance] = [:]
    private var instancesByPid: [pid_t: Instance] = [:]
    var waits = WaitList()
    /// Definitions whose log files are being opened.
    var drafts: [UInt32: Draft] = [:]
    /// Workers whose start waits for its preparation.
    var preparing: [UInt32: Worker] = [:]
    /// Workers whose start waits for what they depend on.
    var held: [UInt32: Worker] = [:]
    /// Nil when something in it may have changed.
    var knownOrder: StartOrder?
    /// Stops that wait for each other.
    var stopOrder: StopOrder?
    /// Free ones of these are being asked to stop.
    var isStoppingFree = false
    private var nextId: UInt32 = 1
    /// Asked to end; nothing new starts.
    private(set) var isEnding = false
    /// Who asked for the end and waits for it.
    var enders: [Asker] = []

    /// Something that a new daemon must know has changed.
    var stateChanged: (StateKeeper.Change) -> Void = { _ in }
    /// Sends an answer to a client; takes the descriptor over.
    var deliver: (Asker, Reply, _ descriptor: Int32?) -> Void = { _, _, _ in }
    /// Whether somebody still takes that answer.
    var isThere: (Asker) -> Bool = { _ in true }
    let agents: Agents
    /// The daemon's main configuration.
    var configuration = ""
    /// Configurations that are being read or carried out.
    var loadings: [UInt32: Loading] = [:]
    /// By the number of the request that the daemon itself has made for it.
    var loadRows: [UInt32: LoadPlace] = [:]
    /// What was loaded, by its file.
    var configWatches: [String: ConfigWatch] = [:]
    /// What the main configuration says of the daemon.
    var daemonSettings = DaemonSettings()
    /// What the main configuration defines is there.
    var bootIsOver: () -> Void = {}
    /// Hears of each reading of it; nil: it could not be read.
    var daemonSettingsTaken: (DaemonSettings?) -> Void = { _ in }
    /// Whether a group may be let in at all, and the one that is; empty: none.
    var admitsGroups = false
    var admittedGroup = ""

    init(
        reactor: Reactor, logs: LogBook, proxy: ProxyBook, notes: Notes, runner: InstanceRunner,
        preparer: Preparer, watches: FileWatches, agents: Agents
    ) {
        self.agents = agents
        self.preparer = preparer
        self.watches = watches
        self.reactor = reactor
        self.logs = logs
        self.proxy = proxy
        self.notes = notes
        self.runner = runner
        runner.feed = feed
        watches.takeId = { [unowned self] in takeId() }
        feed.deliver = { [unowned self] asker, reply in answer(asker, reply, nil) }
        logs.pipeIsHeldUp = { [unowned self] stream in endHolder(of: stream) }
        proxy.report = { [unowned self] connection, event in take(event, of: connection) }
        runner.report = { [unowned self] instance, event in apply(event, to: instance) }
        runner.isStartWatched = { [unowned self] instance in
            waits.of(worker: instance.worker.id).contains { wait in
                wait.goal == .running && wait.instances.contains { $0 === instance }
            }
        }
    }

    /// Gives an answer to whoever asked; takes the descriptor over.
    func answer(_ asker: Asker, _ reply: Reply, _ descriptor: Int32?) {
        guard asker.client == Asker.nobody.client else {
            return deliver(asker, reply, descriptor)
        }
        if let descriptor { close(descriptor) }
        take(reply, asker.request)
    }

    func takeId() -> UInt32 {
        defer { nextId &+= 1 }
        return nextId
    }

    // MARK: workers

    func worker(named name: String) -> Worker? { workersByName[name] }

    /// Whose the definition of this name is, also while it waits to be started again; nil: there is
    /// none.
    func owner(of name: String) -> uid_t? {
        worker(named: name)?.owner ?? waitingDraft(named: name)?.owner
    }

    func instance(_ id: UInt32) -> Instance? { instances[id] }
    var instanceCount: Int { instances.count }
    private(set) var runningCount = 0

    /// How long it may take until all have stopped, one after what depends on it.
    var longestStop: Duration {
        let times = Dictionary(
            uniqueKeysWithValues: workers.map { ($0.id, $0.settings.longestStop) })
        return .milliseconds(startOrder.longestChain { times[$0] ?? 0 })
    }

    func add(_ worker: Worker) {
        _ = grow(worker)
        workers.append(worker)
        workersByName[worker.settings.name] = worker
        stateChanged(.wishes)
        notes.info("\(worker.settings.name) defined by uid \(worker.owner)")
        feed.tell(.defined, worker)
    }

    /// Makes the instances that its settings want and that are not there; gives them.
    func grow(_ worker: Worker) -> [Instance] {
        var made: [Instance] = []
        while worker.instances.count < Int(worker.settings.instances) {
            let number = UInt16(worker.instances.count + 1)
            let instance = Instance(id: takeId(), worker: worker, number: number)
            worker.instances.append(instance)
            instances[instance.id] = instance
            made.append(instance)
        }
        return made
    }

    /// Takes the instances away that its settings do not want any more, the last ones; gives them,
    /// to be stopped.
    func shrink(_ worker: Worker) -> [Instance] {
        let leaving = Array(worker.instances.dropFirst(Int(worker.settings.instances)))
        worker.instances.removeLast(leaving.count)
        worker.leaving += leaving
        return leaving
    }

    /// Its processes do not notice.
    func rename(_ worker: Worker, to name: String) {
        let old = worker.settings.name
        workersByName[old] = nil
        feed.tell(.renamed, worker, about: name)
        worker.settings.name = name
        workersByName[name] = worker
        proxy.refresh(worker)
        follow(old, to: name, owner: worker.owner)
        let others = workers.filter { $0.settings.dependsOn.contains(old) }
        orderChanged(for: Set([name] + others.map(\.settings.name)))
        stateChanged(.wishes)
        releaseHeld()
    }

    private func forget(_ worker: Worker) {
        for instance in worker.instances { instances[instance.id] = nil }
        workers.removeAll { $0 === worker }
        workersByName[worker.settings.name] = nil
        knownOrder = nil
        forgetHold(of: worker)
        watches.stop(worker.id)
        configWatchesChanged()
        proxy.release(worker)
        logs.retire(
            worker: worker.recentSlot, instances: worker.instances.count, logs: worker.openedLogs)
        stateChanged(.wishes)
        notes.info("\(worker.settings.name) removed")
        feed.tell(.removed, worker)
    }

    // MARK: machine

    func apply(_ event: InstanceEvent, to instance: Instance) {
        let before = instance.state
        let (after, effects) = InstanceMachine.transition(before, event)
        instance.state = after
        let file = takeCausingFile(of: instance, before, event)
        if before == .running { runningCount -= 1 }
        if after == .running { runningCount += 1 }
        if before.isWanted != after.isWanted {
            stateChanged(.wishes)
        } else if after == .running {
            // Without control groups a new daemon must know each process; with them only what has
            // left its group.
            stateChanged(runner.endsWholeTree ? .processes : .wishes)
        }
        if effects.contains(.alert) {
            notes.alert("\(instance.label): \(event.text) while \(before.text)")
        }
        // An effect that reports an event at once is the last of its list.
        for effect in effects { runner.perform(effect, on: instance) }
        if effects.last == .spawn, let process = instance.process {
            instancesByPid[process.pid] = instance
        }
        guard after != before, instance.state == after else { return }
        // Who had nothing to drain has not told that it drains.
        let from = before.isDraining ? instance.told : before
        instance.told = after
        notes.info("\(instance.label) \(from.text) -> \(after.text)\(pidText(instance))")
        if let file {
            feed.tellRestart(of: instance, because: file)
        } else {
            feed.tellChange(of: instance, from: before, by: event)
        }
        rollChanged(instance)
        if instance.isReady { releaseHeld(by: instance.worker.settings.name) }
        settle(instance.worker)
    }

    private func pidText(_ instance: Instance) -> String {
        guard instance.state == .running, let process = instance.process else { return "" }
        return " (pid \(process.pid))"
    }

    /// A child has ended; false when it is no instance's.
    func childEnded(_ pid: pid_t) -> Bool {
        guard let instance = instancesByPid[pid] else { return false }
        runner.willReap(instance)
        var code: Int32 = 0
        var status: Int32 = 0
        guard apm_reap_child(pid, &code, &status) == 1 else { return true }
        instancesByPid[pid] = nil
        runner.reaped(instance, code: code, status: status)
        return true
    }

    /// The start that the stream belongs to is ended; false when it has ended.
    private func endHolder(of stream: LogBook.Stream) -> Bool {
        let holder = instances.values.first {
            $0.outputStream === stream || $0.errorStream === stream
        }
        guard let holder, holder.process != nil else { return false }
        runner.condemn(holder)
        return true
    }

    // MARK: waits

    func wait(
        _ asker: Asker, _ kind: ControlKind, _ goal: Wait.Goal, _ concerned: [Instance],
        group: WaitGroup? = nil, roll: Roll? = nil
    ) {
        guard let worker = concerned.first?.worker,
            asker.client == Asker.nobody.client || isThere(asker)
        else { return }
        let wait = Wait(
            id: takeId(), asker: asker, kind: kind, goal: goal, worker: worker,
            instances: concerned, group: group, roll: roll)
        waits.add(wait)
    }

    /// The events of these instances' newest requests are applied.
    func arm(_ asker: Asker, for worker: Worker) {
        for wait in waits.of(worker: worker.id) where wait.asker == asker { wait.isArmed = true }
    }

    /// As `arm`, for whoever waits for this to be done.
    func arm(all kind: ControlKind, for worker: Worker) {
        for wait in waits.of(worker: worker.id) where wait.kind == kind { wait.isArmed = true }
    }

    /// Judges the waits of a worker; called after every change of one of its instances.
    func settle(_ worker: Worker) {
        if held[worker.id] != nil, !worker.instances.contains(where: \.state.isHeld) {
            forgetHold(of: worker)
        }
        if worker.isResting { hasRested(worker) }
        worker.isStopped ? proxy.release(worker) : proxy.refresh(worker)
        for wait in waits.of(worker: worker.id) where wait.isArmed { judge(wait) }
        for instance in worker.leaving where instance.state.isResting {
            instances[instance.id] = nil
        }
        worker.leaving.removeAll { $0.state.isResting }
        armChange(of: worker)
        if worker.isBeingRemoved, worker.isResting, workersByName[worker.settings.name] === worker {
            forget(worker)
        }
        finishEnding()
    }

    func graceElapsed(_ id: UInt32) {
        if let wait = waits[id] { judge(wait) }
    }

    private func judge(_ wait: Wait) {
        let now = Clock.monotonicNanoseconds
        switch wait.judge(now: now) {
        case .pending: return
        case .graceUntil(let end):
            reactor.arm(.startupGrace(wait.id), after: .nanoseconds(end - now))
        case .done: end(wait, .done)
        case .overtaken: end(wait, .overtaken)
        case .died(let index):
            end(wait, .diedEarly, wait.instances[index])
            if wait.kind == .ran { discardUnlessExecuted(wait.instances[index].worker) }
        case .finished(let index): end(wait, .finished, wait.instances[index])
        case .rollStopped(let index): end(wait, .rollStopped, wait.instances[index])
        }
    }

    private func end(_ wait: Wait, _ result: Outcome.Result, _ culprit: Instance? = nil) {
        waits.remove(wait)
        reactor.disarm(.startupGrace(wait.id))
        if let group = wait.group, !group.isAnswered(by: result) {
            if wait.goal == .running { forgetStarts(wait.instances) }
            return
        }
        var outcome = Outcome(
            result: result, instances: UInt16(wait.group?.instances ?? wait.instances.count),
            report: culprit?.lastExit ?? ExitReport())
        if result == .rollStopped { outcome.instances = wait.roll?.plan.restarted ?? 0 }
        if result == .done, wait.goal == .running {
            outcome.missing = Array(
                wait.worker.startedWithout.prefix(ControlLimits.waitedFor))
        }
        var descriptor: Int32?
        if result == .diedEarly || result == .rollStopped, wait.goal == .running,
            let stream = culprit?.errorStream,
            let ends = try? DescriptorPair.oneWaySockets()
        {
            logs.showStart(of: stream, over: ends.writing)
            descriptor = ends.reading
        }
        if wait.goal == .running { forgetStarts(wait.instances) }
        answer(wait.asker, .outcome(wait.kind, outcome), descriptor)
    }

    /// A program that cannot be executed was mistyped: its definition would only be in the way of
    /// the right one.
    private func discardUnlessExecuted(_ worker: Worker) {
        guard worker.instances.allSatisfy({ !$0.tally.hasRun }) else { return }
        worker.isBeingRemoved = true
        for instance in worker.instances { apply(.stop, to: instance) }
        settle(worker)
    }

    /// Nobody waits for these starts any more.
    func forgetStarts(_ concerned: [Instance]) {
        for instance in concerned where !runner.isStartWatched(instance) {
            if let stream = instance.errorStream { logs.forgetStart(of: stream) }
        }
    }

    // MARK: end

    /// Stops everything; `hasEnded` becomes true when nothing is left.
    func end(for asker: Asker?) {
        if let asker { enders.append(asker) }
        if !isEnding {
            isEnding = true
            notes.info("ending: all workers are stopped")
            watches.stopAll()
            abandonLoadings()
            abandonDrafts()
            abandonStarts()
            for worker in workers { leaveRoll(worker.instances, of: worker) }
            stopInOrder(workers.filter { !$0.isResting })
        }
        finishEnding()
    }

    private(set) var hasEnded = false

    private func finishEnding() {
        guard isEnding, !hasEnded, workers.allSatisfy(\.isResting) else { return }
        hasEnded = true
        for asker in enders { answer(asker, .exiting, nil) }
        enders = []
    }
}
