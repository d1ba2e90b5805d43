// States and events in words (logs) and on the wire.

import Control

extension InstanceState {
    /// As `list` and `info` tell it.
    var runState: RunState {
        switch self {
        case .stopped: .stopped
        case .waiting, .held: .waiting
        case .starting: .starting
        case .running: .running
        case .draining, .stopping: .stopping
        case .sweeping(.start), .sweeping(.hold), .sweeping(.wait): .waiting
        case .sweeping: .stopping
        case .exited: .exited
        case .errored: .errored
        }
    }

    /// Nothing of it runs, and nothing will happen by itself.
    var isResting: Bool {
        switch self {
        case .stopped, .exited, .errored: true
        case .waiting, .held, .starting, .running, .draining, .stopping, .sweeping: false
        }
    }

    var isDraining: Bool {
        if case .draining = self { true } else { false }
    }

    /// Its start waits for what the worker depends on.
    var isHeld: Bool {
        switch self {
        case .held, .draining(.hold), .stopping(.hold), .sweeping(.hold): true
        case .stopped, .waiting, .starting, .running, .draining, .stopping, .sweeping, .exited,
            .errored:
            false
        }
    }

    /// As the log tells it.
    var text: String {
        switch self {
        case .stopped: "stopped"
        case .waiting: "waiting"
        case .held: "held"
        case .starting: "starting"
        case .running: "running"
        case .draining(let after): "draining(\(after))"
        case .stopping(let after): "stopping(\(after))"
        case .sweeping(let after): "sweeping(\(after))"
        case .exited: "exited"
        case .errored: "errored"
        }
    }
}

extension InstanceState {
    /// Every state; a test walks them all.
    static let all: [InstanceState] =
        [.stopped, .waiting, .held, .starting, .running, .exited, .errored]
        + AfterDrain.allCases.map { .draining($0) }
        + AfterStop.allCases.map { .stopping($0) } + AfterSweep.allCases.map { .sweeping($0) }
}

extension InstanceEvent {
    /// Every event; a test walks them all.
    static let all: [InstanceEvent] =
        [
            .start, .stop, .restart, .hold, .executed, .swept, .delayElapsed, .killTimeout,
            .startTimeout, .drainTimeout, .drained, .lost, .faulted,
        ]
        + Verdict.allCases.map { .ended($0) }

    var text: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        case .hold: "hold"
        case .executed: "executed"
        case .ended(let verdict): "ended(\(verdict))"
        case .swept: "swept"
        case .delayElapsed: "delayElapsed"
        case .killTimeout: "killTimeout"
        case .startTimeout: "startTimeout"
        case .drainTimeout: "drainTimeout"
        case .drained: "drained"
        case .lost: "lost"
        case .faulted: "faulted"
        }
    }
}
