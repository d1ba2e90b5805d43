// What list, info and status tell.

import Bytes
import Messages
import Settings

/// Where an instance, or a worker as a whole, stands.
public enum RunState: UInt8, Sendable, CaseIterable {
    case stopped = 0
    /// A restart is due, or a start waits for what the worker depends on.
    case waiting = 1
    case starting = 2
    case running = 3
    case stopping = 4
    /// Ended by itself with exit code 0, and nothing restarts it.
    case exited = 5
    /// Ended with an error, or could not be started, and nothing restarts it (any more).
    case errored = 6
}

/// Restarts by what caused them.
public struct RestartCounts: Equatable, Sendable {
    public var normal: UInt32 = 0
    public var error: UInt32 = 0
    public var watch: UInt32 = 0

    public init(normal: UInt32 = 0, error: UInt32 = 0, watch: UInt32 = 0) {
        self.normal = normal
        self.error = error
        self.watch = watch
    }

    func write(to writer: inout ByteWriter) {
        writer.write(normal)
        writer.write(error)
        writer.write(watch)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        normal = try reader.readUInt32()
        error = try reader.readUInt32()
        watch = try reader.readUInt32()
    }
}

/// One line of `list`.
public struct WorkerRow: Equatable, Sendable {
    public var name: String
    /// The state furthest from running among the instances.
    public var state: RunState
    public var instances: UInt16
    public var running: UInt16
    /// Of the first running instance; 0 = none.
    public var pid: UInt32
    /// Of the instance that has run longest.
    public var uptimeMilliseconds: UInt64
    /// Of all running instances.
    public var usage: Usage
    public var restarts: RestartCounts
    /// Whether any rule restarts it.
    public var hasRestartPolicy: Bool
    /// An instance is errored because its restarts are used up.
    public var hasUsedUpRestarts: Bool
    /// errno of the last failure to write its log, so that it waits; 0 = it is written.
    public var logError: Int32
    public var lastExit: ExitReport
    /// What its start waits for, the first ones.
    public var waitsFor: [String]
    /// The configuration file that it is from, at most `ControlLimits.sourceBytes` of its end;
    /// empty = none.
    public var file: String
    /// nil: it does not serve.
    public var server: ServerFigures?

    public init(
        name: String, state: RunState, instances: UInt16, running: UInt16, pid: UInt32,
        uptimeMilliseconds: UInt64, usage: Usage = Usage(), restarts: RestartCounts,
        hasRestartPolicy: Bool, hasUsedUpRestarts: Bool = false, logError: Int32 = 0,
        lastExit: ExitReport, waitsFor: [String] = [], file: String = "",
        server: ServerFigures? = nil
    ) {
        self.server = server
        self.file = file
        self.name = name
        self.state = state
        self.instances = instances
        self.running = running
        self.pid = pid
        self.uptimeMilliseconds = uptimeMilliseconds
        self.usage = usage
        self.restarts = restarts
        self.hasRestartPolicy = hasRestartPolicy
        self.hasUsedUpRestarts = hasUsedUpRestarts
        self.logError = logError
        self.lastExit = lastExit
        self.waitsFor = waitsFor
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.writeCase(state)
        writer.write(instances)
        writer.write(running)
        writer.write(pid)
        writer.write(uptimeMilliseconds)
        usage.write(to: &writer)
        restarts.write(to: &writer)
        writer.write(hasRestartPolicy)
        writer.write(hasUsedUpRestarts)
        writer.write(logError)
        lastExit.write(to: &writer)
        writer.write(waitsFor)
        writer.write(file)
        writer.write(server) { $0.write(to: &$1) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        state = try reader.readCase(RunState.self)
        instances = try reader.readUInt16()
        running = try reader.readUInt16()
        pid = try reader.readUInt32()
        uptimeMilliseconds = try reader.readUInt64()
        usage = try Usage(reading: &reader)
        restarts = try RestartCounts(reading: &reader)
        hasRestartPolicy = try reader.readBool()
        hasUsedUpRestarts = try reader.readBool()
        logError = try reader.readInt32()
        lastExit = try ExitReport(reading: &reader)
        waitsFor = try reader.readTexts(
            atMost: ControlLimits.waitedFor, each: SettingsLimits.nameBytes)
        file = try reader.readText(atMost: ControlLimits.sourceBytes)
        server = try reader.readOptional(ServerFigures.init(reading:))
    }
}

/// One instance in `info`.
public struct InstanceRow: Equatable, Sendable {
    public var number: UInt16
    public var state: RunState
    public var pid: UInt32
    public var uptimeMilliseconds: UInt64
    public var usage: Usage
    public var restarts: RestartCounts
    public var lastExit: ExitReport
    /// nil: it is not connected, or has never been started.
    public var connector: ConnectorFigures?

    public init(
        number: UInt16, state: RunState, pid: UInt32, uptimeMilliseconds: UInt64,
        usage: Usage = Usage(), restarts: RestartCounts, lastExit: ExitReport,
        connector: ConnectorFigures? = nil
    ) {
        self.connector = connector
        self.number = number
        self.state = state
        self.pid = pid
        self.uptimeMilliseconds = uptimeMilliseconds
        self.usage = usage
        self.restarts = restarts
        self.lastExit = lastExit
    }

    func write(to writer: inout ByteWriter) {
        writer.write(number)
        writer.writeCase(state)
        writer.write(pid)
        writer.write(uptimeMilliseconds)
        usage.write(to: &writer)
        restarts.write(to: &writer)
        lastExit.write(to: &writer)
        writer.write(connector) { $0.write(to: &$1) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        number = try reader.readUInt16()
        state = try reader.readCase(RunState.self)
        pid = try reader.readUInt32()
        uptimeMilliseconds = try reader.readUInt64()
        usage = try Usage(reading: &reader)
        restarts = try RestartCounts(reading: &reader)
        lastExit = try ExitReport(reading: &reader)
        connector = try reader.readOptional(ConnectorFigures.init(reading:))
    }
}

/// How far a rolling restart is.
public struct RollProgress: Equatable, Sendable {
    /// Instances that are restarted, and how many it is about; both 0 = none is under way.
    public var restarted: UInt16
    public var instances: UInt16

    public init(restarted: UInt16 = 0, instances: UInt16 = 0) {
        self.restarted = restarted
        self.instances = instances
    }

    func write(to writer: inout ByteWriter) {
        writer.write(restarted)
        writer.write(instances)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        restarted = try reader.readUInt16()
        instances = try reader.readUInt16()
    }
}

/// Everything `info` shows of a worker.
public struct WorkerInfo: Equatable, Sendable {
    public var settings: WorkerSettings
    /// The whole tree of an instance can be ended (by its control group), not its process group
    /// only.
    public var endsWholeTree: Bool
    /// What limits can rely on here.
    public var controllers: Controllers
    /// errno of the last failure to write its log; 0 = it is written.
    public var logError: Int32
    public var instances: [InstanceRow]
    /// What its start waits for.
    public var waitsFor: [String]
    /// A cycle of dependencies that it is in, from itself on, the first ones; the last one of it
    /// does not wait. Empty = none.
    public var cycle: [String]
    public var roll: RollProgress
    public var watch: WatchReport
    /// Where its definition stands.
    public var source: WorkerSource
    /// uid of whom the definition is; `unknownOwner` where that is not told.
    public var owner: UInt32
    /// nil: it does not serve.
    public var server: ServerFigures?

    public static let unknownOwner = UInt32.max

    public init(
        settings: WorkerSettings, endsWholeTree: Bool, controllers: Controllers = [],
        logError: Int32, instances: [InstanceRow], waitsFor: [String] = [], cycle: [String] = [],
        roll: RollProgress = RollProgress(), watch: WatchReport = .off,
        source: WorkerSource = WorkerSource(), owner: UInt32 = unknownOwner,
        server: ServerFigures? = nil
    ) {
        self.server = server
        self.owner = owner
        self.watch = watch
        self.source = source
        self.waitsFor = waitsFor
        self.cycle = cycle
        self.roll = roll
        self.settings = settings
        self.endsWholeTree = endsWholeTree
        self.controllers = controllers
        self.logError = logError
        self.instances = instances
    }

    func write(to writer: inout ByteWriter) {
        settings.write(to: &writer)
        writer.write(endsWholeTree)
        controllers.write(to: &writer)
        writer.write(logError)
        writer.write(UInt16(instances.count))
        for row in instances { row.write(to: &writer) }
        writer.write(waitsFor)
        writer.write(cycle)
        roll.write(to: &writer)
        watch.write(to: &writer)
        source.write(to: &writer)
        writer.write(owner)
        writer.write(server) { $0.write(to: &$1) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        settings = try WorkerSettings(reading: &reader)
        endsWholeTree = try reader.readBool()
        controllers = try Controllers(reading: &reader)
        logError = try reader.readInt32()
        let count = try reader.readCount(atMost: SettingsLimits.instances, smallest: 64)
        instances = []
        for _ in 0..<count { instances.append(try InstanceRow(reading: &reader)) }
        waitsFor = try reader.readTexts(
            atMost: SettingsLimits.dependencies, each: SettingsLimits.nameBytes)
        cycle = try reader.readTexts(
            atMost: ControlLimits.cycle, each: SettingsLimits.nameBytes)
        roll = try RollProgress(reading: &reader)
        watch = try WatchReport(reading: &reader)
        source = try WorkerSource(reading: &reader)
        owner = try reader.readUInt32()
        server = try reader.readOptional(ServerFigures.init(reading:))
    }
}

/// One helper in `status`.
public struct HelperRow: Equatable, Sendable {
    public var role: Role
    /// 0 = not running.
    public var pid: UInt32
    public var restarts: UInt32
    /// How it ended last, in words; empty = never.
    public var lastEnd: String

    public init(role: Role, pid: UInt32, restarts: UInt32, lastEnd: String = "") {
        self.role = role
        self.pid = pid
        self.restarts = restarts
        self.lastEnd = lastEnd
    }
}

/// How the daemon is.
public struct DaemonStatus: Equatable, Sendable {
    public var version: String
    public var pid: UInt32
    public var uid: UInt32
    public var uptimeMilliseconds: UInt64
    public var workers: UInt16
    public var instances: UInt16
    public var running: UInt16
    /// Lines of the daemon's own log that could not be kept.
    public var notesLost: UInt32
    public var helpers: [HelperRow]
    /// The group whose members are let in; empty = none.
    public var allowGroup: String
    public var isOperatedByEveryone: Bool
    public var autoReload: Bool

    public init(
        version: String, pid: UInt32, uid: UInt32, uptimeMilliseconds: UInt64, workers: UInt16,
        instances: UInt16, running: UInt16, notesLost: UInt32, helpers: [HelperRow],
        allowGroup: String = "", isOperatedByEveryone: Bool = false, autoReload: Bool = false
    ) {
        self.allowGroup = allowGroup
        self.isOperatedByEveryone = isOperatedByEveryone
        self.autoReload = autoReload
        self.version = version
        self.pid = pid
        self.uid = uid
        self.uptimeMilliseconds = uptimeMilliseconds
        self.workers = workers
        self.instances = instances
        self.running = running
        self.notesLost = notesLost
        self.helpers = helpers
    }

    func write(to writer: inout ByteWriter) {
        writer.write(version)
        writer.write(pid)
        writer.write(uid)
        writer.write(uptimeMilliseconds)
        writer.write(workers)
        writer.write(instances)
        writer.write(running)
        writer.write(notesLost)
        writer.write(UInt16(helpers.count))
        for helper in helpers {
            writer.writeCase(helper.role)
            writer.write(helper.pid)
            writer.write(helper.restarts)
            writer.write(helper.lastEnd)
        }
        writer.write(allowGroup)
        writer.write(isOperatedByEveryone)
        writer.write(autoReload)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        version = try reader.readText(atMost: MessageLimits.versionBytes)
        pid = try reader.readUInt32()
        uid = try reader.readUInt32()
        uptimeMilliseconds = try reader.readUInt64()
        workers = try reader.readUInt16()
        instances = try reader.readUInt16()
        running = try reader.readUInt16()
        notesLost = try reader.readUInt32()
        let count = try reader.readCount(atMost: ControlLimits.helpers, smallest: 11)
        helpers = []
        for _ in 0..<count {
            helpers.append(
                HelperRow(
                    role: try reader.readCase(Role.self), pid: try reader.readUInt32(),
                    restarts: try reader.readUInt32(),
                    lastEnd: try reader.readText(atMost: ControlLimits.subjectBytes)))
        }
        allowGroup = try reader.readText(atMost: SettingsLimits.userBytes)
        isOperatedByEveryone = try reader.readBool()
        autoReload = try reader.readBool()
    }
}
