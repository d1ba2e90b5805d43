// Restarts, whoever asks for them: the one place where it is decided whether instances restart all
// at once or one after the other.

import Control
import Posix
import Settings

extension Supervisor {
    /// Begins a restart of these instances, and a roll where their worker's settings say so. Before
    /// anything happens `waiting` gets the roll, or nil, to register who waits for it.
    func renew(_ concerned: [Instance], of worker: Worker, waiting: (Roll?) -> Void) {
        let isRolled = worker.settings.rolling && concerned.count > 1 && worker.hasStarted
        let roll = isRolled ? Roll(of: concerned) : nil
        waiting(roll)
        if let roll { return begin(roll, of: worker) }
        // All at once: a roll has nothing left to do. One alone has its turn all the same.
        if concerned.count > 1 { giveUpRoll(of: worker) }
        bringUp(concerned, of: worker, by: .restart)
    }

    private func begin(_ roll: Roll, of worker: Worker) {
        giveUpRoll(of: worker)
        worker.roll = roll
        worker.startedWithout = []
        notes.info("\(worker.settings.name): \(roll.instances) instances restart in turn")
        perform(roll.plan.begin(), of: worker)
    }

    private func giveUpRoll(of worker: Worker) {
        leaveRoll(worker.instances + worker.leaving, of: worker)
    }

    /// These are to be stopped, or restarted otherwise: the roll goes on without them.
    func leaveRoll(_ concerned: [Instance], of worker: Worker) {
        tell(.leave(Set(concerned.map(\.number))), to: worker)
    }

    /// The state of an instance has changed.
    func rollChanged(_ instance: Instance) {
        let worker = instance.worker
        if instance.isReady, worker.rollStoppedAt == instance.number {
            worker.rollStoppedAt = nil
        }
        guard let roll = worker.roll else { return }
        if roll.plan.current == instance.number {
            if let event = instance.rollEvent { tell(event, to: worker) }
        } else if instance.state == .errored || instance.state == .exited {
            tell(.ends(instance.number), to: worker)
        }
    }

    func rollElapsed(_ id: UInt32) {
        guard let worker = workers.first(where: { $0.id == id }) else { return }
        tell(.elapsed, to: worker)
        settle(worker)
    }

    private func tell(_ event: RollingRestart.Event, to worker: Worker) {
        guard let roll = worker.roll else { return }
        perform(roll.plan.handle(event), of: worker)
    }

    private func perform(_ effects: [RollingRestart.Effect], of worker: Worker) {
        for effect in effects {
            switch effect {
            case .restart(let number):
                guard let instance = worker.selected(number)?.first else { continue }
                apply(.restart, to: instance)
            case .armGrace: armGrace(of: worker)
            case .armPause:
                worker.roll?.pausedAt = Clock.monotonicNanoseconds
                armPause(of: worker)
            case .disarm: reactor.disarm(.rollStep(worker.id))
            }
        }
        finishRoll(of: worker)
    }

    /// What is left of rolling_delay.
    private func armPause(of worker: Worker) {
        guard let roll = worker.roll else { return }
        let end = roll.pausedAt + Int64(worker.settings.rollingDelay) * 1_000_000
        let left = max(0, end - Clock.monotonicNanoseconds)
        reactor.arm(.rollStep(worker.id), after: .nanoseconds(left))
    }

    /// Other settings are in force: the time that a roll waits for is theirs.
    func rearmRoll(of worker: Worker) {
        switch worker.roll?.plan.step {
        case .pausing: armPause(of: worker)
        case .proving: armGrace(of: worker)
        case nil, .restarting, .over: return
        }
    }

    /// What is left of the startup_grace of the instance under way.
    private func armGrace(of worker: Worker) {
        guard let number = worker.roll?.plan.current,
            let process = worker.selected(number)?.first?.process
        else { return }
        let end = process.startedAt + Int64(worker.settings.startupGrace) * 1_000_000
        let left = max(0, end - Clock.monotonicNanoseconds)
        reactor.arm(.rollStep(worker.id), after: .nanoseconds(left))
    }

    private func finishRoll(of worker: Worker) {
        guard let roll = worker.roll, let result = roll.plan.result else { return }
        worker.roll = nil
        for instance in worker.instances { instance.causingFile = nil }
        let name = worker.settings.name
        switch result {
        case .done: notes.info("\(name): all \(roll.instances) instances are restarted")
        case .overtaken: notes.info("\(name): its rolling restart is given up")
        case .stopped(let number):
            worker.rollStoppedAt = number
            let kept = Int(roll.instances) - Int(roll.plan.restarted) - 1
            notes.warning(
                "\(name): its rolling restart ended at #\(number), which did not come up; "
                    + "\(kept) instances go on as they were")
            if let instance = worker.selected(number)?.first {
                feed.tellRollStopped(at: instance)
            }
        }
    }
}
