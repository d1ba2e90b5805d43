// depends_on: a start that what its worker depends on is not there for is held, until all of that
// runs or depends_timeout is over. A worker that has started already does not wait for anything:
// neither its restarts by themselves nor its other instances.

import Control
import Glibc
import Posix
import Settings

extension Supervisor {
    /// Of the workers that there are, those that are being defined included.
    var startOrder: StartOrder {
        if let known = knownOrder { return known }
        let nodes =
            workers.map { worker in
                StartOrder.Node(
                    id: worker.id, name: worker.settings.name,
                    dependsOn: worker.settings.dependsOn)
            }
            + drafts.values.filter { $0.update == nil }.sorted { $0.id < $1.id }.map { draft in
                StartOrder.Node(
                    id: draft.id, name: draft.settings.name, dependsOn: draft.settings.dependsOn)
            }
        let order = StartOrder(nodes)
        knownOrder = order
        return order
    }

    /// Workers that this one waits for, or would.
    func missing(of worker: Worker) -> [String] {
        guard !worker.settings.dependsOn.isEmpty else { return [] }
        return startOrder.waits(of: worker.id).filter { self.worker(named: $0)?.isUp != true }
    }

    /// As `list` tells them.
    func waitsFor(_ worker: Worker) -> [String] {
        held[worker.id] == nil ? [] : missing(of: worker)
    }

    /// Starts these instances, now or when they may.
    func bringUp(_ concerned: [Instance], of worker: Worker, by event: InstanceEvent = .start) {
        guard !concerned.isEmpty else { return }
        let missing = worker.hasStarted ? [] : missing(of: worker)
        if held[worker.id] == nil { worker.startedWithout = [] }
        if !missing.isEmpty { hold(worker, missing) }
        for instance in concerned { apply(missing.isEmpty ? event : .hold, to: instance) }
    }

    private func hold(_ worker: Worker, _ missing: [String]) {
        guard held[worker.id] == nil else { return }
        held[worker.id] = worker
        worker.heldAt = Clock.monotonicNanoseconds
        armDependencies(of: worker)
        let names = missing.joined(separator: ", ")
        notes.info("\(worker.settings.name) waits for \(names)")
        feed.tell(.held, worker, about: names)
    }

    /// depends_timeout counts from when the start was asked for.
    func armDependencies(of worker: Worker) {
        let end = worker.heldAt + Int64(worker.settings.dependsTimeout) * 1_000_000
        let left = max(0, end - Clock.monotonicNanoseconds)
        reactor.arm(.dependencies(worker.id), after: .nanoseconds(left))
    }

    /// Starts what waits for nothing any more; `name` has come up, nil: whatever it is.
    func releaseHeld(by name: String? = nil) {
        guard !held.isEmpty else { return }
        let concerned = held.values.filter { worker in
            name.map(worker.settings.dependsOn.contains) ?? true
        }
        for worker in concerned.sorted(by: { $0.id < $1.id }) where missing(of: worker).isEmpty {
            release(worker)
        }
    }

    func dependenciesTimedOut(_ id: UInt32) {
        guard let worker = held[id] else { return }
        let missing = missing(of: worker)
        worker.startedWithout = missing
        let names = missing.joined(separator: ", ")
        notes.warning(
            "\(worker.settings.name) is started without \(names): not running within "
                + "depends_timeout \(worker.settings.dependsTimeout)")
        feed.tell(.startedWithout, worker, about: names)
        release(worker)
    }

    private func release(_ worker: Worker) {
        forgetHold(of: worker)
        for instance in worker.instances where instance.state.isHeld { apply(.start, to: instance) }
    }

    /// It is started, or nobody wants it started any more.
    func forgetHold(of worker: Worker) {
        guard held.removeValue(forKey: worker.id) != nil else { return }
        reactor.disarm(.dependencies(worker.id))
    }

    // MARK: what is wrong with it

    /// Names, definitions or depends_on have changed: what these workers name is looked at.
    func orderChanged(for names: Set<String>) {
        knownOrder = nil
        let concerned =
            workers.filter { names.contains($0.settings.name) }.map { ($0.id, $0.settings) }
            + drafts.values.filter { names.contains($0.settings.name) }
            .map { ($0.id, $0.settings) }
        guard concerned.contains(where: { !$0.1.dependsOn.isEmpty }) else { return }
        let order = startOrder
        for (id, settings) in concerned {
            for unknown in order.unknownNames(of: id) {
                notes.warning("\(settings.name) depends on \(unknown), which no worker is called")
            }
        }
        for cycle in order.cycles where cycle.contains(where: names.contains) {
            guard let first = cycle.first, let last = cycle.last else { continue }
            let text = (cycle + [first]).joined(separator: " -> ")
            notes.warning("cycle of dependencies: \(last) does not wait for \(first): \(text)")
        }
    }

    /// As `info` tells it: a long one without its middle.
    func cycle(of worker: Worker) -> [String] {
        guard !worker.settings.dependsOn.isEmpty,
            let cycle = startOrder.cycle(with: worker.settings.name), let last = cycle.last
        else { return [] }
        guard cycle.count > ControlLimits.cycle else { return cycle }
        return cycle.prefix(ControlLimits.cycle - 2) + ["…", last]
    }

    /// Workers of the same owner that depend on a renamed one go on doing so.
    func follow(_ old: String, to new: String, owner: uid_t) {
        for worker in workers where worker.owner == owner {
            worker.settings.dependsOn.replace(old, by: new)
        }
        for draft in drafts.values where draft.owner == owner {
            draft.settings.dependsOn.replace(old, by: new)
        }
    }
}

extension [String] {
    fileprivate mutating func replace(_ old: String, by new: String) {
        guard contains(old) else { return }
        self = map { $0 == old ? new : $0 }
    }
}
