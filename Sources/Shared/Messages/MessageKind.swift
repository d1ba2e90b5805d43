// The messages between apm-master and its helpers. Requests are even, replies and notices of the
// helper are odd, numbers are never reused. docs/PROTOCOL.md lists the same; a test compares them.

/// What a datagram on fd 3 of a helper means. Every case: direction, body, descriptors.
public enum MessageKind: UInt16, CaseIterable, Sendable {
    /// Both ways, first. Body: role u8, version text. No descriptor.
    case hello = 0x0000

    /// master → logd. No body. Carries 1 descriptor: the journal, a memfd of
    /// `JournalLayout.byteCount`.
    case openJournal = 0x0010
    /// master → logd. Body: log id u32, path text (for notes only). Carries 1 descriptor: a file
    /// open for appending.
    case openLog = 0x0012
    /// master → logd. Body: log id u32. Its descriptor is closed when no stream writes to it.
    case closeLog = 0x0014
    /// logd → master. Body: log id u32, errno i32; 0 = it can be written again.
    case logFailed = 0x0015
    /// master → logd. Body: `StreamPlan`. Carries 1 descriptor: the read end of a worker's pipe.
    case openStream = 0x0016
    /// logd → master. Body: stream id u32, lines u64. The pipe has ended and all of it is written.
    case streamEnded = 0x0017
    /// master → logd. Body: stream id u32. Reads what is in the pipe now, then ends the stream
    /// without waiting for its end (a process that left the tree may hold it open).
    case closeStream = 0x0018
    /// master → logd. Body: `TailRequest`. Carries 1 descriptor: logd's end of a stream to the CLI.
    case tailLog = 0x001A
    /// master → logd. Body: stream id u32. Carries 1 descriptor: logd writes the first 8 KB that
    /// the stream has read, raw, and closes it.
    case showStart = 0x001C
    /// master → logd. Body: stream id u32. The start is over: its first 8 KB need not be kept.
    case forgetStart = 0x001E
    /// master → logd. Body: level u8, text. One line of the daemon's own log.
    case note = 0x0020
    /// master → logd. Body: worker slot u16. The recent lines of a worker that is gone are
    /// forgotten.
    case forgetRecent = 0x0022
    /// master → logd. Body: stream id u32. Answers `streamEnded`: the master has closed its copy of
    /// the pipe, so logd closes the last one.
    case releaseStream = 0x0024
    /// logd, proxyd → master. No body. It is about to touch pipes; comes at most once a second, and
    /// has the master look at the watch words of its journal or figures for a while.
    case working = 0x0025
    /// master → logd, proxyd. No body. Everything that is open has been told; asks for `ponged`.
    case ping = 0x0026
    /// logd, proxyd → master. No body.
    case ponged = 0x0027
    /// master → logd. Body: `StreamStyle`. Lines that are not written yet look so.
    case restyleStream = 0x0028

    /// master → agent. Body: account name text.
    case resolveAccount = 0x0030
    /// agent → master. Body: `AccountAnswer`.
    case accountResolved = 0x0031
    /// master → agent. Body: `Login`. The agent asks that user's shell.
    case readLoginPath = 0x0032
    /// agent → master. Body: `LoginPath`.
    case loginPathRead = 0x0033
    /// master → agent. No body. Carries 1 descriptor: a socket whose next message carries a regular
    /// file open for reading. The master itself never holds that file.
    case readEnvironmentFile = 0x0034
    /// agent → master. Body: `EnvironmentFile`; may come in parts.
    case environmentFileRead = 0x0035

    /// master → agent. Body: `WatchPlan`; may come in parts. Comes once; the agent watches until it
    /// is ended.
    case watchFiles = 0x0036
    /// agent → master. Body: path text of what has changed, of possibly many.
    case fileChanged = 0x0037
    /// agent → master. Body: `WatchFailure`. Nothing is watched until `watching` comes.
    case watchFailed = 0x0039
    /// agent → master. Body: `WatchedFolders`.
    case watching = 0x003B
    /// master → agent. Body: `ConfigRequest`.
    case readConfig = 0x0040
    /// agent → master. No body. All of the answer has come.
    case configRead = 0x0041
    /// agent → master. Body: `PlannedWorker`; may come in parts.
    case workerPlanned = 0x0043
    /// agent → master. Body: `ConfigMessage`.
    case configNoted = 0x0045
    /// agent → master. Body: `DaemonSettings`.
    case daemonPlanned = 0x0047
    /// agent → master. Body: path text, of a file that was read.
    case configFileRead = 0x0049
    /// agent → master. Body: `SourceReport`; may come in parts. The workers of that file
    /// have come before it.
    case sourceRead = 0x004B
    /// agent → master. Body: path text whose last part is a pattern: which names fit it decides
    /// what is read.
    case configNamesListed = 0x004D

    /// master → guid. Body: idle u32 ms, after which it ends when nobody looks. Carries 1
    /// descriptor: the listening look socket.
    case openLook = 0x0060
    /// guid → master. No body. Asks for what may be looked at; one at a time.
    case refreshLook = 0x0061
    /// master → guid. Body: a `Look`, opaque here; may come in parts.
    case lookTaken = 0x0062
    /// master → agent. Body: uid u32.
    case resolveUid = 0x0064
    /// agent → master. Body: `AccountAnswer`.
    case uidResolved = 0x0065
    /// master → agent. Body: group name text.
    case resolveGroup = 0x0066
    /// agent → master. Body: `GroupAnswer`.
    case groupResolved = 0x0067

    /// master → guid. Body: bool. Whether lookers may give orders, too; until it is said, none.
    case admitOrders = 0x0068
    /// guid → master. Body: `Order`.
    case order = 0x0069
    /// master → guid. Body: `OrderAnswer`.
    case orderAnswered = 0x006A
    /// guid → master. Body: order id u32. Whoever gave it has left; its answer may be on its way.
    case orderAbandoned = 0x006B

    /// master → proxyd. No body. Carries 1 descriptor: the figures, a memfd of
    /// `FiguresLayout.byteCount`. Comes first.
    case openFigures = 0x0070
    /// master → proxyd. Body: `ProxiedWorker`; may come in parts. Comes again when something of it
    /// has changed.
    case openWorker = 0x0072
    /// master → proxyd. Body: worker slot u16. Its servers and instances are closed by now.
    case closeWorker = 0x0074
    /// master → proxyd. Body: `ProxiedServer`. Carries 1 descriptor: the listener.
    case openServer = 0x0076
    /// master → proxyd. Body: server u16. Its idle connections are closed, the others after their
    /// answer.
    case closeServer = 0x0078
    /// master → proxyd. Body: `ConnectedInstance`. Carries 3 descriptors.
    case openInstance = 0x007A
    /// proxyd → master. Body: instance u16. The connector has greeted.
    case instanceReady = 0x007B
    /// master → proxyd. Body: instance u16. It gets no new session; answers `instanceDrained`.
    case drainInstance = 0x007C
    /// proxyd → master. Body: instance u16. It has no session any more.
    case instanceDrained = 0x007D
    /// master → proxyd. Body: instance u16. Its processes are gone: what is in its pipe is read,
    /// its sessions end, its descriptors are closed; answers `instanceClosed`.
    case closeInstance = 0x007E
    /// proxyd → master. Body: instance u16. Its place may be given out again.
    case instanceClosed = 0x007F
    /// master → proxyd. Body: worker slot u16. Carries 1 descriptor: the writing end of the pipe
    /// for its access log; it takes the place of one that is open.
    case openAccessLog = 0x0080
    /// proxyd → master. Body: instance u16, fault u8. It cannot go on and is to be started again.
    case instanceFailed = 0x0081
    /// master → proxyd. Body: worker slot u16.
    case closeAccessLog = 0x0082
    /// proxyd → master. Body: level u8, text. One line for the daemon's own log.
    case proxyNoted = 0x0083

    public var name: String { String(describing: self) }

    /// The helper at the other end of the channel; nil: more than one.
    public var helper: Role? {
        switch self {
        case .hello, .working, .ping, .ponged: nil
        case .openJournal, .openLog, .closeLog, .logFailed, .openStream, .streamEnded,
            .closeStream, .tailLog, .showStart, .forgetStart, .note, .forgetRecent,
            .releaseStream, .restyleStream:
            .logd
        case .resolveAccount, .accountResolved, .readLoginPath, .loginPathRead,
            .readEnvironmentFile, .environmentFileRead, .resolveUid, .uidResolved, .resolveGroup,
            .groupResolved, .watchFiles, .fileChanged, .watchFailed, .watching, .readConfig,
            .configRead, .workerPlanned, .configNoted, .daemonPlanned, .configFileRead, .sourceRead,
            .configNamesListed:
            .agent
        case .openLook, .refreshLook, .lookTaken, .admitOrders, .order, .orderAnswered,
            .orderAbandoned:
            .guid
        case .openFigures, .openWorker, .closeWorker, .openServer, .closeServer, .openInstance,
            .instanceReady, .drainInstance, .instanceDrained, .closeInstance, .instanceClosed,
            .openAccessLog, .instanceFailed, .closeAccessLog, .proxyNoted:
            .proxyd
        }
    }
}
