// Performs the machine's effects: processes, groups, signals, deadlines, streams. It decides
// nothing; what it learns goes back as an event.

import CLinux
import Control
import EventLoop
import Glibc
import Messages
import Posix
import Settings

final class InstanceRunner {
    private let reactor: Reactor
    let logs: LogBook
    let proxy: ProxyBook
    let notes: Notes
    private let groups: GroupTree?
    private let nullDevice: Int32
    private let openFiles: UInt64
    /// Hears of ends.
    var feed: EventFeed?
    /// Brings an event to the machine of an instance.
    var report: (Instance, InstanceEvent) -> Void = { _, _ in }
    /// Whether somebody waits for the start of an instance.
    var isStartWatched: (Instance) -> Bool = { _ in false }
    private var random = SystemRandomNumberGenerator()

    /// Whether whole trees can be ended.
    var endsWholeTree: Bool { groups != nil }
    /// Which limits can be set.
    var controllers: Controllers { groups?.controllers ?? [] }
    /// Controllers whose absence was told.
    private var missed: Set<String> = []

    init(
        reactor: Reactor, logs: LogBook, proxy: ProxyBook, notes: Notes, groups: GroupTree?,
        nullDevice: Int32, openFiles: UInt64
    ) {
        self.reactor = reactor
        self.logs = logs
        self.proxy = proxy
        self.notes = notes
        self.groups = groups
        self.nullDevice = nullDevice
        self.openFiles = openFiles
    }

    func perform(_ effect: InstanceEffect, on instance: Instance) {
        let settings = instance.worker.settings
        switch effect {
        case .spawn: spawn(instance)
        case .drain: drain(instance)
        case .disarmDrain: reactor.disarm(.drain(instance.id))
        case .sendStop: signal(Int32(settings.stopSignal), instance)
        case .sendKill: killTree(instance)
        case .armKill:
            reactor.arm(
                .killTimeout(instance.id), after: .milliseconds(Int(settings.killTimeout)))
        case .disarmKill: reactor.disarm(.killTimeout(instance.id))
        case .armDelay:
            reactor.arm(
                .restartDelay(instance.id),
                after: .milliseconds(Int(instance.nextDelayMilliseconds)))
        case .disarmDelay: reactor.disarm(.restartDelay(instance.id))
        case .sweep: sweep(instance)
        case .resetTally:
            instance.tally = RestartTally()
            instance.hasUsedUpRestarts = false
        case .release: release(instance)
        case .alert: break  // Told by the supervisor, which knows the event.
        }
    }

    // MARK: start

    private func spawn(_ instance: Instance) {
        guard logs.hasRoom(forWorker: instance.worker.recentSlot, instance: instance.number),
            proxy.hasRoom
        else {
            return postpone(instance)
        }
        let settings = instance.worker.settings
        guard let prepared = instance.worker.prepared,
            Authority.mayRun(
                as: prepared.identity?.uid ?? geteuid(), owner: instance.worker.owner)
        else {
            // Never as somebody else than asked for.
            notes.alert("\(instance.label) is not started: nobody has looked its user up")
            instance.lastExit = ExitReport(
                cause: .notStarted, value: EPERM, step: .identity, instance: instance.number)
            return decide(instance, instance.lastExit)
        }
        do {
            try prepareGroup(instance)
            let environment = environment(of: instance, prepared)
            let request = SpawnRequest(
                settings: settings, environment: environment,
                identity: prepared.identity,
                group: instance.group?.folder.raw ?? -1, nullDevice: nullDevice,
                openFiles: openFiles)
            let spawned = try SpawnWorker.spawn(request)
            instance.process = Instance.Process(spawned, environment: environment)
            openStreams(instance, spawned)
            openOutput(instance, spawned)
            reactor.arm(.startTimeout(instance.id), after: MasterLimits.startDeadline)
            do {
                try reactor.watch(spawned.report, as: .startReport(instance.id))
            } catch {
                // It runs, but nobody would hear of it: its end is heard of.
                instance.process?.failure = (.clone, error.code)
                killTree(instance)
            }
        } catch {
            notes.warning("\(instance.label) cannot be started: \(error.text)")
            instance.lastExit = ExitReport(
                cause: .notStarted, value: error.code,
                step: error.operation.contains("group") ? .group : .clone,
                instance: instance.number)
            decide(instance, instance.lastExit)
        }
    }

    /// Its group, with its limits in force before the process is in it.
    private func prepareGroup(_ instance: Instance) throws(SystemError) {
        if let group = instance.group { return group.beginAgain() }
        let settings = instance.worker.settings
        for limit in settings.limits(unmetBy: controllers)
        where missed.insert(limit.controller).inserted {
            notes.warning(
                "\(limit.key) of \(settings.name) has no effect: there is no "
                    + "\(limit.controller) controller for the daemon's control groups")
        }
        instance.group = try groups?.group(
            worker: instance.worker.id, instance: instance.number,
            limits: settings.groupLimits(under: controllers))
    }

    /// Gives the groups of what runs the limits of `settings`, all or none; returns what the kernel
    /// refused.
    func changeLimits(
        of worker: Worker, to settings: WorkerSettings
    ) -> (file: String, errno: Int32)? {
        let changes = settings.groupLimits(insteadOf: worker.settings, under: controllers)
        let reverse = worker.settings.groupLimits(insteadOf: settings, under: controllers)
        guard !changes.isEmpty else { return nil }
        var changed: [InstanceGroup] = []
        for group in worker.instances.compactMap(\.group) {
            changed.append(group)
            guard let refused = group.change(changes) else { continue }
            for group in changed { _ = group.change(reverse) }
            return refused
        }
        return nil
    }

    /// Its log has not taken what earlier starts have printed: it waits like a running one would.
    private func postpone(_ instance: Instance) {
        if instance.lastExit.step != .log {
            notes.warning("\(instance.label) waits: its log has not taken what it has printed")
        }
        instance.lastExit = ExitReport(
            cause: .notStarted, value: EAGAIN, step: .log, instance: instance.number)
        instance.nextDelayMilliseconds = MasterLimits.logPatience
        report(instance, .ended(.restart))
    }

    /// Rebuilt on each start.
    func environment(of instance: Instance, _ prepared: Prepared) -> [String] {
        let settings = instance.worker.settings
        var own = ["APM=1"]
        if !settings.envIndex.isEmpty {
            own.append("\(settings.envIndex)=\(instance.number - 1)")
            if settings.envIndex != "APM_INDEX" { own.append("APM_INDEX=\(instance.number - 1)") }
        }
        return prepared.environment(
            base: settings.baseEnvironment, settings: settings.env, own: own)
    }

    /// The report pipe is ready: its end means executed, else it says what failed.
    func startReported(_ instance: Instance) {
        guard let process = instance.process, let report = process.report.number else { return }
        var failure = apm_spawn_report()
        let count = read(report, &failure, MemoryLayout<apm_spawn_report>.size)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        closeReport(instance, process)
        // Killed for taking too long: the pipe ends without a word, and yet nothing was executed.
        guard process.failure == nil else { return }
        if count == MemoryLayout<apm_spawn_report>.size {
            let step = UInt8(exactly: failure.step).flatMap(ExitReport.Step.init(rawValue:))
            // The child ends by itself; its end is the event.
            process.failure = (step ?? .exec, failure.error)
        } else if count == 0 {
            instance.tally.hasRun = true
            if instance.connection != nil {
                reactor.arm(.greeting(instance.id), after: MasterLimits.greetingPatience)
            }
            self.report(instance, .executed)
        }
    }

    private func closeReport(_ instance: Instance, _ process: Instance.Process) {
        if let report = process.report.number { reactor.forget(report) }
        process.report = nil
        reactor.disarm(.startTimeout(instance.id))
    }

    func startTimedOut(_ instance: Instance) {
        instance.process?.failure = (.deadline, ETIMEDOUT)
        report(instance, .startTimeout)
    }

    // MARK: end

    /// What it has in progress gets some time; without any it is asked to end at once.
    private func drain(_ instance: Instance) {
        guard let connection = instance.connection, proxy.drain(connection) else {
            return report(instance, .drained)
        }
        let time = drainMilliseconds(of: instance)
        guard time > 0 else { return report(instance, .drained) }
        reactor.arm(.drain(instance.id), after: .milliseconds(time))
    }

    /// Where it is started again, nobody shall notice: what is in progress may take as long as its
    /// end may. Whoever saves a file wants to see it at once.
    private func drainMilliseconds(of instance: Instance) -> Int {
        let settings = instance.worker.settings
        let isForFile = instance.causingFile != nil && instance.worker.roll == nil
        let isRestart = instance.state.isWanted && !isForFile
        return Int(max(settings.drainTimeout, isRestart ? settings.killTimeout : 0))
    }

    private func signal(_ number: Int32, _ instance: Instance) {
        guard let process = instance.process else { return }
        SignalInstance.send(number, to: process.pidfd.raw)
        // A stopped process ends on nothing but SIGKILL unless it goes on.
        SignalInstance.send(SIGCONT, to: process.pidfd.raw)
    }

    func killTree(_ instance: Instance) {
        guard let process = instance.process else { return }
        reactor.arm(.killTimeout(instance.id), after: MasterLimits.killAgain)
        endTree(instance, process)
    }

    /// It holds up the pipe to its log, and with it apm-logd and everybody's logs: its end is the
    /// event, and it is not started again.
    func condemn(_ instance: Instance, pipe: String = "its log pipe") {
        guard let process = instance.process else { return }
        notes.alert("\(instance.label) held up \(pipe): it is ended and not started again")
        process.hasHeldUpLog = true
        endTree(instance, process)
    }

    private func endTree(_ instance: Instance, _ process: Instance.Process) {
        _ = instance.group?.kill()
        // Root may move a process to another group: the main one is reached wherever it is.
        SignalInstance.sendToGroup(SIGKILL, ofUnreapedLeader: process.pid)
        SignalInstance.send(SIGKILL, to: process.pidfd.raw)
    }

    /// Its process is a zombie: the last moment at which its process group is surely its own.
    func willReap(_ instance: Instance) {
        guard let process = instance.process else { return }
        SignalInstance.sendToGroup(SIGKILL, ofUnreapedLeader: process.pid)
    }

    func reaped(_ instance: Instance, code: Int32, status: Int32) {
        guard let process = instance.process else { return }
        // The report may be in its pipe still: a child that failed writes it, then ends.
        if process.report != nil { startReported(instance) }
        if process.report != nil { closeReport(instance, process) }
        for deadline in [
            Deadline.killTimeout(instance.id), .greeting(instance.id), .closedPipe(instance.id),
        ] { reactor.disarm(deadline) }
        instance.process = nil
        var exit = ExitReport(
            cause: code == CLD_EXITED ? .code : .signal, value: status,
            instance: instance.number, uptimeMilliseconds: process.uptimeMilliseconds)
        if exit.cause == .signal, status == SIGKILL {
            tellMemory(of: instance, in: &exit)
        }
        if let fault = process.fault, fault.isJudged, exit.cause != .outOfMemory {
            exit.cause = .faulted
            exit.value = fault.kind.rawValue
            exit.uptimeMilliseconds = fault.uptimeMilliseconds
        }
        if process.hasHeldUpLog { exit.cause = .heldUpLog }
        if let failure = process.failure {
            exit.cause = .notStarted
            exit.step = failure.step
            exit.value = failure.errno
        }
        instance.lastExit = exit
        decide(instance, exit)
    }

    /// Whoever has sent the signal: the kernel leaves a trace of having done so for want of memory.
    private func tellMemory(of instance: Instance, in exit: inout ExitReport) {
        switch instance.group?.memoryVerdict() ?? .notKilled {
        case .notKilled: return
        case .overOwnLimit: exit.value = ExitReport.overOwnLimit
        case .noneLeft: exit.value = 0
        }
        exit.cause = .outOfMemory
    }

    private func decide(_ instance: Instance, _ exit: ExitReport) {
        let decision = RestartPolicy.decide(
            exit, settings: instance.worker.settings, tally: instance.tally,
            jitter: random.next(upperBound: 1024))
        var isAskedFor = false
        if case .stopping(let after) = instance.state { isAskedFor = after != .judge }
        if instance.state.isDraining { isAskedFor = true }
        if !isAskedFor {
            instance.tally = decision.tally
            instance.hasUsedUpRestarts = decision.usedUp != nil
            instance.nextDelayMilliseconds = decision.delayMilliseconds
            tell(instance, exit, decision)
            feed?.tellEnd(of: instance, exit, fails: decision.verdict == .fail)
            if decision.verdict == .restart { count(decision.cause, of: instance) }
        }
        report(instance, .ended(decision.verdict))
    }

    private func count(_ cause: RestartDecision.Cause, of instance: Instance) {
        switch cause {
        case .normal: instance.counts.normal.countUp()
        case .error: instance.counts.error.countUp()
        }
    }

    private func tell(_ instance: Instance, _ exit: ExitReport, _ decision: RestartDecision) {
        let limit = instance.worker.settings.memoryLimit
        var text = "\(instance.label) \(exit.text(memoryLimit: limit))"
        switch decision.verdict {
        case .restart: text += "; restart in \(decision.delayMilliseconds) ms"
        case .complete, .fail:
            text += decision.usedUp.map { "; no restart: \($0) is used up" } ?? "; no restart"
        }
        decision.cause == .error ? notes.warning(text) : notes.info(text)
    }

    // MARK: sweep

    private func sweep(_ instance: Instance) {
        guard let group = instance.group, group.isPopulated else { return swept(instance) }
        _ = group.kill()
        do {
            try reactor.watch(group.events.raw, for: .priority, as: .groupEvents(instance.id))
            instance.awaitsGroup = true
        } catch {
            notes.alert("\(instance.label): its group cannot be watched: \(error.text)")
        }
        reactor.arm(.sweepTimeout(instance.id), after: MasterLimits.sweepDeadline)
        // It may have emptied before it was watched.
        if !group.isPopulated { swept(instance) }
    }

    func groupChanged(_ instance: Instance) {
        guard instance.awaitsGroup, let group = instance.group else { return }
        if group.isPopulated { _ = group.kill() } else { swept(instance) }
    }

    func sweepTimedOut(_ instance: Instance) {
        notes.alert("\(instance.label): a killed process of its tree does not end; going on")
        swept(instance)
    }

    private func swept(_ instance: Instance) {
        if instance.awaitsGroup, let group = instance.group { reactor.forget(group.events.raw) }
        instance.awaitsGroup = false
        reactor.disarm(.sweepTimeout(instance.id))
        if instance.group?.wasKilled == true { release(instance) }
        // Nobody of the tree can write any more; someone outside may hold the pipe open.
        if let connection = instance.connection {
            proxy.finish(connection)
        } else if let stream = instance.outputStream {
            logs.finish(stream)
        }
        if let stream = instance.errorStream { logs.finish(stream) }
        report(instance, .swept)
    }

    private func release(_ instance: Instance) {
        instance.group?.remove()
        instance.group = nil
    }
}
