// What happens, on its way to who asked to be told. Gathered over one turn of the loop and sent at
// its end; with nobody subscribed nothing is kept. A subscriber that does not read is dropped by
// its client's own bounds.

import Control
import Messages
import Posix

final class EventFeed {
    private struct Subscription {
        let request: UInt32
        /// Empty = everything.
        let selections: [Selection]

        func wants(_ happening: Happening) -> Bool {
            selections.isEmpty
                || selections.contains {
                    ($0.name == happening.name || $0.name == happening.newName)
                        && ($0.instance == 0 || happening.instance == 0
                            || $0.instance == happening.instance)
                }
        }
    }

    /// By client; a client has one.
    private var subscriptions: [UInt32: Subscription] = [:]
    private var gathered: [Happening] = []
    /// Sends a reply to a subscriber.
    var deliver: (Asker, Reply) -> Void = { _, _ in }

    /// Whether this client is one of its readers.
    func isRead(by client: UInt32) -> Bool { subscriptions[client] != nil }

    /// Answers at once with nothing, so that the client knows from when on it is told.
    func subscribe(_ asker: Asker, to command: EventsCommand) {
        flush()
        subscriptions[asker.client] = Subscription(
            request: asker.request, selections: command.selections)
        deliver(asker, .happened([]))
    }

    func leave(_ client: UInt32) {
        subscriptions[client] = nil
    }

    /// `make` is called only when somebody listens; it gets the time.
    func tell(_ make: (UInt64) -> Happening) {
        guard !subscriptions.isEmpty else { return }
        gathered.append(make(UInt64(Clock.realtimeMicroseconds)))
        if gathered.count >= MasterLimits.happenings { flush() }
    }

    /// At the end of a turn. A client can be dropped, and so leave, while it is sent to.
    func flush() {
        guard !gathered.isEmpty else { return }
        let happenings = gathered
        gathered = []
        for (client, subscription) in subscriptions {
            let wanted = happenings.filter(subscription.wants)
            let asker = Asker(client: client, request: subscription.request)
            var rest = wanted[...]
            while !rest.isEmpty {
                deliver(asker, .happened(Array(rest.prefix(ControlLimits.happenings))))
                rest = rest.dropFirst(ControlLimits.happenings)
            }
        }
    }
}

/// What became of an instance, in the terms of events.
extension EventFeed {
    /// A change of state that is an event by itself.
    func tellChange(of instance: Instance, from before: InstanceState, by event: InstanceEvent) {
        switch (before, instance.state) {
        case (_, .running):
            tell(.started, instance, pid: UInt32(instance.process?.pid ?? 0))
        case (.waiting, .starting) where event == .delayElapsed:
            let isSuccess = instance.tally.errorsInRow == 0
            tell(
                .restarted, instance, cause: isSuccess ? .success : .error,
                attempt: isSuccess ? instance.tally.normal : instance.tally.errorsInRow)
        case (.sweeping(.start), .starting):
            tell(.restarted, instance, cause: .person)
        case (.sweeping, .stopped):
            tell(.stopped, instance, report: instance.lastExit)
        case (.waiting, .stopped), (.held, .stopped):
            tell(.stopped, instance)
        default: break
        }
    }

    /// An end that nobody asked for, and what follows from it.
    func tellEnd(of instance: Instance, _ exit: ExitReport, fails: Bool) {
        switch exit.cause {
        case .code, .signal, .heldUpLog, .faulted: tell(.exited, instance, report: exit)
        case .outOfMemory: tell(.oom, instance, report: exit)
        case .notStarted, .none: return tell(.failed, instance, report: exit)
        }
        if fails { tell(.failed, instance, report: exit) }
    }

    private func tell(
        _ kind: Happening.Kind, _ instance: Instance, pid: UInt32 = 0,
        report: ExitReport = ExitReport(), cause: Happening.Cause = .none, attempt: UInt32 = 0,
        about: String = ""
    ) {
        let settings = instance.worker.settings
        tell { time in
            Happening(
                kind, at: time, name: settings.name, instance: instance.number,
                instances: settings.instances, pid: pid, report: report, cause: cause,
                attempt: attempt, hasUsedUpRestarts: instance.hasUsedUpRestarts,
                about: Notes.cut(about, to: ControlLimits.aboutBytes))
        }
    }

    /// A changed file has caused it.
    func tellRestart(of instance: Instance, because file: String) {
        tell(.restarted, instance, cause: .watch, about: file)
    }

    /// A rolling restart has ended at this instance.
    func tellRollStopped(at instance: Instance) {
        tell(.rollStopped, instance, report: instance.lastExit)
    }

    /// `about`: what the kind says; what is too long is cut.
    func tell(_ kind: Happening.Kind, _ worker: Worker, about: String = "") {
        let settings = worker.settings
        tell { time in
            Happening(
                kind, at: time, name: settings.name, instances: settings.instances,
                about: Notes.cut(about, to: ControlLimits.aboutBytes))
        }
    }
}
