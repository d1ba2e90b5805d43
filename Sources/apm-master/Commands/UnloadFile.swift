// unload: every worker that is from a file is stopped and removed. Nothing is read: what is from it
// is known.

import Control
import Settings

extension Supervisor {
    func unload(_ command: UnloadCommand, asker: Asker, peer: Peer) {
        let concerned = workers.filter { $0.isOf(file: command.file) }
        guard !concerned.isEmpty else {
            let refusal = Refusal(.configUnknown, subject: command.file)
            return answer(asker, .refused(refusal), nil)
        }
        let loading = Loading(
            id: takeId(), asker: asker, peer: peer, job: .unload, kind: .unloaded,
            waits: command.waits, environment: [], file: command.file)
        loadings[loading.id] = loading
        forgetConfigWatch(of: command.file)
        for worker in concerned {
            if let removal = removal(of: worker, loading) { loading.steps.append(removal) }
        }
        step(loading)
    }

    /// A worker that its file does not define any more; nil: it is somebody else's, and told so.
    func removal(of worker: Worker, _ loading: Loading) -> (() -> Void)? {
        let name = worker.settings.name
        guard isOwner(loading, of: worker, by: worker.source.file) else {
            refuse(name, foreign(worker), loading)
            return nil
        }
        let asker = open(LoadRow(name: name, .remove), loading)
        return { [unowned self] in
            remove(Selection(name: name, waits: loading.waits), asker: asker)
        }
    }

    /// Whether whoever asked may change a worker's definition, because of what this file says.
    func isOwner(_ loading: Loading, of worker: Worker, by file: String) -> Bool {
        let uid = loading.peer.uid
        // By name: it is read again as whose it is.
        guard uid == 0 || uid == daemonUid || uid == worker.owner || loading.names != nil
        else {
            return false
        }
        // A file that came into other hands changes nothing of what belongs to somebody else.
        // Of a main configuration each file has an owner of its own.
        let readers =
            loading.isMain
            ? loading.sources[file].map { [$0] } ?? [] : Array(loading.sources.values)
        return daemonUid != 0 || readers.allSatisfy { $0.uid == 0 || $0.uid == worker.owner }
    }

    func foreign(_ worker: Worker) -> Refusal {
        Refusal(
            .notYours, subject: worker.settings.name, value: Int32(bitPattern: worker.owner))
    }
}

extension Worker {
    /// Whether its definition stands in this file, or in one that this file includes.
    func isOf(file: String) -> Bool {
        !file.isEmpty && (source.file == file || source.blockFile == file)
    }

    /// Whether a definition that stands there is its own.
    func isOf(_ other: WorkerSource) -> Bool {
        isOf(file: other.file) || isOf(file: other.blockFile)
    }
}
