// A definition and its instances.

import Control
import Glibc
import Messages
import Settings

final class Worker {
    let id: UInt32
    /// Who made it; it never changes hands.
    let owner: uid_t
    /// The owner's group, for files that are made for it.
    let group: gid_t
    /// What was asked for last; what runs may have been started with others.
    var settings: WorkerSettings
    /// Counts the changes of `settings`.
    var revision = 0
    /// Place of its recent lines in the journal.
    let recentSlot: UInt16
    private(set) var outputLog: UInt32
    private(set) var errorLog: UInt32
    /// nil: there is none.
    private(set) var accessLog: UInt32?
    /// What it took of the log book: one entry for each file it had opened.
    private(set) var openedLogs: [UInt32]
    var instances: [Instance] = []
    /// No longer wanted; each is forgotten when it rests.
    var leaving: [Instance] = []
    /// uid of its account when it was defined; nil: it has no account of its own.
    var accountUid: uid_t?
    /// What its starts need; nil until it is known. Restarts use it, starts by hand renew it.
    var prepared: Prepared?
    var starts = PendingStarts()
    /// A restart of one instance after the other that is under way.
    var roll: Roll?
    /// The instance at which the last one ended, until it runs again.
    var rollStoppedAt: UInt16?
    /// What has changed of the files that are watched for it.
    var change = PendingChange()
    /// When its start began to wait for what it depends on, in monotonic nanoseconds.
    var heldAt: Int64 = 0
    /// What did not run when its last start had waited long enough.
    var startedWithout: [String] = []
    /// Where its definition stands.
    var source = WorkerSource()
    /// Asked to be removed; nothing starts it again.
    var isBeingRemoved = false

    init(
        id: UInt32, owner: uid_t, group: gid_t, settings: WorkerSettings, recentSlot: UInt16,
        logs: [String: UInt32], accountUid: uid_t?
    ) {
        self.accountUid = accountUid
        self.id = id
        self.owner = owner
        self.group = group
        self.settings = settings
        self.recentSlot = recentSlot
        outputLog = LogBook.daemonLog
        errorLog = LogBook.daemonLog
        openedLogs = []
        take(logs: logs)
    }

    /// Opened files by path: for starts from now on.
    func take(logs opened: [String: UInt32]) {
        outputLog = opened[settings.log] ?? LogBook.daemonLog
        errorLog = opened[settings.errLog] ?? outputLog
        accessLog = opened[settings.accessLog]
        openedLogs = Array(opened.values)
    }

    /// Whether the last roll ended because this one did not come up, and it is down since then: an
    /// update that puts things right brings it up again. What a person has stopped is not meant.
    func hasStoppedRoll(_ instance: Instance) -> Bool {
        rollStoppedAt == instance.number
            && (instance.state == .errored || instance.state == .exited)
    }

    /// Whether instances run or will run again by themselves.
    var isExpected: Bool { instances.contains(where: \.isExpected) }

    /// A person wants all of it to rest.
    var isStopped: Bool { instances.allSatisfy { $0.state == .stopped } && leaving.isEmpty }

    /// Lines of an access log are written as they come.
    func accessPlan(_ log: UInt32) -> StreamPlan {
        StreamPlan(
            stream: 0, log: log, worker: recentSlot, instance: 0, source: .accessLog,
            stripsANSI: false, keepsStart: false, prefix: "", timeFormat: "")
    }

    var isResting: Bool { (instances + leaving).allSatisfy { $0.state.isResting } }

    /// What depends on it may start.
    var isUp: Bool { instances.contains(where: \.isReady) }

    /// A start of it is under way or behind it, and nothing of that waits.
    var hasStarted: Bool { instances.contains { $0.state.isWanted && !$0.state.isHeld } }

    var rollProgress: RollProgress {
        roll.map { RollProgress(restarted: $0.plan.restarted, instances: $0.instances) }
            ?? RollProgress()
    }

    var hasRestartPolicy: Bool {
        settings.restart || settings.restartErr || !settings.restartOnExitCodes.isEmpty
    }

    /// Whether it still has this instance.
    func has(_ instance: Instance) -> Bool { instances.contains { $0 === instance } }

    /// Those a selection means; nil when there is no such instance.
    func selected(_ number: UInt16) -> [Instance]? {
        if number == 0 { return instances }
        guard Int(number) <= instances.count else { return nil }
        return [instances[Int(number) - 1]]
    }

    /// `rows`: of its instances; `logError`: errno of the log that cannot be written, 0 when both
    /// can; `waitsFor`: what its start waits for; `server`: what is counted of its servers.
    func row(
        of rows: [InstanceRow], logError: Int32, waitsFor: [String], server: ServerFigures?
    ) -> WorkerRow {
        let running = rows.filter { $0.state == .running }
        var restarts = RestartCounts()
        for row in rows {
            restarts.normal &+= row.restarts.normal
            restarts.error &+= row.restarts.error
            restarts.watch &+= row.restarts.watch
        }
        let last = rows.last { $0.lastExit.cause != .none }
        return WorkerRow(
            name: settings.name, state: Self.overall(rows.map(\.state)),
            instances: settings.instances, running: UInt16(running.count),
            pid: running.first?.pid ?? 0,
            uptimeMilliseconds: running.map(\.uptimeMilliseconds).max() ?? 0,
            usage: rows.reduce(Usage()) { $0 + $1.usage }, restarts: restarts,
            hasRestartPolicy: hasRestartPolicy,
            hasUsedUpRestarts: instances.contains(where: \.hasUsedUpRestarts), logError: logError,
            lastExit: last?.lastExit ?? ExitReport(),
            waitsFor: Array(waitsFor.prefix(ControlLimits.waitedFor)),
            file: shownFile, server: server)
    }

    /// Of a long path the end says most.
    private var shownFile: String {
        guard source.file.utf8.count > ControlLimits.sourceBytes else { return source.file }
        var end = source.file.suffix(ControlLimits.sourceBytes / 4)
        while end.utf8.count > ControlLimits.sourceBytes - 3 { end.removeFirst() }
        return "…" + end
    }

    /// The state that a person should see first.
    private static func overall(_ states: [RunState]) -> RunState {
        let worstFirst: [RunState] = [
            .errored, .stopping, .waiting, .starting, .running, .exited, .stopped,
        ]
        return worstFirst.first(where: states.contains) ?? .stopped
    }
}
