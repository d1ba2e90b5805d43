// A decoded message between master and helper. One total decoder, one encoder; `decode(encode(x))`
// gives x back for every value, and a test holds them to it.

import Bytes
import Settings

/// How loud a line of the daemon's own log is.
public enum NoteLevel: UInt8, CaseIterable, Sendable {
    case info = 0
    case warning = 1
    /// Something that must not happen; system tests fail on one they did not cause.
    case alert = 2
}

/// What logd needs to know of one pipe.
public struct StreamPlan: Equatable, Sendable {
    public enum Source: UInt8, Sendable, CaseIterable {
        case standardOutput = 1
        case standardError = 2
        /// Lines as they come; they are nobody's recent lines.
        case accessLog = 3
    }

    /// The stream's place in the journal and its id: 0 ..< `MessageLimits.streams`.
    public var stream: UInt32
    public var log: UInt32
    /// Place of the worker's recent lines: 0 ..< `MessageLimits.workers`.
    public var worker: UInt16
    /// The instance, counted from 1.
    public var instance: UInt16
    public var source: Source
    /// Removes escape sequences from what the program wrote and from prefix and time.
    public var stripsANSI: Bool
    /// Keeps the first 8 KB for a client that waits for the start.
    public var keepsStart: Bool
    /// With colour escapes; `#n` is already in it where it belongs.
    public var prefix: String
    public var timeFormat: String

    public init(
        stream: UInt32, log: UInt32, worker: UInt16, instance: UInt16, source: Source,
        stripsANSI: Bool, keepsStart: Bool, prefix: String, timeFormat: String
    ) {
        self.stream = stream
        self.log = log
        self.worker = worker
        self.instance = instance
        self.source = source
        self.stripsANSI = stripsANSI
        self.keepsStart = keepsStart
        self.prefix = prefix
        self.timeFormat = timeFormat
    }
}

/// How the lines of a stream look from now on.
public struct StreamStyle: Equatable, Sendable {
    public var stream: UInt32
    public var stripsANSI: Bool
    /// As a plan's.
    public var prefix: String
    public var timeFormat: String

    public init(stream: UInt32, stripsANSI: Bool, prefix: String, timeFormat: String) {
        self.stream = stream
        self.stripsANSI = stripsANSI
        self.prefix = prefix
        self.timeFormat = timeFormat
    }
}

extension StreamPlan {
    /// The same pipe with another look; its id stays.
    public mutating func take(_ style: StreamStyle) {
        stripsANSI = style.stripsANSI
        prefix = style.prefix
        timeFormat = style.timeFormat
    }
}

/// What a client wants to see of the logs.
public struct TailRequest: Equatable, Sendable {
    /// Recent lines to begin with, for each worker.
    public var lines: UInt16
    /// Goes on with new lines until the client closes.
    public var follows: Bool
    /// 0 = every instance.
    public var instance: UInt16
    /// The workers, by the slot of their recent lines.
    public var workers: [UInt16]
    /// Who asks: clients who follow are counted by it.
    public var uid: UInt32

    public init(
        lines: UInt16, follows: Bool, instance: UInt16, workers: [UInt16], uid: UInt32
    ) {
        self.lines = lines
        self.follows = follows
        self.instance = instance
        self.workers = workers
        self.uid = uid
    }
}

public enum Message: Equatable, Sendable {
    case hello(Role, version: String)
    case openJournal
    case openLog(UInt32, path: String)
    case closeLog(UInt32)
    case logFailed(UInt32, errno: Int32)
    case openStream(StreamPlan)
    case streamEnded(UInt32, lines: UInt64)
    case closeStream(UInt32)
    case tailLog(TailRequest)
    case showStart(UInt32)
    case forgetStart(UInt32)
    case note(NoteLevel, String)
    case forgetRecent(worker: UInt16)
    case restyleStream(StreamStyle)
    case resolveAccount(name: String)
    case accountResolved(AccountAnswer)
    case readLoginPath(Login)
    case loginPathRead(LoginPath)
    case readEnvironmentFile
    case environmentFileRead(EnvironmentFile)
    case releaseStream(UInt32)
    case working
    case ping
    case ponged
    case watchFiles(WatchPlan)
    case fileChanged(ShownPath)
    case watchFailed(WatchFailure)
    case watching(WatchedFolders)
    case openLook(idleMilliseconds: UInt32)
    case refreshLook
    case lookTaken([UInt8])
    case admitOrders(Bool)
    case order(Order)
    case orderAnswered(OrderAnswer)
    case orderAbandoned(UInt32)
    case resolveUid(UInt32)
    case uidResolved(AccountAnswer)
    case resolveGroup(name: String)
    case groupResolved(GroupAnswer)
    case readConfig(ConfigRequest)
    case configRead
    case workerPlanned(PlannedWorker)
    case configNoted(ConfigMessage)
    case daemonPlanned(DaemonSettings)
    case configFileRead(path: String)
    case configNamesListed(path: String)
    case sourceRead(SourceReport)
    case openFigures
    case openWorker(ProxiedWorker)
    case closeWorker(UInt16)
    case openServer(ProxiedServer)
    case closeServer(UInt16)
    case openInstance(ConnectedInstance)
    case instanceReady(UInt16)
    case drainInstance(UInt16)
    case instanceDrained(UInt16)
    case closeInstance(UInt16)
    case instanceClosed(UInt16)
    case openAccessLog(worker: UInt16)
    case instanceFailed(UInt16, InstanceFault)
    case closeAccessLog(worker: UInt16)
    case proxyNoted(NoteLevel, String)

    public var kind: MessageKind {
        switch self {
        case .hello: .hello
        case .openJournal: .openJournal
        case .openLog: .openLog
        case .closeLog: .closeLog
        case .logFailed: .logFailed
        case .openStream: .openStream
        case .streamEnded: .streamEnded
        case .closeStream: .closeStream
        case .tailLog: .tailLog
        case .showStart: .showStart
        case .forgetStart: .forgetStart
        case .note: .note
        case .forgetRecent: .forgetRecent
        case .restyleStream: .restyleStream
        case .resolveAccount: .resolveAccount
        case .accountResolved: .accountResolved
        case .readLoginPath: .readLoginPath
        case .loginPathRead: .loginPathRead
        case .readEnvironmentFile: .readEnvironmentFile
        case .environmentFileRead: .environmentFileRead
        case .releaseStream: .releaseStream
        case .working: .working
        case .ping: .ping
        case .ponged: .ponged
        case .watchFiles: .watchFiles
        case .fileChanged: .fileChanged
        case .watchFailed: .watchFailed
        case .watching: .watching
        case .openLook: .openLook
        case .refreshLook: .refreshLook
        case .lookTaken: .lookTaken
        case .admitOrders: .admitOrders
        case .order: .order
        case .orderAnswered: .orderAnswered
        case .orderAbandoned: .orderAbandoned
        case .resolveUid: .resolveUid
        case .uidResolved: .uidResolved
        case .resolveGroup: .resolveGroup
        case .groupResolved: .groupResolved
        case .readConfig: .readConfig
        case .configRead: .configRead
        case .workerPlanned: .workerPlanned
        case .configNoted: .configNoted
        case .daemonPlanned: .daemonPlanned
        case .configFileRead: .configFileRead
        case .configNamesListed: .configNamesListed
        case .sourceRead: .sourceRead
        case .openFigures: .openFigures
        case .openWorker: .openWorker
        case .closeWorker: .closeWorker
        case .openServer: .openServer
        case .closeServer: .closeServer
        case .openInstance: .openInstance
        case .instanceReady: .instanceReady
        case .drainInstance: .drainInstance
        case .instanceDrained: .instanceDrained
        case .closeInstance: .closeInstance
        case .instanceClosed: .instanceClosed
        case .openAccessLog: .openAccessLog
        case .instanceFailed: .instanceFailed
        case .closeAccessLog: .closeAccessLog
        case .proxyNoted: .proxyNoted
        }
    }
}
