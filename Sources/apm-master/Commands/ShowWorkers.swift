// list, info, log, status: looking.

import Control
import Glibc
import Messages
import Posix

extension Supervisor {
    func status(helpers: [HelperRow]) -> DaemonStatus {
        DaemonStatus(
            version: Version.text, pid: UInt32(getpid()), uid: daemonUid,
            uptimeMilliseconds: UInt64(Clock.monotonicNanoseconds - startedAt) / 1_000_000,
            workers: UInt16(clamping: workers.count), instances: UInt16(clamping: instanceCount),
            running: UInt16(clamping: runningCount),
            notesLost: notes.lost, helpers: helpers, allowGroup: admittedGroup,
            isOperatedByEveryone: daemonSettings.isOperatedByEveryone,
            autoReload: daemonSettings.autoReload)
    }

    func list(asker: Asker) {
        var look = sampler.begin()
        let rows = workers.prefix(ControlLimits.rows).map { worker in
            let (rows, server) = shown(worker, &look)
            return worker.row(
                of: rows, logError: logError(of: worker), waitsFor: waitsFor(worker),
                server: server)
        }
        answer(asker, .listed(rows), nil)
    }

    /// `reveals`: with the values of variables.
    func info(_ selection: Selection, asker: Asker, reveals: Bool) {
        guard let worker = find(selection, asker)?.first?.worker else { return }
        var look = sampler.begin()
        let (rows, server) = shown(worker, &look)
        var info = info(worker, rows, server)
        if !reveals { info.settings = info.settings.withoutValues }
        answer(asker, .informed(info), nil)
    }

    /// Its instances, and what is counted of its servers.
    func shown(
        _ worker: Worker, _ look: inout ResourceSampler.Look
    ) -> ([InstanceRow], ServerFigures?) {
        var sum = proxy.past(of: worker)
        let rows = worker.instances.map { instance in
            guard let connection = instance.connection else {
                return instance.row(look.usage(of: instance), nil)
            }
            let own =
                connection.isCurrent
                ? proxy.figures.traffic(ofInstance: connection.place, addingTo: &sum) : Traffic()
            return instance.row(
                look.usage(of: instance),
                ConnectorFigures(isReady: instance.isReady, traffic: own))
        }
        guard !worker.settings.servers.isEmpty else { return (rows, nil) }
        return (rows, proxy.figures.server(worker.recentSlot, sum))
    }

    private func info(
        _ worker: Worker, _ rows: [InstanceRow], _ server: ServerFigures?
    ) -> WorkerInfo {
        WorkerInfo(
            settings: worker.settings, endsWholeTree: runner.endsWholeTree,
            controllers: runner.controllers, logError: logError(of: worker), instances: rows,
            waitsFor: waitsFor(worker), cycle: cycle(of: worker), roll: worker.rollProgress,
            watch: watches.report(of: worker.id), source: worker.source,
            owner: worker.owner, server: server)
    }

    /// What anybody may look at; of the helpers nothing.
    func look() -> Look {
        var look = sampler.begin()
        let entries = workers.prefix(ControlLimits.rows).map { worker in
            let (rows, server) = shown(worker, &look)
            return Look.Entry(
                row: worker.row(
                    of: rows, logError: logError(of: worker), waitsFor: waitsFor(worker),
                    server: server),
                info: info(worker, rows, server))
        }
        return Look(status: status(helpers: []), entries: entries)
    }

    func logError(of worker: Worker) -> Int32 {
        let error = logs.error(of: worker.outputLog)
        return error != 0 ? error : logs.error(of: worker.errorLog)
    }

    /// Gives the client one end of a stream and apm-logd the other: no line passes through here.
    func log(_ command: LogCommand, asker: Asker, peer: Peer) {
        guard let worker = find(command.selection, asker)?.first?.worker else { return }
        let request = TailRequest(
            lines: command.lines, follows: command.follows, instance: command.selection.instance,
            workers: [worker.recentSlot], uid: peer.uid)
        guard let ends = try? DescriptorPair.oneWaySockets() else {
            let refusal = Refusal(.limitReached, subject: "descriptors")
            return answer(asker, .refused(refusal), nil)
        }
        guard logs.tail(request, over: ends.writing) else {
            _ = Descriptor(owning: ends.reading)
            return answer(asker, .refused(Refusal(.helperDown)), nil)
        }
        answer(asker, .logOpened, ends.reading)
    }
}
