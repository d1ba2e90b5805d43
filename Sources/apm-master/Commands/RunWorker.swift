// run: a new definition, checked as a stranger's, and its start.

import Control
import Glibc
import Messages
import Settings

extension Supervisor {
    func run(_ command: RunCommand, asker: Asker, peer: Peer) {
        if let refusal = refusal(for: command.settings, owner: peer.uid) ?? draftRefusal(peer.uid) {
            return answer(asker, .refused(refusal), nil)
        }
        let draft = Draft(
            id: takeId(), asker: asker, waits: command.waits, owner: peer.uid, group: peer.gid,
            settings: command.settings)
        begin([draft])
    }

    /// Why `owner` may not define this; nil when nothing is against it.
    func refusal(for settings: WorkerSettings, owner: uid_t) -> Refusal? {
        if isEnding { return Refusal(.ending) }
        if let problem = settings.problem() {
            return Refusal(.badSetting, subject: "\(problem.key) \(problem.text)")
        }
        if isTaken(settings.name) { return Refusal(.nameTaken, subject: settings.name) }
        return instanceRefusal(Int(settings.instances), owner: owner) ?? workerRefusal(owner)
    }

    /// Whether a worker, or one that is being defined, has this name.
    func isTaken(_ name: String) -> Bool {
        worker(named: name) != nil || drafts.values.contains { $0.settings.name == name }
    }

    /// Why `owner` may not have so many instances more.
    func instanceRefusal(_ places: Int, owner: uid_t) -> Refusal? {
        var owners: [(owner: uid_t, places: Int)] = workers.map {
            ($0.owner, $0.instances.count + $0.leaving.count)
        }
        owners += drafts.values.map { ($0.owner, $0.newInstances) }
        // Whose these were is not known any more.
        owners.append((0, logs.retiringInstances))
        return refusal(places, "instances", MasterLimits.instances, owners, owner)
    }

    private func workerRefusal(_ owner: uid_t) -> Refusal? {
        let owners =
            workers.map { (owner: $0.owner, places: 1) }
            + drafts.values.filter { $0.update == nil }.map { (owner: $0.owner, places: 1) }
        return refusal(1, "workers", MasterLimits.workers, owners, owner)
    }

    /// Why nothing more may be looked at for `owner` at the moment.
    func draftRefusal(_ owner: uid_t) -> Refusal? {
        let owners = drafts.values.filter { !$0.isQueued }.map { (owner: $0.owner, places: 1) }
        return refusal(1, "definitions at once", MasterLimits.drafts, owners, owner)
    }

    /// Why `owner` may have no further configuration read at the moment.
    func loadingRefusal(_ owner: uid_t) -> Refusal? {
        let owners = loadings.values.map { (owner: $0.peer.uid, places: 1) }
        return refusal(1, "configurations at once", MasterLimits.loadings, owners, owner)
    }

    private func refusal(
        _ places: Int, _ subject: String, _ limit: Int, _ owners: [(owner: uid_t, places: Int)],
        _ owner: uid_t
    ) -> Refusal? {
        let use = TableUse(owners, for: owner)
        return Quota.exceeded(by: places, of: limit, use, uid: owner, daemonUid: daemonUid).map {
            Refusal(.limitReached, subject: subject, value: Int32($0))
        }
    }
}
