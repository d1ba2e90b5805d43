// Workers that are connected: their addresses are bound before they start, and what apm-proxyd has
// to say about their instances is an event of theirs.

import Control
import Glibc
import Messages
import Posix
import Settings

extension WorkerSettings {
    /// Milliseconds that a stop may take.
    var longestStop: Int { Int(killTimeout) + (isConnected ? Int(drainTimeout) : 0) }
}

extension Supervisor {
    /// Why this worker cannot start; nil: nothing keeps it from it, and its addresses are bound.
    func serve(_ worker: Worker) -> Refusal? {
        guard let refusal = proxy.open(worker, as: worker.settings) else { return nil }
        notes.warning("\(worker.settings.name) is not started: \(refusal.text)")
        return refusal
    }

    func take(_ event: ProxyBook.Event, of connection: ProxyBook.Connection) {
        guard let instance = connection.instance, instance.connection === connection,
            instance.process != nil
        else { return }
        switch event {
        case .ready: isReady(instance)
        case .drained:
            if instance.state.isDraining { apply(.drained, to: instance) }
        case .failed(let fault): lose(instance, fault)
        case .holdsUp: runner.condemn(instance, pipe: "its output pipe")
        }
    }

    private func isReady(_ instance: Instance) {
        reactor.disarm(.greeting(instance.id))
        guard instance.state == .running else { return }
        notes.info("\(instance.label): its connector has greeted")
        becameReady(instance)
    }

    /// It runs and has greeted, or has taken too long to: who waits for that goes on.
    private func becameReady(_ instance: Instance) {
        rollChanged(instance)
        if instance.isReady { releaseHeld(by: instance.worker.settings.name) }
        settle(instance.worker)
    }

    func greetingIsOverdue(_ instance: Instance) {
        guard let connection = instance.connection, instance.isGreeting else { return }
        connection.isOverdue = true
        notes.warning(
            "\(instance.label) has not greeted: does the program load the connector of APM?")
        becameReady(instance)
    }

    /// Where it was not its own doing it is started again at once, whatever its restart policy.
    private func lose(_ instance: Instance, _ fault: InstanceFault) {
        switch instance.state {
        case .starting, .running, .draining: break
        default: return
        }
        switch fault {
        case .cutFrame:
            notes.warning(
                "\(instance.label) is restarted: apm-proxyd died in the middle of a frame of it")
            apply(.lost, to: instance)
        case .badHello: blame(instance, .badHello)
        case .closedPipe: blame(instance, .closedPipe)
        case .doesNotRead: blame(instance, .doesNotRead)
        }
    }

    /// From now on nobody counts on it. A process that ends closes its pipes first: it may take a
    /// moment to tell by its end what had happened.
    private func blame(_ instance: Instance, _ kind: ExitReport.Fault) {
        guard let process = instance.process, process.fault == nil else { return }
        process.fault = Instance.Fault(
            kind: kind, uptimeMilliseconds: process.uptimeMilliseconds)
        guard kind == .closedPipe else { return judgeFault(instance) }
        reactor.arm(.closedPipe(instance.id), after: MasterLimits.closedPipePatience)
        rollChanged(instance)
        settle(instance.worker)
    }

    /// It is ended, and its restart policy judges.
    func judgeFault(_ instance: Instance) {
        switch instance.state {
        case .starting, .running, .draining: break
        default: return
        }
        instance.process?.fault?.isJudged = true
        apply(.faulted, to: instance)
    }
}
