// events, wait, look: what tells how things go on.

import Control

extension Supervisor {
    func events(_ command: EventsCommand, asker: Asker) {
        for selection in command.selections {
            guard find(selection, asker) != nil else { return }
        }
        feed.subscribe(asker, to: command)
    }

    /// Answered when all instances concerned run, or one of them will not.
    func wait(_ selection: Selection, asker: Asker) {
        guard let concerned = find(selection, asker), !refusesStart(concerned, asker),
            let worker = concerned.first?.worker
        else { return }
        wait(asker, .waited, selection.waits ? .upPatiently : .up, concerned)
        arm(asker, for: worker)
        settle(worker)
    }

    func look(asker: Asker) {
        var look = sampler.begin()
        let figures = workers.prefix(ControlLimits.rows).map { worker in
            let (rows, server) = shown(worker, &look)
            return WorkerFigures(
                worker: worker.row(
                    of: rows, logError: logError(of: worker), waitsFor: waitsFor(worker),
                    server: server),
                instances: rows)
        }
        answer(asker, .looked(figures), nil)
    }
}
