// stopall, and the end of the daemon: a stop of each worker, when those that depend on it rest. One
// answer when all of them do.

import Control

extension Supervisor {
    func stopAll(waits: Bool, asker: Asker) {
        var wasStarting = false
        for draft in drafts.values where draft.update == nil {
            draft.isOvertaken = true
            wasStarting = true
        }
        for worker in workers where cancelStarts(of: worker.instances, of: worker) {
            wasStarting = true
            settle(worker)
        }
        let stopping = workers.filter { !$0.isResting }
        let concerned = stopping.flatMap { $0.instances + $0.leaving }
            .filter { !$0.state.isResting }
        guard !concerned.isEmpty else {
            return tell(asker, .stoppedAll, wasStarting ? .done : .already, concerned)
        }
        if waits {
            let group = WaitGroup(instances: concerned.count, waits: stopping.count)
            for worker in stopping {
                let instances = worker.instances + worker.leaving
                wait(asker, .stoppedAll, .resting, instances, group: group)
            }
        }
        if !waits {
            let outcome = Outcome(result: .begun, instances: UInt16(concerned.count))
            answer(asker, .outcome(.stoppedAll, outcome), nil)
        }
        stopInOrder(stopping)
    }

    /// Stops these, each after those of them that depend on it.
    func stopInOrder(_ stopping: [Worker]) {
        let members = Set(stopping.map(\.id)).union(stopOrder?.members ?? [])
        stopOrder = StopOrder(members, asked: stopOrder?.asked ?? [], in: startOrder)
        stateChanged(.wishes)
        stopFree()
    }

    /// Asks those to stop that nobody depends on any more. What comes to rest at once is noticed by
    /// the next round.
    private func stopFree() {
        guard !isStoppingFree else { return }
        isStoppingFree = true
        defer { isStoppingFree = false }
        while let free = stopOrder?.takeFree(), !free.isEmpty {
            for id in free { stop(id) }
        }
        if stopOrder?.members.isEmpty == true { stopOrder = nil }
    }

    private func stop(_ id: UInt32) {
        guard let worker = workers.first(where: { $0.id == id }) else {
            stopOrder?.leave(id)
            return
        }
        let time = Duration.milliseconds(worker.settings.longestStop)
        reactor.arm(.stopOverdue(id), after: time + MasterLimits.stopPatience)
        for instance in worker.instances + worker.leaving { apply(.stop, to: instance) }
        arm(all: .stoppedAll, for: worker)
        settle(worker)
    }

    /// What it depends on may be stopped now.
    func hasRested(_ worker: Worker) {
        guard stopOrder?.members.contains(worker.id) == true else { return }
        arm(all: .stoppedAll, for: worker)
        leaveStopOrder(worker.id)
    }

    func stopIsOverdue(_ id: UInt32) {
        guard stopOrder?.members.contains(id) == true else { return }
        let name = workers.first { $0.id == id }?.settings.name ?? ""
        notes.warning("\(name) does not end; what it depends on is stopped all the same")
        leaveStopOrder(id)
    }

    private func leaveStopOrder(_ id: UInt32) {
        reactor.disarm(.stopOverdue(id))
        stopOrder?.leave(id)
        stopFree()
    }

    /// It runs only until what depends on it rests.
    func isAboutToStop(_ worker: Worker) -> Bool {
        stopOrder?.pending.contains(worker.id) ?? false
    }
}
