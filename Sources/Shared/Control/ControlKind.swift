// The messages between apm and apm-master on the control socket. Requests are even, the reply to a
// request is its number plus one or `refused`; numbers are never reused. docs/PROTOCOL.md lists the
// same; a test compares them.

/// What a datagram on the control socket means. Every case: direction, body, descriptors.
public enum ControlKind: UInt16, CaseIterable, Sendable {
    /// apm → master, first. Body: role u8, version text.
    case hello = 0x0100
    /// master → apm. Body: `DaemonStatus`.
    case welcome = 0x0101
    /// apm → master. Body: `RunCommand`, in parts when it is long.
    case run = 0x0102
    /// master → apm. Body: `Outcome`. Carries 1 descriptor where error output was captured.
    case ran = 0x0103
    /// apm → master. Body: `Selection`.
    case start = 0x0104
    /// master → apm. Body: `Outcome`. Carries 1 descriptor where error output was captured.
    case started = 0x0105
    /// apm → master. Body: `Selection`.
    case stop = 0x0106
    /// master → apm. Body: `Outcome`.
    case stopped = 0x0107
    /// apm → master. Body: `Selection`.
    case restart = 0x0108
    /// master → apm. Body: `Outcome`. Carries 1 descriptor where error output was captured.
    case restarted = 0x0109
    /// apm → master. Body: `Selection`.
    case remove = 0x010A
    /// master → apm. Body: `Outcome`.
    case removed = 0x010B
    /// apm → master. No body.
    case list = 0x010C
    /// master → apm. Body: u16 count and that many `WorkerRow`, in parts when long.
    case listed = 0x010D
    /// apm → master. Body: `Selection`.
    case info = 0x010E
    /// master → apm. Body: `WorkerInfo`, in parts when long.
    case informed = 0x010F
    /// apm → master. Body: `LogCommand`.
    case log = 0x0110
    /// master → apm. No body. Carries 1 descriptor: a stream with the lines.
    case logOpened = 0x0111
    /// apm → master. No body.
    case status = 0x0112
    /// master → apm. Body: `DaemonStatus`.
    case statusTold = 0x0113
    /// apm → master. No body. Stops every worker and the daemon.
    case exit = 0x0114
    /// master → apm. No body. All workers are stopped; the daemon ends after this message.
    case exiting = 0x0115
    /// apm → master. Body: `EventsCommand`. Subscribes: the replies go on until apm closes.
    case events = 0x0120
    /// master → apm, at once with an empty list, then as things happen. Body: u16 count and that
    /// many `Happening`, in parts when long.
    case happened = 0x0121
    /// apm → master. Body: `Selection`; `waits`: also for somebody to start what rests now.
    case wait = 0x0122
    /// master → apm, when all instances concerned run or will not. Body: `Outcome`.
    case waited = 0x0123
    /// apm → master. No body.
    case look = 0x0124
    /// master → apm. Body: u16 count and that many `WorkerFigures`, in parts when long.
    case looked = 0x0125
    /// apm → master. Body: `SignalCommand`.
    case signal = 0x0128
    /// master → apm. Body: `Outcome`: how many instances got it.
    case signalled = 0x0129
    /// apm → master. Body: waits bool.
    case stopAll = 0x012A
    /// master → apm. Body: `Outcome`, of all workers together.
    case stoppedAll = 0x012B
    /// apm → master. Body: `RenameCommand`.
    case rename = 0x012C
    /// master → apm. Body: `Outcome`.
    case renamed = 0x012D
    /// apm → master. Body: `CopyCommand`.
    case copy = 0x012E
    /// master → apm. Body: `Outcome`. Carries 1 descriptor where error output was captured.
    case copied = 0x012F
    /// apm → master. Body: `Selection`.
    case environment = 0x0130
    /// master → apm. Body: u16 count and that many texts KEY=value, in parts when long.
    case environmentTold = 0x0131
    /// apm → master. Body: `UpdateCommand`, in parts when it is long.
    case update = 0x0132
    /// master → apm. Body: `Outcome`. Carries 1 descriptor where error output was captured.
    case updated = 0x0133
    /// apm → master. Body: `LoadCommand`, in parts when it is long.
    case load = 0x0160
    /// master → apm. Body: `LoadReport`, in parts when long.
    case loaded = 0x0161
    /// apm → master. Body: `UnloadCommand`.
    case unload = 0x0162
    /// master → apm. Body: `LoadReport`, in parts when long.
    case unloaded = 0x0163
    /// apm → master. Body: `ReloadCommand`, in parts when it is long.
    case reload = 0x0164
    /// master → apm. Body: `LoadReport`, in parts when long.
    case reloaded = 0x0165
    /// apm → master. Body: `BootCommand`, in parts when it is long.
    case boot = 0x0166
    /// master → apm. Body: `LoadReport`, in parts when long.
    case booted = 0x0167
    /// apm → master. Body: `SourceCommand`.
    case setSource = 0x0170
    /// master → apm. Body: `Outcome`.
    case sourceSet = 0x0171
    /// master → apm, instead of a reply. Body: `Refusal`.
    case refused = 0x01FF

    public var name: String { String(describing: self) }

    /// The kind of a request's reply.
    public var reply: ControlKind? { ControlKind(rawValue: rawValue | 1) }
    /// Whether apm sends it.
    public var isRequest: Bool { rawValue & 1 == 0 }
}
