// start, stop, restart, remove: an event to each instance concerned, and a wait for the outcome.

import Control
import Settings

extension Supervisor {
    func start(_ selection: Selection, asker: Asker) {
        guard let concerned = find(selection, asker), !refusesStart(concerned, asker) else {
            return
        }
        guard let worker = concerned.first?.worker, !areUp(concerned) else {
            return tell(asker, .started, .already, concerned)
        }
        begin(
            StartRequest(
                kind: .started, concerned: concerned, asker: asker, waits: selection.waits),
            of: worker)
    }

    func restart(_ selection: Selection, asker: Asker) {
        guard let concerned = find(selection, asker), !refusesStart(concerned, asker) else {
            return
        }
        guard let worker = concerned.first?.worker else { return }
        begin(
            StartRequest(
                kind: .restarted, concerned: concerned, asker: asker, waits: selection.waits),
            of: worker)
    }

    func restart(_ concerned: [Instance], asker: Asker, waits: Bool) {
        guard let worker = concerned.first?.worker else { return }
        if let refusal = serve(worker) { return answer(asker, .refused(refusal), nil) }
        if asker != .nobody {
            for instance in concerned { instance.causingFile = nil }
        }
        renew(concerned, of: worker) { roll in
            if waits { wait(asker, .restarted, .running, concerned, roll: roll) }
        }
        begin(concerned, asker, waits, .restarted)
    }

    func stop(_ selection: Selection, asker: Asker) {
        guard let concerned = find(selection, asker), let worker = concerned.first?.worker else {
            return
        }
        let wasStarting = cancelStarts(of: concerned, of: worker)
        let wasResting = concerned.allSatisfy(\.state.isResting)
        for instance in concerned { apply(.stop, to: instance) }
        if wasResting {
            tell(asker, .stopped, wasStarting ? .done : .already, concerned)
            return settle(worker)
        }
        if selection.waits { wait(asker, .stopped, .resting, concerned) }
        begin(concerned, asker, selection.waits, .stopped)
    }

    func remove(_ selection: Selection, asker: Asker) {
        guard selection.instance == 0 else {
            let text = "an instance cannot be removed alone"
            return answer(asker, .refused(Refusal(.badSetting, subject: text)), nil)
        }
        if worker(named: selection.name) == nil, forgetDraft(named: selection.name) {
            return answer(asker, .outcome(.removed, Outcome(result: .done, instances: 0)), nil)
        }
        guard let concerned = find(selection, asker), let worker = concerned.first?.worker else {
            return
        }
        worker.isBeingRemoved = true
        _ = cancelStarts(of: concerned, of: worker)
        if selection.waits { wait(asker, .removed, .removed, concerned) }
        for instance in concerned { apply(.stop, to: instance) }
        begin(concerned, asker, selection.waits, .removed)
    }

    /// Starts those that rest; for run and start alike.
    func start(_ concerned: [Instance], asker: Asker, waits: Bool, kind: ControlKind) {
        if areUp(concerned) { return tell(asker, kind, .already, concerned) }
        if let refusal = concerned.first.flatMap({ serve($0.worker) }) {
            return answer(asker, .refused(refusal), nil)
        }
        if waits { wait(asker, kind, .running, concerned) }
        if let worker = concerned.first?.worker { bringUp(concerned, of: worker) }
        begin(concerned, asker, waits, kind)
    }

    private func areUp(_ concerned: [Instance]) -> Bool {
        concerned.allSatisfy { instance in
            switch instance.state {
            case .running, .starting: true
            default: false
            }
        }
    }

    /// After the events: a wait may be over already; who does not wait hears that it has begun.
    func begin(
        _ concerned: [Instance], _ asker: Asker, _ waits: Bool, _ kind: ControlKind
    ) {
        guard let worker = concerned.first?.worker else { return }
        if waits { arm(asker, for: worker) } else { tell(asker, kind, .begun, concerned) }
        settle(worker)
    }

    func tell(
        _ asker: Asker, _ kind: ControlKind, _ result: Outcome.Result, _ concerned: [Instance]
    ) {
        var outcome = Outcome(result: result, instances: UInt16(concerned.count))
        if result == .begun, let worker = concerned.first?.worker {
            outcome.missing = Array(waitsFor(worker).prefix(ControlLimits.waitedFor))
        }
        answer(asker, .outcome(kind, outcome), nil)
    }

    func refusesStart(_ concerned: [Instance], _ asker: Asker) -> Bool {
        if isEnding {
            answer(asker, .refused(Refusal(.ending)), nil)
            return true
        }
        guard let worker = concerned.first?.worker, worker.isBeingRemoved else { return false }
        answer(asker, .refused(Refusal(.beingRemoved, subject: worker.settings.name)), nil)
        return true
    }

    /// The instances that a selection means; answers and gives nil when there are none.
    func find(_ selection: Selection, _ asker: Asker) -> [Instance]? {
        guard let worker = worker(named: selection.name) else {
            answer(asker, .refused(Refusal(.noSuchWorker, subject: selection.name)), nil)
            return nil
        }
        guard let concerned = worker.selected(selection.instance) else {
            let refusal = Refusal(
                .noSuchInstance, subject: selection.name, value: Int32(worker.instances.count))
            answer(asker, .refused(refusal), nil)
            return nil
        }
        return concerned
    }
}
