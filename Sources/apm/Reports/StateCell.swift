// A state as people see it: symbol, word, colour; the word alone tells everything.

import Control

extension RunState {
    var symbol: String {
        switch self {
        case .running: "●"
        case .waiting, .starting, .stopping: "◆"
        case .stopped, .exited: "○"
        case .errored: "✖"
        }
    }

    var paint: Paint {
        switch self {
        case .running: .green
        case .waiting, .starting, .stopping: .yellow
        case .stopped, .exited: .dim
        case .errored: .red
        }
    }

    var cell: Table.Cell { Table.Cell("\(symbol) \(word)", paint) }

    /// Ended by itself, and nothing brings it back.
    var isDead: Bool {
        switch self {
        case .exited, .errored: true
        case .stopped, .waiting, .starting, .running, .stopping: false
        }
    }
}

extension RestartCounts {
    /// `0`, `3`, `5 (2 after errors)`.
    var short: String {
        return error == 0 ? String(total) : "\(total) (\(error) after errors)"
    }
}
