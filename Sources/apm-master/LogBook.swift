// What apm-logd must know: log files, the streams of the instances, whose recent lines lie where.
// The master keeps all of it, descriptors included, so that a new apm-logd goes on where a dead one
// stopped: no pipe is closed meanwhile and no worker notices.

import CLinux
import Control
import Glibc
import Messages
import Posix

final class LogBook: HelperOwner, PipeKeeper {
    private final class Log {
        let path: String
        let file: Descriptor
        let identity: FileIdentity
        var error: Int32 = 0
        /// Workers that log to it.
        var users = 1

        init(path: String, file: Int32) {
            self.path = path
            self.file = Descriptor(owning: file)
            identity = FileIdentity(of: file)
        }
    }

    /// What a removed worker leaves when its last stream has ended.
    private struct Retiring {
        let worker: UInt16
        let instances: Int
        let logs: [UInt32]
        /// The worker itself is gone, not only these logs of it.
        var isRemoved = true
    }

    /// The daemon's own log.
    static let daemonLog: UInt32 = 0

    let process: HelperProcess
    private let notes: Notes
    private(set) var journal: LogJournal
    private(set) lazy var watch = HelperWatch(
        process, reactor: reactor, keeper: self)
    /// The start of which a stream is that is held up is to be ended; false when there is none.
    var pipeIsHeldUp: (Stream) -> Bool = { _ in false }
    private let reactor: Reactor
    private var logs: [UInt32: Log] = [:]
    private var streams: [UInt32: Stream] = [:]
    private var retiring: [Retiring] = []
    private var freeStreams = SlotPool(MessageLimits.streams)
    private var freeLogs = SlotPool(MessageLimits.logs)
    private var freeWorkers = SlotPool(MessageLimits.workers)

    init(
        process: HelperProcess, reactor: Reactor, notes: Notes,
        daemonLog: (path: String, file: Int32)
    ) throws(SystemError) {
        self.process = process
        self.reactor = reactor
        self.notes = notes
        journal = try LogJournal()
        _ = freeLogs.take()
        logs[Self.daemonLog] = Log(path: daemonLog.path, file: daemonLog.file)
        process.owner = self
        notes.deliver = { [unowned self] level, text in
            guard self.process.isListening, !watch.isInDoubt else { return false }
            self.process.send(.note(level, text))
            return true
        }
    }

    // MARK: helper

    func helperGreeted() {
        watch.reset()
        process.send(.openJournal, descriptors: [journal.descriptor])
        for (id, log) in logs.sorted(by: { $0.key < $1.key }) {
            process.send(.openLog(id, path: log.path), descriptors: [log.file.raw])
        }
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { tellAgain(stream) }
        watch.ask()
        notes.flush()
    }

    private func tellAgain(_ stream: Stream) {
        if stream.hasEnded {
            // Its first bytes died with the old logd.
            stream.keepsStart = false
            return free(stream)
        }
        guard !stream.isLeftOut, let pipe = stream.pipe.number else { return }
        var plan = stream.plan
        plan.keepsStart = stream.keepsStart
        process.send(.openStream(plan), descriptors: [pipe])
        if stream.isFinished { process.send(.closeStream(stream.id)) }
    }

    func helperSent(_ message: Message) {
        switch message {
        case .streamEnded(let id, _):
            guard let stream = streams[id], !stream.hasEnded, !stream.isLeftOut else { return }
            ended(stream)
        case .logFailed(let id, let errno):
            guard let log = logs[id], log.error != errno else { return }
            log.error = errno
            guard errno != 0 else { return notes.info("\(log.path) can be written again") }
            notes.warning(
                "\(log.path) cannot be written: \(ErrorText.of(errno)); who logs there waits"
            )
        case .working: watch.hasWork()
        case .ponged: watch.answered()
        default:
            return  // The permit table lets none of these through.
        }
    }

    /// It may be what it finds that it dies of.
    func helperDiedYoung(_ times: Int) {
        if times == MasterLimits.helperDeathsForJournal, let fresh = try? LogJournal() {
            journal = fresh
            notes.alert(
                "apm-logd died \(times) times in a row: it begins anew, and what it had read and "
                    + "not written is lost")
        }
        guard times >= MasterLimits.helperDeathsForStreams else { return }
        let left = streams.values.filter { !$0.hasEnded && !$0.isLeftOut }
        guard !left.isEmpty else { return }
        for stream in left { leaveOut(stream, heldBy: 0) }
        notes.alert(
            "apm-logd died \(times) times in a row: it is not told of the \(left.count) streams "
                + "it had; restart their workers to log them again")
    }

    func helperIsGone(_ pid: pid_t) {
        for stream in Array(streams.values) where stream.heldBy == pid {
            stream.heldBy = 0
            settleLeftOut(stream)
        }
    }

    // MARK: logs

    /// Takes the open file over; a file that is open already is used together, so that its lines
    /// never mix. nil when there are too many.
    func addLog(path: String, file: Int32) -> UInt32? {
        let identity = FileIdentity(of: file)
        if let (id, log) = logs.first(where: { $0.value.identity == identity }) {
            close(file)
            log.users += 1
            return id
        }
        guard let id = freeLogs.take() else {
            close(file)
            return nil
        }
        logs[id] = Log(path: path, file: file)
        journal.clear(log: id)
        process.send(.openLog(id, path: path), descriptors: [file])
        return id
    }

    func removeLog(_ id: UInt32) {
        guard id != Self.daemonLog, let log = logs[id] else { return }
        log.users -= 1
        guard log.users == 0 else { return }
        logs[id] = nil
        process.send(.closeLog(id))
        freeLogs.give(id)
    }

    /// errno of its last failure; 0 = it is written.
    func error(of log: UInt32) -> Int32 { logs[log]?.error ?? 0 }

    // MARK: recent lines

    /// Nothing of who had the place before is in it, even if no apm-logd was there to forget it.
    func takeWorkerSlot() -> UInt16? {
        guard let slot = freeWorkers.take() else { return nil }
        journal.clear(recentLinesOf: UInt16(slot))
        return UInt16(slot)
    }

    /// Nothing was written for it.
    func give(workerSlot slot: UInt16) { freeWorkers.give(UInt32(slot)) }

    /// A worker is gone; its place and its logs are given back when its last stream has ended.
    func retire(worker: UInt16, instances: Int, logs: [UInt32]) {
        retiring.append(Retiring(worker: worker, instances: instances, logs: logs))
        settleRetiring()
    }

    /// Instances of removed workers that have streams still.
    var retiringInstances: Int { retiring.reduce(0) { $0 + $1.instances } }

    /// A worker has other logs from now on; what runs writes to its own still.
    func replace(logs: [UInt32], by newer: [UInt32], ofWorker worker: UInt16) {
        for log in logs where newer.contains(log) { removeLog(log) }
        let left = logs.filter { !newer.contains($0) }
        guard !left.isEmpty else { return }
        retiring.append(Retiring(worker: worker, instances: 0, logs: left, isRemoved: false))
        settleRetiring()
    }

    private func settleRetiring() {
        retiring.removeAll { entry in
            let isInUse = streams.values.contains {
                $0.plan.worker == entry.worker
                    && (entry.isRemoved || entry.logs.contains($0.plan.log))
            }
            guard !isInUse else { return false }
            for log in entry.logs { removeLog(log) }
            guard entry.isRemoved else { return true }
            process.send(.forgetRecent(worker: entry.worker))
            freeWorkers.give(UInt32(entry.worker))
            return true
        }
    }

    // MARK: streams

    /// Whether another start of this instance may have its streams: those of earlier starts are
    /// read, but for a few. With all instances at this limit there is room.
    func hasRoom(forWorker worker: UInt16, instance: UInt16) -> Bool {
        let held = streams.values.count {
            $0.plan.worker == worker && $0.plan.instance == instance
        }
        return held <= MasterLimits.unreadStreams
    }

    /// Takes the pipe's reading end over. `plan.stream` is chosen here.
    func open(_ plan: StreamPlan, pipe: Int32) -> Stream? {
        guard let id = freeStreams.take() else {
            _ = apm_close_elsewhere([pipe], 1)
            notes.alert("no log stream is left for \(plan.prefix)")
            return nil
        }
        var plan = plan
        plan.stream = id
        let stream = Stream(plan: plan, pipe: pipe)
        streams[id] = stream
        journal.clear(stream: id)
        process.send(.openStream(plan), descriptors: [pipe])
        return stream
    }

    /// Lines that are not written yet look so; `style` is given the stream's id.
    func restyle(_ stream: Stream, _ style: StreamStyle) {
        guard isCurrent(stream), !stream.hasEnded else { return }
        var style = style
        style.stream = stream.plan.stream
        stream.plan.take(style)
        process.send(.restyleStream(style))
    }

    private func isCurrent(_ stream: Stream) -> Bool { streams[stream.id] === stream }

    /// The tree of its instance is gone: what is in the pipe is the last of it.
    func finish(_ stream: Stream) {
        guard isCurrent(stream), !stream.hasEnded else { return }
        stream.isFinished = true
        guard !stream.isLeftOut else { return settleLeftOut(stream) }
        process.send(.closeStream(stream.id))
    }

    /// logd has read it to its end, or nobody ever will.
    private func ended(_ stream: Stream) {
        stream.hasEnded = true
        closePipe(of: stream)
        if !stream.isLeftOut { process.send(.releaseStream(stream.id)) }
        free(stream)
    }

    /// The last copy of a pipe is never closed here: that waits for its lock, which who holds the
    /// other end keeps as long as it likes. A living logd has a copy until it is told that this one
    /// is closed; else a child has.
    private func closePipe(of stream: Stream) {
        guard let pipe = stream.pipe.take()?.release() else { return }
        if !stream.isLeftOut, process.isAlive {
            close(pipe)
        } else {
            _ = apm_close_elsewhere([pipe], 1)
        }
    }

    /// The daemon ends: so that its own end closes no last copy.
    func letGo() {
        let pipes = streams.values.compactMap { $0.pipe.take()?.release() }
        _ = apm_close_elsewhere(pipes, Int32(pipes.count))
    }

    /// logd's first bytes of the stream go over `socket`, which is closed here.
    func showStart(of stream: Stream, over socket: Int32) {
        if isCurrent(stream), stream.keepsStart {
            process.send(.showStart(stream.id), descriptors: [socket])
        }
        close(socket)
    }

    func forgetStart(of stream: Stream) {
        guard isCurrent(stream), stream.keepsStart else { return }
        stream.keepsStart = false
        process.send(.forgetStart(stream.id))
        free(stream)
    }

    private func free(_ stream: Stream) {
        guard stream.hasEnded, !stream.keepsStart else { return }
        streams[stream.id] = nil
        freeStreams.give(stream.id)
        if !retiring.isEmpty { settleRetiring() }
    }

    // MARK: held up

    var sight: StallWatch.Sight { journal.sight }

    /// A process that waits for the pipe of a stream as apm-logd seems to.
    func witness(of stream: UInt32) -> PipeWitness? {
        guard let pipe = streams[stream]?.pipe.number else { return nil }
        return try? PipeWitness(pipe)
    }

    /// Somebody holds up the pipe: most likely a process of the start that it belongs to.
    func endHolder(of stream: UInt32) {
        guard let stream = streams[stream], !pipeIsHeldUp(stream) else { return }
        notes.alert("\(stream.plan.prefix): a log pipe of an earlier run is held up")
    }

    /// Who could be ended is ended, and the pipe is held up still: no other apm-logd hears of it.
    func giveUp(_ stream: UInt32) {
        guard let stream = streams[stream] else { return }
        leaveOut(stream, heldBy: process.pid)
        process.abandon("waits for a pipe")
        notes.alert("\(stream.plan.prefix): lines may be missing, because its log pipe is held up")
    }

    private func leaveOut(_ stream: Stream, heldBy pid: pid_t) {
        stream.isLeftOut = true
        stream.heldBy = pid
        // Its log must not wait for it.
        journal.clear(stream: stream.id)
        if stream.isFinished { settleLeftOut(stream) }
    }

    /// Nobody writes to it, and no old apm-logd has it: it is closed.
    private func settleLeftOut(_ stream: Stream) {
        guard stream.isLeftOut, stream.isFinished, stream.heldBy == 0, !stream.hasEnded else {
            return
        }
        stream.keepsStart = false
        ended(stream)
    }

    // MARK: clients

    /// The lines asked for go over `socket`, which is closed here. False when logd is away.
    func tail(_ request: TailRequest, over socket: Int32) -> Bool {
        defer { close(socket) }
        guard process.state == .open else { return false }
        process.send(.tailLog(request), descriptors: [socket])
        return true
    }

    private func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
