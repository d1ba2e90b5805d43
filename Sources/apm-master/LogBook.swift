// What apm-logd must know: log files, the streams of the instances, whose recent lines lie where.
// The master keeps all of it, descriptors included, so that a new apm-logd goes on where a dead one
// stopped: no pipe is closed meanwhile and no worker notices.

import CLinux
import Control
import Glibc
import Messages
import Posix

final class LogBook: HelperOwner {
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
        let logs: [UInt32]
    }

    /// One pipe of one start. Whoever holds it cannot mean another that got the same id later.
    final class Stream {
        fileprivate let plan: StreamPlan
        fileprivate let pipe: Descriptor
        /// logd has read it to its end.
        fileprivate var hasEnded = false
        /// A client may still ask for its first bytes.
        fileprivate var keepsStart: Bool

        fileprivate init(plan: StreamPlan, pipe: Int32) {
            self.plan = plan
            self.pipe = Descriptor(owning: pipe)
            keepsStart = plan.keepsStart
        }
    }

    /// The daemon's own log.
    static let daemonLog: UInt32 = 0

    let process: HelperProcess
    private let notes: Notes
    private let journal: Descriptor
    private var logs: [UInt32: Log] = [:]
    private var streams: [UInt32: Stream] = [:]
    private var retiring: [Retiring] = []
    private var freeStreams = SlotPool(MessageLimits.streams)
    private var freeLogs = SlotPool(MessageLimits.logs)
    private var freeWorkers = SlotPool(MessageLimits.workers)

    init(process: HelperProcess, notes: Notes, daemonLog: (path: String, file: Int32))
        throws(SystemError)
    {
        self.process = process
        self.notes = notes
        journal = try Self.makeJournal()
        _ = freeLogs.take()
        logs[Self.daemonLog] = Log(path: daemonLog.path, file: daemonLog.file)
        process.owner = self
        notes.deliver = { [unowned self] level, text in
            guard self.process.isListening else { return false }
            self.process.send(.note(level, text))
            return true
        }
    }

    /// Its size is sealed: who holds it may neither grow nor shrink it.
    private static func makeJournal() throws(SystemError) -> Descriptor {
        let number = apm_memfd("apm-journal", false)
        guard number >= 0 else { throw SystemError("memfd_create", negated: Int(number)) }
        let memory = Descriptor(owning: number)
        guard ftruncate(memory.raw, JournalLayout.byteCount) == 0 else {
            throw SystemError("ftruncate", subject: "journal", code: errno)
        }
        _ = fcntl(memory.raw, Int32(APM_ADD_SEALS), Int32(APM_SEAL_SIZE))
        return memory
    }

    // MARK: helper

    func helperGreeted() {
        process.send(.openJournal, descriptors: [journal.raw])
        for (id, log) in logs.sorted(by: { $0.key < $1.key }) {
            process.send(.openLog(id, path: log.path), descriptors: [log.file.raw])
        }
        for (id, stream) in streams.sorted(by: { $0.key < $1.key }) {
            if stream.hasEnded {
                // Its first bytes died with the old logd.
                stream.keepsStart = false
                free(id, stream)
            } else {
                var plan = stream.plan
                plan.keepsStart = stream.keepsStart
                process.send(.openStream(plan), descriptors: [stream.pipe.raw])
            }
        }
        notes.flush()
    }

    func helperSent(_ message: Message) {
        switch message {
        case .streamEnded(let id, _):
            guard let stream = streams[id] else { return }
            stream.hasEnded = true
            free(id, stream)
        case .logFailed(let id, let errno):
            guard let log = logs[id], log.error != errno else { return }
            log.error = errno
            guard errno != 0 else { return notes.info("\(log.path) can be written again") }
            notes.warning(
                "\(log.path) cannot be written: \(ErrorText.of(errno)); who logs there waits"
            )
        case .hello, .openJournal, .openLog, .closeLog, .openStream, .closeStream, .tailLog,
            .showStart, .forgetStart, .note, .forgetRecent, .resolveAccount, .accountResolved,
            .readLoginPath, .loginPathRead, .readEnvironmentFile, .environmentFileRead, .openLook,
            .refreshLook, .lookTaken, .resolveUid, .uidResolved, .resolveGroup, .groupResolved:
            return  // The permit table lets none of these through.
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

    func takeWorkerSlot() -> UInt16? { freeWorkers.take().map { UInt16($0) } }

    /// A worker is gone; its place and its logs are given back when its last stream has ended.
    func retire(worker: UInt16, logs: [UInt32]) {
        retiring.append(Retiring(worker: worker, logs: logs))
        settleRetiring()
    }

    private func settleRetiring() {
        retiring.removeAll { entry in
            guard !streams.values.contains(where: { $0.plan.worker == entry.worker }) else {
                return false
            }
            for log in entry.logs { removeLog(log) }
            process.send(.forgetRecent(worker: entry.worker))
            freeWorkers.give(UInt32(entry.worker))
            return true
        }
    }

    // MARK: streams

    /// Whether another start of this instance may have its streams: those of earlier starts are
    /// read, but for a few, and there is room.
    func hasRoom(forWorker worker: UInt16, instance: UInt16) -> Bool {
        let unread = streams.values.count {
            $0.plan.worker == worker && $0.plan.instance == instance && !$0.hasEnded
        }
        return unread < MasterLimits.unreadStreams && streams.count + 2 <= MessageLimits.streams
    }

    /// Takes the pipe's reading end over. `plan.stream` is chosen here.
    func open(_ plan: StreamPlan, pipe: Int32) -> Stream? {
        guard let id = freeStreams.take() else {
            close(pipe)
            notes.alert("no log stream is left for \(plan.prefix)")
            return nil
        }
        var plan = plan
        plan.stream = id
        let stream = Stream(plan: plan, pipe: pipe)
        streams[id] = stream
        process.send(.openStream(plan), descriptors: [pipe])
        return stream
    }

    private func isCurrent(_ stream: Stream) -> Bool { streams[stream.plan.stream] === stream }

    /// The tree of its instance is gone: what is in the pipe is the last of it.
    func finish(_ stream: Stream) {
        guard isCurrent(stream), !stream.hasEnded else { return }
        process.send(.closeStream(stream.plan.stream))
    }

    /// logd's first bytes of the stream go over `socket`, which is closed here.
    func showStart(of stream: Stream, over socket: Int32) {
        if isCurrent(stream), stream.keepsStart {
            process.send(.showStart(stream.plan.stream), descriptors: [socket])
        }
        close(socket)
    }

    func forgetStart(of stream: Stream) {
        guard isCurrent(stream), stream.keepsStart else { return }
        stream.keepsStart = false
        process.send(.forgetStart(stream.plan.stream))
        free(stream.plan.stream, stream)
    }

    private func free(_ id: UInt32, _ stream: Stream) {
        guard stream.hasEnded, !stream.keepsStart else { return }
        streams[id] = nil
        freeStreams.give(id)
        if !retiring.isEmpty { settleRetiring() }
    }

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

/// Which file a descriptor means, whatever it is called.
struct FileIdentity: Equatable {
    let device: UInt64
    let inode: UInt64

    init(of descriptor: Int32) {
        var information = stat()
        _ = fstat(descriptor, &information)
        self.init(information)
    }

    init(_ information: stat) {
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
    }
}

/// Numbers 0 ..< limit, the lowest free one first.
struct SlotPool {
    private let limit: UInt32
    private var next: UInt32 = 0
    private var returned: [UInt32] = []

    init(_ limit: Int) {
        self.limit = UInt32(limit)
    }

    mutating func take() -> UInt32? {
        if let slot = returned.popLast() { return slot }
        guard next < limit else { return nil }
        next += 1
        return next - 1
    }

    mutating func give(_ slot: UInt32) {
        returned.append(slot)
    }
}
