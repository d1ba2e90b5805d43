// States and events in words (logs) and on the wire.

import Control

extension InstanceState {
    /// As `list` and `info` tell it.
    var runState: RunState {
        switch self {
        case .stopped: .stopped
        case .waiting: .waiting
        case .starting: .starting
        case .running: .running
        case .stopping: .stopping
        case .sweeping(.start), .sweeping(.wait): .waiting
        case .sweeping: .stopping
        case .exited: .exited
        case .errored: .errored
        }
    }

    /// Nothing of it runs, and nothing will happen by itself.
    var isResting: Bool {
        switch self {
        case .stopped, .exited, .errored: true
        case .waiting, .starting, .running, .stopping, .sweeping: false
        }
    }

    /// As the log tells it.
    var text: String {
        switch self {
        case .stopped: "stopped"
        case .waiting: "waiting"
        case .starting: "starting"
        case .running: "running"
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
        [.stopped, .waiting, .starting, .running, .exited, .errored]
        + AfterStop.allCases.map { .stopping($0) } + AfterSweep.allCases.map { .sweeping($0) }
}

extension InstanceEvent {
    /// Every event; a test walks them all.
    static let all: [InstanceEvent] =
        [.start, .stop, .restart, .executed, .swept, .delayElapsed, .killTimeout, .startTimeout]
        + Verdict.allCases.map { .ended($0) }

    var text: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        case .executed: "executed"
        case .ended(let verdict): "ended(\(verdict))"
        case .swept: "swept"
        case .delayElapsed: "delayElapsed"
        case .killTimeout: "killTimeout"
        case .startTimeout: "startTimeout"
        }
    }
}
