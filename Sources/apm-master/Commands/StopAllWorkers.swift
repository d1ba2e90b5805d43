// stopall: a stop of each worker, and one answer when all of them rest.

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
        for instance in concerned { apply(.stop, to: instance) }
        if waits {
            for worker in stopping { arm(asker, for: worker) }
        } else {
            tell(asker, .stoppedAll, .begun, concerned)
        }
        for worker in stopping { settle(worker) }
    }
}
