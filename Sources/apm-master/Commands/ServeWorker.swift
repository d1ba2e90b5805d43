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
            return apply(.lost, to: instance)
        case .brokenFrames: instance.process?.fault = .brokenFrames
        case .closedPipe: instance.process?.fault = .closedPipe
        case .doesNotRead: instance.process?.fault = .doesNotRead
        }
        apply(.faulted, to: instance)
    }
}
