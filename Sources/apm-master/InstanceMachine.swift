// Life of one instance: a total, pure function over enums. No clock, pid or system call inside;
// InstanceRunner performs the effects. docs/INSTANCE.md is this table in prose; a test compares
// them.

enum InstanceState: Hashable, Sendable {
    /// Not running, because a person wants it so or nobody has started it.
    case stopped
    /// Ended; a restart is due after a delay.
    case waiting
    /// A start was asked for; it comes when what the worker depends on runs, or its time is over.
    case held
    /// A process exists and has not executed the program yet.
    case starting
    case running
    /// Gets no new work; asked to end when what it has in progress is done or has had its time.
    case draining(AfterDrain)
    /// Asked to end, or killed because its start took too long.
    case stopping(AfterStop)
    /// Its process has ended; the rest of its tree is being ended.
    case sweeping(AfterSweep)
    /// Ended by itself with success, and no rule restarts it.
    case exited
    /// Ended with an error or could not be started, and no rule restarts it (any more).
    case errored

    enum AfterDrain: Hashable, Sendable, CaseIterable {
        case stay, start, hold
    }

    enum AfterStop: Hashable, Sendable, CaseIterable {
        case stay, start, hold
        /// What the restart policy says: no person asked for this end.
        case judge
    }

    enum AfterSweep: Hashable, Sendable, CaseIterable {
        case stop, start, hold, wait, exit, fail
    }
}

enum InstanceEvent: Hashable, Sendable {
    // A person:
    case start, stop, restart
    /// A start that what the worker depends on is not there for.
    case hold
    // The process:
    /// The program was executed.
    case executed
    /// The process has ended, or could not be made.
    case ended(Verdict)
    /// No process of the tree is left.
    case swept
    // The clock:
    case delayElapsed, killTimeout, startTimeout, drainTimeout
    // apm-proxyd:
    /// It has nothing in progress any more, or never had.
    case drained
    /// What it speaks cannot be followed any more, through no fault of its own.
    case lost
    /// It has greeted wrongly, has closed its pipes, or does not read.
    case faulted

    /// What the restart policy says about an end nobody asked for.
    enum Verdict: Hashable, Sendable, CaseIterable {
        case restart, complete, fail
    }
}

enum InstanceEffect: Hashable, Sendable {
    case spawn
    /// Ends new work for it; `drained` follows, or the time for it is armed.
    case drain
    case disarmDrain
    /// Sends `stop_signal`.
    case sendStop
    /// Kills the whole tree.
    case sendKill
    case armKill, disarmKill
    case armDelay, disarmDelay
    /// Ends what is left of the tree; `swept` follows.
    case sweep
    /// Counters against limits begin anew.
    case resetTally
    /// It will not run again by itself: its group is removed.
    case release
    /// This pair cannot happen: the log says so, nothing else changes.
    case alert
}

extension InstanceState.AfterDrain {
    var stop: InstanceState.AfterStop {
        switch self {
        case .stay: .stay
        case .start: .start
        case .hold: .hold
        }
    }
}

enum InstanceMachine {
    typealias State = InstanceState
    typealias Event = InstanceEvent
    typealias Effect = InstanceEffect

    static func transition(_ state: State, _ event: Event) -> (State, [Effect]) {
        switch state {
        case .stopped, .exited, .errored: resting(state, event)
        case .waiting: waiting(event)
        case .held: held(event)
        case .starting: starting(event)
        case .running: running(event)
        case .draining(let after): draining(after, event)
        case .stopping(let after): stopping(after, event)
        case .sweeping(let after): sweeping(after, event)
        }
    }

    private static func resting(_ state: State, _ event: Event) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.starting, [.resetTally, .spawn])
        case .hold: (.held, [.resetTally])
        case .stop: (.stopped, [])
        case .executed, .ended, .swept, .delayElapsed, .killTimeout, .startTimeout,
            .drainTimeout, .drained, .lost, .faulted:
            (state, [.alert])
        }
    }

    private static func held(_ event: Event) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.starting, [.resetTally, .spawn])
        case .hold: (.held, [])
        case .stop: (.stopped, [])
        case .executed, .ended, .swept, .delayElapsed, .killTimeout, .startTimeout,
            .drainTimeout, .drained, .lost, .faulted:
            (.held, [.alert])
        }
    }

    private static func waiting(_ event: Event) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.starting, [.disarmDelay, .resetTally, .spawn])
        case .stop: (.stopped, [.disarmDelay, .release])
        case .delayElapsed: (.starting, [.spawn])
        case .hold, .executed, .ended, .swept, .killTimeout, .startTimeout, .drainTimeout,
            .drained, .lost, .faulted:
            (.waiting, [.alert])
        }
    }

    private static func starting(_ event: Event) -> (State, [Effect]) {
        switch event {
        case .start: (.starting, [])
        case .stop: (.stopping(.stay), [.sendStop, .armKill])
        case .restart: (.stopping(.start), [.resetTally, .sendStop, .armKill])
        case .lost: (.stopping(.start), [.sendStop, .armKill])
        case .faulted: (.stopping(.judge), [.sendStop, .armKill])
        case .executed: (.running, [])
        case .ended(let verdict): (.sweeping(next(verdict)), [.sweep])
        case .startTimeout: (.stopping(.judge), [.sendKill])
        case .hold, .swept, .delayElapsed, .killTimeout, .drainTimeout, .drained:
            (.starting, [.alert])
        }
    }

    private static func running(_ event: Event) -> (State, [Effect]) {
        switch event {
        case .start: (.running, [])
        case .stop: (.draining(.stay), [.drain])
        case .restart: (.draining(.start), [.resetTally, .drain])
        case .lost: (.stopping(.start), [.sendStop, .armKill])
        case .faulted: (.stopping(.judge), [.sendStop, .armKill])
        case .ended(let verdict): (.sweeping(next(verdict)), [.sweep])
        case .hold, .executed, .swept, .delayElapsed, .killTimeout, .startTimeout,
            .drainTimeout, .drained:
            (.running, [.alert])
        }
    }

    private static func draining(
        _ after: State.AfterDrain, _ event: Event
    ) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.draining(.start), [.resetTally])
        case .hold where after == .stay: (.draining(.hold), [.resetTally])
        case .hold where after == .hold: (.draining(.hold), [])
        case .stop: (.draining(.stay), [])
        case .drained, .lost, .faulted:
            (.stopping(after.stop), [.disarmDrain, .sendStop, .armKill])
        case .drainTimeout: (.stopping(after.stop), [.sendStop, .armKill])
        case .ended(let verdict):
            (.sweeping(next(after.stop, verdict)), [.disarmDrain, .sweep])
        case .hold, .executed, .swept, .delayElapsed, .killTimeout, .startTimeout:
            (.draining(after), [.alert])
        }
    }

    private static func stopping(
        _ after: State.AfterStop, _ event: Event
    ) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.stopping(.start), [.resetTally])
        case .hold where after == .stay: (.stopping(.hold), [.resetTally])
        case .hold where after == .hold: (.stopping(.hold), [])
        case .stop: (.stopping(.stay), [])
        case .executed: (.stopping(after), [])
        case .ended(let verdict): (.sweeping(next(after, verdict)), [.disarmKill, .sweep])
        case .killTimeout, .startTimeout: (.stopping(after), [.sendKill])
        case .hold, .swept, .delayElapsed, .drainTimeout, .drained, .lost, .faulted:
            (.stopping(after), [.alert])
        }
    }

    private static func sweeping(
        _ after: State.AfterSweep, _ event: Event
    ) -> (State, [Effect]) {
        switch event {
        case .start, .restart: (.sweeping(.start), [.resetTally])
        case .hold where [.stop, .exit, .fail].contains(after): (.sweeping(.hold), [.resetTally])
        case .hold where after == .hold: (.sweeping(.hold), [])
        case .stop: (.sweeping(.stop), [])
        case .swept: settle(after)
        case .hold, .executed, .ended, .delayElapsed, .killTimeout, .startTimeout,
            .drainTimeout, .drained, .lost, .faulted:
            (.sweeping(after), [.alert])
        }
    }

    private static func settle(_ after: State.AfterSweep) -> (State, [Effect]) {
        switch after {
        case .stop: (.stopped, [.release])
        case .start: (.starting, [.spawn])
        case .hold: (.held, [.release])
        case .wait: (.waiting, [.armDelay])
        case .exit: (.exited, [.release])
        case .fail: (.errored, [.release])
        }
    }

    private static func next(_ verdict: Event.Verdict) -> State.AfterSweep {
        switch verdict {
        case .restart: .wait
        case .complete: .exit
        case .fail: .fail
        }
    }

    private static func next(
        _ after: State.AfterStop, _ verdict: Event.Verdict
    ) -> State.AfterSweep {
        switch after {
        case .stay: .stop
        case .start: .start
        case .hold: .hold
        case .judge: next(verdict)
        }
    }
}
