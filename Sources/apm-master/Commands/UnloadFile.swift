// unload: every worker that is from a file is stopped and removed. Nothing is read: what is from it
// is known.

import Control
import Posix
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
        remove(concerned, loading)
        step(loading)
    }

    /// Workers that their file does not define any more; what is somebody else's is told so.
    func remove(_ leaving: [Worker], _ loading: Loading) {
        var ids: Set<UInt32> = []
        for worker in leaving {
            let name = worker.settings.name
            guard isOwner(loading, of: worker, by: worker.source.file) else {
                refuse(name, foreign(worker), loading)
                continue
            }
            let asker = open(LoadRow(name: name, .remove), loading, leaver: worker.id)
            guard !loading.isDry else { continue }
            ids.insert(worker.id)
            loading.removing[worker.id] = { [unowned self] in
                remove(Selection(name: worker.settings.name), asker: asker)
            }
        }
        guard !ids.isEmpty else { return }
        loading.removals = StopOrder(ids, in: startOrder)
        loading.removalsEnd =
            Clock.monotonicNanoseconds + (longestStop + MasterLimits.removalMargin).nanoseconds
    }

    /// Begins the removals that nothing stands against any more. Whether all that is to go is gone;
    /// what the kernel cannot end does not keep the rest waiting for ever.
    func removalsAreOver(_ loading: Loading) -> Bool {
        guard loading.removals != nil else { return true }
        let isLate = Clock.monotonicNanoseconds >= loading.removalsEnd
        let free = isLate ? Array(loading.removing.keys) : loading.removals?.takeFree() ?? []
        for id in free { loading.removing.removeValue(forKey: id)?() }
        if isLate || loading.removals?.members.isEmpty ?? true {
            loading.removals = nil
            return true
        }
        // Not over a step that an answer has asked for meanwhile.
        reactor.arm(
            .loadStep(loading.id),
            after: free.isEmpty
                ? .nanoseconds(loading.removalsEnd - Clock.monotonicNanoseconds) : .zero)
        return false
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
