// A restart because a file has changed: of what runs or has ended by itself, never of what a person
// has stopped. While a restart is under way, however many changes make one more.

import Control
import Messages
import Posix
import Settings

/// A change that no restart has answered yet.
struct PendingChange {
    /// What has changed, as people see it; nil: nothing.
    var path: String?
    /// No restart because of a change before this, in monotonic nanoseconds.
    var notBefore: Int64 = 0
}

extension Supervisor {
    /// What is watched for a worker is what its settings say, from now on.
    func renewWatch(of worker: Worker) {
        configWatchesChanged()
        let settings = worker.settings
        guard !settings.watch.isEmpty, !worker.isBeingRemoved, !isEnding else {
            worker.change.path = nil
            return watches.stop(worker.id)
        }
        let plan = WatchPlan(
            folder: settings.path, wanted: settings.watch, ignored: settings.watchIgnore,
            delayMilliseconds: settings.watchDelay)
        let identity = worker.prepared?.identity
        let isKnown =
            worker.prepared != nil
            && Authority.mayRun(as: identity?.uid ?? daemonUid, owner: worker.owner)
        let request = WatchRequest(
            plan: plan, identity: identity ?? (daemonUid == 0 ? .root : nil), owner: worker.owner)
        watches.watch(
            worker.id, request, refusal: isKnown ? nil : .userUnknown,
            name: { [unowned worker] in worker.settings.name },
            changed: { [unowned self, unowned worker] path in fileChanged(path, worker) })
    }

    private func fileChanged(_ path: String, _ worker: Worker) {
        worker.change.path = path
        armChange(of: worker)
    }

    /// Called when something of it has settled, too: then what was under way may be over.
    func armChange(of worker: Worker) {
        guard worker.change.path != nil, !isRestarting(worker) else { return }
        let left = max(0, worker.change.notBefore - Clock.monotonicNanoseconds)
        reactor.arm(.fileChange(worker.id), after: .nanoseconds(left))
    }

    private func isRestarting(_ worker: Worker) -> Bool {
        worker.starts.preparation != nil || worker.roll != nil
            || worker.instances.contains(where: \.state.isRestarting)
    }

    func fileChangeIsDue(_ id: UInt32) {
        guard let worker = workers.first(where: { $0.id == id }), let path = worker.change.path,
            !isRestarting(worker)
        else { return }
        worker.change.path = nil
        worker.change.notBefore =
            Clock.monotonicNanoseconds + MasterLimits.watchPause.nanoseconds
        let concerned = worker.instances.filter(\.state.followsChanges)
        guard !concerned.isEmpty, !isEnding, !worker.isBeingRemoved, !isAboutToStop(worker) else {
            return
        }
        notes.info("\(worker.settings.name): changed: \(path), restarting")
        for instance in concerned { instance.causingFile = path }
        begin(
            StartRequest(
                kind: .restarted, concerned: concerned, asker: .nobody, waits: false),
            of: worker)
    }

    /// The file that caused this transition of an instance to a new start; counted by that.
    func takeCausingFile(
        of instance: Instance, _ before: InstanceState, _ event: InstanceEvent
    ) -> String? {
        if event == .stop { instance.causingFile = nil }
        guard instance.state == .starting, before != .starting, event != .delayElapsed,
            let file = instance.causingFile
        else { return nil }
        instance.causingFile = nil
        instance.counts.watch.countUp()
        return file
    }
}

extension InstanceState {
    /// A new start was asked for and has not come to its end.
    fileprivate var isRestarting: Bool {
        switch self {
        case .starting, .draining(.start), .draining(.hold), .stopping(.start), .stopping(.hold),
            .stopping(.judge), .sweeping(.start), .sweeping(.hold):
            true
        case .stopped, .waiting, .held, .running, .draining(.stay), .stopping(.stay),
            .sweeping(.stop), .sweeping(.wait), .sweeping(.exit), .sweeping(.fail), .exited,
            .errored:
            false
        }
    }

    /// A changed file starts it anew. What a person has stopped stays so; what waits for others
    /// finds the change when it starts.
    fileprivate var followsChanges: Bool {
        switch self {
        case .starting, .running, .waiting, .exited, .errored, .draining(.start),
            .stopping(.start), .stopping(.judge), .sweeping(.start), .sweeping(.wait),
            .sweeping(.exit), .sweeping(.fail):
            true
        case .stopped, .held, .draining(.stay), .draining(.hold), .stopping(.stay),
            .stopping(.hold), .sweeping(.stop), .sweeping(.hold):
            false
        }
    }
}
