// One child of a worker: its state, its process while it has one, and what is counted of it.

import Control
import Glibc
import Messages
import Posix

final class Instance {
    /// Names it in tokens and deadlines; never used again.
    let id: UInt32
    unowned let worker: Worker
    /// Counted from 1.
    let number: UInt16

    var state = InstanceState.stopped
    /// What the log has told last.
    var told = InstanceState.stopped
    var process: Process?
    /// The control group; nil before the first start and without cgroup v2.
    var group: InstanceGroup?
    /// Waiting for cgroup.events to say that the tree is gone.
    var awaitsGroup = false

    var counts = RestartCounts()
    var tally = RestartTally()
    var lastExit = ExitReport()
    /// Of the restart that is due.
    var nextDelayMilliseconds: UInt32 = 0
    /// Of a restart that a changed file causes and that has not come to its start: that file.
    var causingFile: String?
    /// No restart any more, because a limit is used up.
    var hasUsedUpRestarts = false
    /// Streams of the last start; apm-logd may still be reading them.
    var outputStream: LogBook.Stream?
    var errorStream: LogBook.Stream?
    /// Of the last start; nil where it is not connected.
    var connection: ProxyBook.Connection?

    /// What a process did by which nobody can speak with it any more.
    struct Fault {
        let kind: ExitReport.Fault
        /// How long it had run by then, in ms: its end may take long.
        let uptimeMilliseconds: UInt64
        /// It is ended because of it. Until then it may end by itself, which tells more.
        var isJudged = false
    }

    /// A started process and what belongs to it.
    final class Process {
        let pid: pid_t
        let pidfd: Descriptor
        var report: Descriptor?
        let input: Descriptor?
        let startedAt = Clock.monotonicNanoseconds
        /// What its program was given.
        let environment: [String]
        /// What was seen of its processor time.
        var trail = UsageTrail()
        /// It is being ended because it held up the pipe to its log.
        var hasHeldUpLog = false
        /// Why the program was not executed.
        var failure: (step: ExitReport.Step, errno: Int32)?

        /// Why apm-proxyd cannot go on with it.
        var fault: Fault?

        init(_ spawned: SpawnedProcess, environment: [String]) {
            self.environment = environment
            pid = spawned.pid
            pidfd = Descriptor(owning: spawned.pidfd)
            report = Descriptor(owning: spawned.report)
            // What is connected gives it to apm-proxyd.
            let keepsInput = spawned.input >= 0 && !spawned.isConnected
            input = keepsInput ? Descriptor(owning: spawned.input) : nil
        }

        /// It is its program, not a child on the way there.
        var isExecuted: Bool { report == nil && failure == nil }

        /// For the state file.
        private(set) lazy var saved = SavedProcess(
            pid: pid, startTicks: Leftovers.startTicks(of: pid))

        var uptimeMilliseconds: UInt64 {
            UInt64(max(0, Clock.monotonicNanoseconds - startedAt) / 1_000_000)
        }
    }

    init(id: UInt32, worker: Worker, number: UInt16) {
        self.id = id
        self.worker = worker
        self.number = number
    }

    /// It runs, and its connector, where it has one, has greeted.
    var isReady: Bool { state == .running && !isFaulted && connection?.isReady ?? true }

    /// It runs, and its connector may still greet in time.
    var isGreeting: Bool {
        guard state == .running, !isFaulted, let connection else { return false }
        return !connection.isReady && !connection.isOverdue
    }

    /// Nobody can speak with its process any more; its end comes.
    var isFaulted: Bool { process?.fault != nil }

    /// Whether it runs, or will by itself, for those who wait for it. What is ended for a fault is
    /// judged by that beforehand: its end may take long.
    var isExpected: Bool {
        guard state == .stopping(.judge), let fault = process?.fault else { return state.isWanted }
        let exit = ExitReport(
            cause: .faulted, value: fault.kind.rawValue,
            uptimeMilliseconds: fault.uptimeMilliseconds)
        let decision = RestartPolicy.decide(
            exit, settings: worker.settings, tally: tally, jitter: 0)
        return decision.verdict == .restart
    }

    /// `api`, or `api#2` where there are several, or were.
    var label: String {
        worker.settings.instances > 1 || number > 1
            ? "\(worker.settings.name)#\(number)" : worker.settings.name
    }

    /// How its lines look; `stream` is for the log book to choose.
    var style: StreamStyle {
        let settings = worker.settings
        let name = settings.prefix.isEmpty ? settings.name : settings.prefix
        return StreamStyle(
            stream: 0, stripsANSI: settings.stripANSI,
            prefix: settings.instances > 1 ? "\(name)#\(number)" : name,
            timeFormat: settings.logTimeFormat)
    }

    /// How its output is logged; `stream` is for the log book to choose.
    func streamPlan(_ source: StreamPlan.Source, keepsStart: Bool) -> StreamPlan {
        let style = style
        return StreamPlan(
            stream: 0, log: source == .standardOutput ? worker.outputLog : worker.errorLog,
            worker: worker.recentSlot, instance: number, source: source,
            stripsANSI: style.stripsANSI, keepsStart: keepsStart, prefix: style.prefix,
            timeFormat: style.timeFormat)
    }

    func row(_ usage: Usage, _ connector: ConnectorFigures?) -> InstanceRow {
        InstanceRow(
            number: number, state: state.runState, pid: UInt32(process?.pid ?? 0),
            uptimeMilliseconds: process?.uptimeMilliseconds ?? 0, usage: usage, restarts: counts,
            lastExit: lastExit, connector: connector)
    }
}
