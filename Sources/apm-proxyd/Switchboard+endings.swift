// How instances end: drained, failed, closed; and what becomes of their requests.

import EventLoop
import Frames
import Glibc
import Messages

extension Switchboard {
    func drain(_ instance: Instance) {
        if instance.state == .ready || instance.state == .greeting {
            retire(instance)
            instance.state = .draining
            send(FrameHeader(.drain), to: instance)
        }
        instance.isDrainAwaited = true
        if instance.sessions == 0 { tellDrained(instance) }
    }

    func tellDrained(_ instance: Instance) {
        guard instance.isDrainAwaited else { return }
        instance.isDrainAwaited = false
        link.send(.instanceDrained(instance.place))
    }

    /// It gets no more requests.
    func retire(_ instance: Instance) {
        instance.worker.ready.removeAll { $0 === instance }
        if instance.state != .draining { instance.state = .failed }
        if !instance.worker.canWait { serveQueue(instance.worker) }
    }

    /// It cannot go on: the master ends it, and tells why. `detail` is what that does not say.
    func fail(_ instance: Instance, _ fault: InstanceFault, _ detail: String? = nil) {
        guard !instance.isClosing, !instance.hasFailed else { return }
        instance.hasFailed = true
        retire(instance)
        instance.state = .failed
        if let detail { note(.warning, "\(instance.name): \(detail)") }
        link.send(.instanceFailed(instance.place, fault))
    }

    /// Its requests end: those that it cannot have seen go to another instance.
    func endSessions(_ instance: Instance) {
        redirect(instance)
        while instance.firstSession != Session.none {
            let session = sessions[instance.firstSession]
            // Freed at once when no client has it.
            guard session.pointee.hasClient, !session.pointee.state.isClosed else {
                detach(session)
                continue
            }
            let client = clients[session.pointee.client]
            detach(session)
            if session.pointee.state.answer != .ended { fail(client, 502, .workerFault) }
        }
    }

    /// Requests whose frame was not written go to another instance.
    func redirect(_ instance: Instance) {
        var slot = instance.firstSession
        while slot != Session.none {
            let session = sessions[slot]
            slot = session.pointee.next
            guard session.pointee.hasClient, session.pointee.frameStart >= instance.written,
                !session.pointee.copy.isEmpty, !session.pointee.state.isClosed,
                let other = instance.worker.choose()
            else { continue }
            detach(session)
            forward(session, to: other)
        }
    }

    /// Its processes are gone: what is left in its pipe is read, then it is closed.
    func close(_ instance: Instance) {
        retire(instance)
        instance.isClosing = true
        instance.state = .failed
        // Nobody knows where in a frame it stands.
        if instance.isCut { instance.hasEnded = true }
        finishClosing(instance)
    }

    func finishClosing(_ instance: Instance) {
        while !instance.hasEnded, instance.unwrittenText.isEmpty, instance.leftover > 0 {
            let before = instance.leftover
            readOutput(instance)
            // Nothing is there now, and nobody is who could add to it.
            if instance.leftover == before { break }
        }
        guard instance.unwrittenText.isEmpty else {
            timers.arm(.lastText(instance.place), at: now + Limits.lastTextNanoseconds)
            return
        }
        if !instance.hasEnded { endOutput(instance) }
        guard instance.unwrittenText.isEmpty else { return }
        forget(instance)
    }

    private func forget(_ instance: Instance) {
        guard instances[Int(instance.place)] === instance else { return }
        endSessions(instance)
        unwatchOutput(instance)
        unwatchInput(instance)
        pool.release(&instance.unwritten)
        pool.release(&instance.partial)
        timers.disarm(.unended(instance.place))
        timers.disarm(.lastText(instance.place))
        instance.worker.instances.removeAll { $0 === instance }
        instances[Int(instance.place)] = nil
        // Who holds the other end of a pipe can make closing it last.
        figures.touch(instance.place)
        for descriptor in [instance.input, instance.output, instance.text] {
            Glibc.close(descriptor)
        }
        figures.letGo()
        link.send(.instanceClosed(instance.place))
    }
}
