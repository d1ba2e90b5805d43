// The master put together, and its loop: one turn waits, routes each ready descriptor and each due
// deadline to its owner, and nothing in it blocks.

import CLinux
import Control
import EventLoop
import Glibc
import Messages
import Posix
import Settings

final class Daemon {
    private let folder: RuntimeFolder
    private let reactor: Reactor
    private let signals: Descriptor
    private let nullDevice: Descriptor
    private let notes = Notes()
    private let logd: HelperProcess
    private let logs: LogBook
    private let proxy: ProxyBook
    private let agents: Agents
    private let preparer: Preparer
    private let groups: GroupTree?
    private let runner: InstanceRunner
    private let supervisor: Supervisor
    private let keeper: StateKeeper
    private let service: NotifySocket?
    /// What a dead daemon had noted.
    private let found: SavedState
    private let bootId = Leftovers.bootId
    private let control: ControlSocket
    private let doors: DaemonDoors
    /// nil: its name is taken.
    private let look: LookDoor?
    private let home: Home

    /// Everything that can fail to start fails here, before the daemon says that it is ready.
    init(_ home: Home, executableFolder: String) throws {
        self.home = home
        folder = try RuntimeFolder(home)
        var openFiles: UInt64 = 0
        _ = apm_raise_open_files(&openFiles)
        reactor = try Reactor()
        signals = try Self.takeSignals()
        nullDevice = try Self.openNull()
        let keeper = StateKeeper(folder: folder.descriptor, reactor: reactor, notes: notes)
        self.keeper = keeper
        found = keeper.load() ?? SavedState()
        // Before any child: what is spawned from here on is in the daemon's own leaf.
        groups = GroupTree.found(
            named: home.groupName(uid: geteuid(), identity: folder.identity),
            previous: found.bootId == bootId ? found.groups : "")
        let log = try Self.openDaemonLog(home.log)
        let logd = try HelperProcess(
            .logd, beside: executableFolder, nullDevice: nullDevice.raw,
            timeZone: getenv("TZ").map { String(cString: $0) }, reactor: reactor, notes: notes)
        self.logd = logd
        logs = try LogBook(
            process: logd, reactor: reactor, notes: notes, daemonLog: (home.log, log))
        let proxyd = try HelperProcess(
            .proxyd, beside: executableFolder, nullDevice: nullDevice.raw, timeZone: nil,
            reactor: reactor, notes: notes)
        proxy = try ProxyBook(process: proxyd, logs: logs, reactor: reactor, notes: notes)
        agents = try Agents(
            beside: executableFolder, nullDevice: nullDevice.raw, reactor: reactor, notes: notes)
        preparer = Preparer(agents: agents, reactor: reactor, notes: notes)
        runner = InstanceRunner(
            reactor: reactor, logs: logs, proxy: proxy, notes: notes, groups: groups,
            nullDevice: nullDevice.raw, openFiles: openFiles)
        supervisor = Supervisor(
            reactor: reactor, logs: logs, proxy: proxy, notes: notes, runner: runner,
            preparer: preparer,
            watches: FileWatches(agents: agents, reactor: reactor, notes: notes), agents: agents)
        supervisor.configuration = home.configuration
        supervisor.stateChanged = { keeper.changed($0) }
        service = NotifySocket(reactor: reactor) { getenv($0).map { String(cString: $0) } }
        // With all rights still: groups may lie where only root can remove them.
        let ended = Leftovers.end(found, tree: groups)
        if ended > 0 { notes.warning("\(ended) processes of a dead daemon are ended") }
        try Capabilities.reduce()
        _ = apm_undumpable()
        _ = apm_become_subreaper()
        let guid = try HelperProcess(
            .guid, beside: executableFolder, nullDevice: nullDevice.raw, timeZone: nil,
            reactor: reactor, notes: notes)
        look = LookDoor.open(home.look, guid, reactor, notes) { [supervisor] in supervisor.look() }
        let helpers = [logd, proxyd, guid]
        control = try ControlSocket(
            listener: try folder.listen(), reactor: reactor, supervisor: supervisor, notes: notes,
            helperRows: { helpers.compactMap(\.row) })
        doors = DaemonDoors(agents: agents, notes: notes, supervisor: supervisor)
        connectDoors()
    }

    private func connectDoors() {
        supervisor.deliver = { [unowned self] asker, reply, descriptor in
            if asker.client == Asker.lookers {
                look?.answered(reply, descriptor: descriptor, to: asker)
            } else {
                control.send(reply, descriptor: descriptor, to: asker)
            }
        }
        supervisor.isThere = { [unowned self] asker in
            asker.client == Asker.lookers
                ? look?.waits(for: asker.request) ?? false : control.isConnected(asker.client)
        }
        look?.perform = { [supervisor] command, asker in
            switch command {
            case .start(let selection): supervisor.start(selection, asker: asker)
            case .stop(let selection): supervisor.stop(selection, asker: asker)
            case .restart(let selection): supervisor.restart(selection, asker: asker)
            default: break
            }
        }
        doors.admit = { [unowned self] group throws(SystemError) in try admit(group) }
        doors.admitOrders = { [unowned self] admits in look?.admitOrders(admits) }
        supervisor.admitsGroups = home.isSystem
        supervisor.daemonSettingsTaken = { [doors] settings in doors.take(settings) }
        look?.orderIsAbandoned = { [supervisor] in supervisor.askerLeft($0) }
        look?.ordersAreOver = { [supervisor] in supervisor.clientLeft(Asker.lookers) }
    }

    // MARK: what it holds

    private static func takeSignals() throws(SystemError) -> Descriptor {
        apm_ignore_pipe_signal()
        let number = apm_signal_descriptor()
        guard number >= 0 else { throw SystemError("signalfd", negated: Int(number)) }
        return Descriptor(owning: number)
    }

    private static func openNull() throws(SystemError) -> Descriptor {
        let number = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("open", subject: "/dev/null", code: errno) }
        return Descriptor(owning: number)
    }

    /// By a one-shot child like every log; here its answer is waited for.
    private static func openDaemonLog(_ path: String) throws -> Int32 {
        let opener = try LogOpener.start(path: path, definer: geteuid(), group: getegid())
        defer { opener.abandon() }
        var ready = pollfd(fd: opener.reply, events: Int16(POLLIN), revents: 0)
        let limit = MasterLimits.logOpenDeadline.nanoseconds / 1_000_000
        guard poll(&ready, 1, Int32(limit)) == 1 else {
            throw StartError.failed("\(path) cannot be opened: its disk does not answer")
        }
        switch opener.answer() {
        case .opened(let file): return file
        case .notYet: throw StartError.failed("\(path) cannot be opened")
        case .failed(.logFolder, _):
            throw StartError.failed(
                "\(path) is not safe: others can write to a folder above it")
        case .failed(.logDisk, _):
            throw StartError.failed(
                "\(path) is on the network or in a program's file system, which could stall it")
        case .failed(_, let errno):
            throw SystemError("cannot open", subject: path, code: errno)
        }
    }

    // MARK: loop

    func run() throws(SystemError) {
        try reactor.watch(signals.raw, as: .signals)
        notes.info("apm-master \(Version.text) runs with pid \(getpid()) as uid \(geteuid())")
        if groups == nil {
            notes.warning(
                "no cgroup v2 to write to: stop ends process groups, not whole trees")
        }
        if groups?.hadLeftovers == true {
            notes.warning("what a dead daemon had left running is ended")
        }
        logd.start()
        if found.bootId == bootId {
            supervisor.restore(found.workers)
        } else if !found.workers.isEmpty {
            notes.info("what ran before the machine was started anew is not started again")
        }
        // Who may come in is known when the main configuration is read, or missing.
        if home.hasConfiguration {
            control.pauseAccepting(for: MasterLimits.bootPatience)
            supervisor.bootIsOver = { [control] in control.acceptAgain() }
            supervisor.bootItself(environment: Environment.ofDaemon())
        } else {
            supervisor.take(DaemonSettings())
        }
        look?.watch()
        service?.ready()
        _ = apm_release_code()
        while !supervisor.hasEnded { try turn() }
        try farewell()
    }

    /// The group that may come in; nil: none.
    private func admit(_ group: gid_t?) throws(SystemError) {
        Capabilities.raise()
        defer { try? Capabilities.reduce() }
        if let group { try folder.admit(group) } else { try folder.dismiss() }
        control.admitted = group
    }

    private func turn() throws(SystemError) {
        try reactor.turn(
            { source, event in ready(source, event) }, { deadline in due(deadline) })
        supervisor.feed.flush()
        control.closeLeftSockets()
        if !supervisor.isEnding {
            keeper.flush(state)
            service?.tellStatus(
                running: supervisor.runningCount, instances: supervisor.instanceCount)
        } else if !hasToldEnd {
            hasToldEnd = true
            service?.stopping(within: supervisor.longestStop + MasterLimits.endingMargin)
        }
        notes.flush()
    }

    private func state() -> SavedState {
        SavedState(
            bootId: bootId, groups: groups?.path ?? "", groupsIdentity: groups?.identity ?? 0,
            workers: supervisor.saved())
    }

    private func ready(_ source: Source, _ event: ReadyEvent) {
        switch source {
        case .listener: control.accept()
        case .signals: takeSignal()
        case .helper(let role):
            guard let helper = helper(role) else { return }
            if event.isWritable { helper.flush() }
            helper.receive()
        case .look: look?.somebodyCame()
        case .client(let id): control.clientReady(id, isWritable: event.isWritable)
        case .startReport(let id): supervisor.instance(id).map(runner.startReported)
        case .groupEvents(let id): supervisor.instance(id).map(runner.groupChanged)
        case .logOpener(let id): supervisor.logAnswered(id)
        case .agent(let id): agents.ready(id)
        case .environmentOpener(let id): preparer.openerAnswered(id)
        }
    }

    private func due(_ deadline: Deadline) {
        switch deadline {
        case .restartDelay(let id): apply(.delayElapsed, id)
        case .killTimeout(let id): apply(.killTimeout, id)
        case .startTimeout(let id): supervisor.instance(id).map(runner.startTimedOut)
        case .sweepTimeout(let id): supervisor.instance(id).map(runner.sweepTimedOut)
        case .startupGrace(let id): supervisor.graceElapsed(id)
        case .logOpener(let id): supervisor.logOpenerTimedOut(id)
        case .loadStep(let id): supervisor.stepIsDue(id)
        case .configWatches: supervisor.renewConfigWatches()
        case .draftRetry(let id): supervisor.retryDraft(id)
        case .dependencies(let id): supervisor.dependenciesTimedOut(id)
        case .rollStep(let id): supervisor.rollElapsed(id)
        case .stopOverdue(let id): supervisor.stopIsOverdue(id)
        case .agent(let id): agents.timedOut(id)
        case .agentStart: agents.startWaiting()
        case .environmentOpener(let id): preparer.openerTimedOut(id)
        case .helperRestart(let role): if !isLeaving { helper(role)?.start() }
        case .helperGreeting(let role): helper(role)?.greetingTimedOut()
        case .helperFuneral(let role): if !isLeaving { helper(role)?.funeralIsOverdue() }
        case .helperReading(let role): helper(role)?.readingIsOverdue()
        case .helperAnswer(let role): watch(of: role).answerIsOverdue()
        case .helperLook(let role): watch(of: role).look()
        case .greeting(let id): supervisor.instance(id).map(supervisor.greetingIsOverdue)
        case .closedPipe(let id): supervisor.instance(id).map(supervisor.judgeFault)
        case .drain(let id): apply(.drainTimeout, id)
        case .look: look?.show()
        case .watchBegin(let id): supervisor.watches.begin(id)
        case .fileChange(let id): supervisor.fileChangeIsDue(id)
        case .acceptPause: control.acceptAgain()
        case .stateWrite, .serviceStatus: break
        case .watchdog: service?.signOfLife()
        case .clientPatience(let id): control.patienceEnded(id)
        case .clientResume(let id): control.resume(id)
        }
    }

    private func helper(_ role: Role) -> HelperProcess? {
        switch role {
        case .guid: look?.process
        case .proxyd: proxy.process
        default: logd
        }
    }

    /// Of a helper that touches pipes of workers.
    private func watch(of role: Role) -> HelperWatch {
        role == .proxyd ? proxy.watch : logs.watch
    }

    /// The helper that this child was; nil: it was none, or has ended in peace.
    private func lostHelper(_ pid: pid_t, code: Int32, status: Int32) -> Role? {
        for helper in [logd, proxy.process]
        where helper.childEnded(pid, code: code, status: status, restarting: !isLeaving) {
            return helper.role
        }
        let isLost = look?.hasLost(pid, code: code, status: status, isLeaving: isLeaving)
        return isLost == true ? .guid : nil
    }

    private func apply(_ event: InstanceEvent, _ id: UInt32) {
        if let instance = supervisor.instance(id) { supervisor.apply(event, to: instance) }
    }

    private func takeSignal() {
        while true {
            switch apm_next_signal(signals.raw) {
            case 0: return reapChildren()
            case SIGTERM, SIGINT: supervisor.end(for: nil)
            default: continue  // SIGCHLD: below. SIGHUP: nothing to read again.
            }
        }
    }

    /// Instances, the helper, one-shot children, and orphans that fell to this process. One signal
    /// can stand for many; what exceeds a turn's share raises the signal again.
    private func reapChildren() {
        for _ in 0..<MasterLimits.reapsPerTurn {
            let pid = apm_ended_child()
            guard pid > 0 else { return }
            if supervisor.childEnded(pid) { continue }
            var code: Int32 = 0
            var status: Int32 = 0
            guard apm_reap_child(pid, &code, &status) == 1 else { return }
            let failed = code != CLD_EXITED || status != 0
            if keeper.childEnded(pid, failed: failed) || agents.childEnded(pid) { continue }
            if let role = lostHelper(pid, code: code, status: status), !isLeaving {
                supervisor.feed.tell { Happening(.helperEnded, at: $0, role: role) }
            }
        }
        _ = kill(getpid(), SIGCHLD)
    }

    // MARK: end

    private var isLeaving = false
    /// The service manager knows that this is the end.
    private var hasToldEnd = false

    /// What still waits to be sent would be lost with the link.
    private func handOverLastLines() throws(SystemError) {
        let end = Clock.monotonicNanoseconds + MasterLimits.lastLines.nanoseconds
        notes.flush()
        while notes.areWaiting || !logd.isListening || !proxy.connections.isEmpty,
            Clock.monotonicNanoseconds < end
        {
            reactor.arm(.serviceStatus, after: .milliseconds(10))
            try turn()
        }
    }

    /// All workers are stopped. The last lines are written, the helper ends, the folder is cleared.
    private func farewell() throws(SystemError) {
        notes.info("apm-master ends")
        try handOverLastLines()
        isLeaving = true
        agents.endAll()
        look?.close()
        proxy.process.close()
        logd.close()
        let helpers = [logd, proxy.process] + (look.map { [$0.process] } ?? [])
        let end = Clock.monotonicNanoseconds + MasterLimits.helperFarewell.nanoseconds
        while Clock.monotonicNanoseconds < end {
            let orphans =
                groups == nil
                ? OrphanSweep.killChildren(
                    except: helpers.map(\.pid) + [keeper.writer]) : 0
            // A state that is given its name after the folder was cleared would stay.
            if helpers.allSatisfy({ $0.pid == 0 }), orphans == 0, keeper.isIdle { break }
            reactor.arm(.helperRestart(.logd), after: .milliseconds(orphans > 0 ? 5 : 50))
            try turn()
        }
        for helper in helpers where helper.pid != 0 { helper.kill() }
        proxy.letGo()
        logs.letGo()
        // The folder above the groups is root's alone to write: in effect again for this last act.
        Capabilities.raise()
        groups?.remove()
        folder.clear()
        if keeper.isIdle { folder.unlock() }
        // Who asked for the end sees it as the end of the connection: nothing is left by then.
        control.closeAll()
    }
}
