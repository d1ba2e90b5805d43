// A configuration on its way: read by agents, compared, and carried out worker by worker. Who asked
// is answered once, when the last of its workers is where it should be.

import Control
import Glibc
import Messages
import Settings

/// Whom a file is read as, and whose its definitions are.
struct ConfigReader: Equatable {
    let uid: uid_t
    let gid: gid_t
    let groups: [gid_t]

    init(uid: uid_t, gid: gid_t, groups: [gid_t] = []) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }

    /// An agent is nobody's login: of an account it has the numbers alone.
    var identity: Identity {
        Identity(
            name: "uid \(uid)", uid: uid, gid: gid, groups: groups, home: "/", shell: "/bin/sh",
            searchPath: "")
    }
}

/// A worker of a report that is still open.
struct LoadPlace {
    let loading: Loading
    let row: Int
    /// The worker that is removed.
    var leaver: UInt32?
}

final class Loading {
    enum Job: Equatable {
        /// `startsResting`: what was stopped is started, too.
        case load(startsResting: Bool)
        case reload(forces: Bool, isDry: Bool)
        case unload
    }

    /// A worker of a file, with whose it becomes.
    struct Planned {
        let worker: PlannedWorker
        let reader: ConfigReader
    }

    let id: UInt32
    let asker: Asker
    let peer: Peer
    let job: Job
    /// What is answered to.
    let kind: ControlKind
    /// False also when whoever asked has left meanwhile.
    var waits: Bool
    /// What stands under the environment of new workers.
    let environment: [String]
    /// The file that was asked for.
    let file: String
    /// Its main configuration: single files that cannot be read are told, the others go on.
    let isMain: Bool
    /// The workers that it is about; nil = all of the file.
    let names: Set<String>?
    /// Nobody has asked for it: what has changed.
    let cause: ConfigCause?

    /// Agents that read for it, by their ids.
    var readings: Set<UInt32> = []
    var planned: [Planned] = []
    /// Names that are defined in a way that nobody could carry out.
    var refusedNames: Set<String> = []
    /// Files whose workers are known, and whose these are.
    var sources: [String: ConfigReader] = [:]
    /// Files of which nothing is carried out.
    var failedFiles: Set<String> = []
    /// What each file that was looked at depends on.
    var traces: [String: ConfigTraces] = [:]
    /// What each of them says of the daemon.
    var daemon: [String: DaemonSettings] = [:]
    var report = LoadReport()
    /// Why nothing was read.
    var refusal: Refusal?

    /// What is to go, each after what depends on it. Nothing else begins before it is gone: what is
    /// new may want the same port.
    var removals: StopOrder?
    /// How each of them is begun.
    var removing: [UInt32: () -> Void] = [:]
    /// They have had their time (monotonic nanoseconds).
    var removalsEnd = Int64.max
    /// What is still to be begun, last things first.
    var steps: [() -> Void] = []
    /// Drafts under way.
    var drafts: Set<UInt32> = []
    /// Rows without an outcome.
    var openRows = 0

    init(
        id: UInt32, asker: Asker, peer: Peer, job: Job, kind: ControlKind, waits: Bool,
        environment: [String], file: String, isMain: Bool = false, names: Set<String>? = nil,
        cause: ConfigCause? = nil
    ) {
        self.id = id
        self.asker = asker
        self.peer = peer
        self.job = job
        self.kind = kind
        self.waits = waits
        self.environment = environment
        self.file = file
        self.isMain = isMain
        self.names = names
        self.cause = cause
    }

    /// Whether it is about a worker of this name.
    func concerns(_ name: String) -> Bool { names?.contains(name) ?? true }

    var isDry: Bool { if case .reload(_, true) = job { true } else { false } }
    /// Of a daemon that starts.
    var isOwnBoot: Bool { kind == .booted && asker == .nobody }
    var forces: Bool { if case .reload(true, _) = job { true } else { false } }
}
