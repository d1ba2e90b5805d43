// After a daemon that died: its workers are defined again, in their order, and those that ran are
// started. Each definition is checked as if a stranger had sent it.

import Control
import Settings

extension Supervisor {
    func restore(_ saved: [SavedWorker]) {
        guard !saved.isEmpty else { return }
        let running = saved.reduce(0) { $0 + $1.wanted.count { $0 } }
        notes.warning(
            "a daemon died here: its \(saved.count) workers are back, \(running) instances start")
        var batch: [Draft] = []
        for worker in saved {
            let name = worker.settings.name
            guard Authority.mayDefine(worker.owner, daemonUid: daemonUid) else {
                notes.alert("\(name) is not started again: uid \(worker.owner) may not define it")
                continue
            }
            if let refusal = refusal(for: worker.settings, owner: worker.owner) {
                notes.alert("\(name) is not started again: \(refusal.reason) \(refusal.subject)")
                continue
            }
            let draft = Draft(
                id: takeId(), asker: .nobody, waits: false, owner: worker.owner,
                group: worker.group, settings: worker.settings, wanted: worker.wanted,
                accountUid: worker.account, source: worker.source)
            drafts[draft.id] = draft
            batch.append(draft)
        }
        begin(batch)
    }

    /// For the state file: also what waits to be started again.
    func saved() -> [SavedWorker] {
        let waiting = drafts.values.filter { $0.asker == .nobody }.sorted { $0.id < $1.id }
        return defined()
            + waiting.map { draft in
                SavedWorker(
                    owner: draft.owner, group: draft.group, settings: draft.settings,
                    wanted: draft.wanted
                        ?? Array(repeating: true, count: Int(draft.settings.instances)),
                    account: draft.accountUid, source: draft.source ?? WorkerSource())
            }
    }

    private func defined() -> [SavedWorker] {
        workers.filter { !$0.isBeingRemoved }.map { worker in
            SavedWorker(
                owner: worker.owner, group: worker.group, settings: worker.settings,
                wanted: worker.instances.map { $0.state.isWanted && !isAboutToStop(worker) },
                account: worker.accountUid,
                processes: (worker.instances + worker.leaving).compactMap(\.process?.saved)
                    .prefix(SettingsLimits.instances).map { $0 },
                source: worker.source)
        }
    }
}
