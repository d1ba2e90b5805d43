// Who speaks on a channel.

/// The processes that exchange messages.
public enum Role: UInt8, CaseIterable, Sendable {
    case master = 0
    case logd = 1
    case cli = 2
    case agent = 3
    case guid = 4
    case proxyd = 5

    /// The name as `ps` shows it.
    public var processName: String {
        switch self {
        case .master: "apm-master"
        case .logd: "apm-logd"
        case .cli: "apm"
        case .agent: "apm-agent"
        case .guid: "apm-guid"
        case .proxyd: "apm-proxyd"
        }
    }
}
