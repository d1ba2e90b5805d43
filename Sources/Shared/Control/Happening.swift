// What happens to workers, as `events` tells it. Nothing of a definition is in it but the worker's
// name: no arguments, no environment; of paths none but that of a changed file that it watches.

import Bytes
import Messages
import Settings

/// What to be told of.
public struct EventsCommand: Equatable, Sendable {
    /// Workers or single instances; none = everything. A name may come into use later.
    public var selections: [Selection]

    public init(selections: [Selection] = []) {
        self.selections = selections
    }

    func write(to writer: inout ByteWriter) {
        writer.write(UInt16(selections.count))
        for selection in selections { selection.write(to: &writer) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let count = try reader.readCount(atMost: ControlLimits.selections, smallest: 5)
        selections = []
        for _ in 0..<count { selections.append(try Selection(reading: &reader)) }
    }
}

/// One event.
public struct Happening: Equatable, Sendable {
    public enum Kind: UInt8, Sendable, CaseIterable {
        /// A worker was defined.
        case defined = 1
        /// A worker is gone.
        case removed = 2
        /// The program is executed: `pid`.
        case started = 3
        /// It ended, and nobody had asked for it: `report`.
        case exited = 4
        /// The kernel ended it for want of memory: `report`.
        case oom = 5
        /// A new start after an end: `cause`, and `attempt` where a rule decided it.
        case restarted = 6
        /// It could not be started, or ended with an error and stays so: `report`.
        case failed = 7
        /// It has ended as asked: `report`, where there was a process.
        case stopped = 8
        /// A helper of the daemon ended by itself, and is started again: `role`.
        case helperEnded = 9
        /// A worker has another name: `about`. `name` is the old one.
        case renamed = 10
        /// Settings of a worker were changed: `about`, their keys.
        case updated = 11
        /// Its start waits for other workers: `about`, their names.
        case held = 12
        /// It is started although other workers do not run: `about`, their names.
        case startedWithout = 13
        /// A rolling restart ended at an instance that did not come up: `report`.
        case rollStopped = 14
    }

    /// Why it was restarted.
    public enum Cause: UInt8, Sendable, CaseIterable {
        case none = 0
        /// It had ended with exit code 0.
        case success = 1
        case error = 2
        /// Somebody asked for it.
        case person = 3
        /// A file that it watches has changed: `about`, its path.
        case watch = 4
    }

    /// Microseconds since 1970.
    public var time: UInt64
    public var kind: Kind
    /// The worker; empty for a helper.
    public var name: String
    /// Counted from 1; 0 = the worker as a whole.
    public var instance: UInt16
    /// How many the worker has.
    public var instances: UInt16
    public var pid: UInt32
    public var report: ExitReport
    public var cause: Cause
    /// Restarts by rule in a row, this one included; errors are counted anew after a good run, all
    /// after a start by a person.
    public var attempt: UInt32
    /// It stays ended because its restarts are used up.
    public var hasUsedUpRestarts: Bool
    public var role: Role
    public var about: String

    public init(
        _ kind: Kind, at time: UInt64, name: String = "", instance: UInt16 = 0,
        instances: UInt16 = 0, pid: UInt32 = 0, report: ExitReport = ExitReport(),
        cause: Cause = .none, attempt: UInt32 = 0, hasUsedUpRestarts: Bool = false,
        role: Role = .master, about: String = ""
    ) {
        self.about = about
        self.kind = kind
        self.time = time
        self.name = name
        self.instance = instance
        self.instances = instances
        self.pid = pid
        self.report = report
        self.cause = cause
        self.attempt = attempt
        self.hasUsedUpRestarts = hasUsedUpRestarts
        self.role = role
    }

    /// Where the worker has another name from now on.
    public var newName: String? { kind == .renamed ? about : nil }

    func write(to writer: inout ByteWriter) {
        writer.write(time)
        writer.writeCase(kind)
        writer.write(name)
        writer.write(instance)
        writer.write(instances)
        writer.write(pid)
        report.write(to: &writer)
        writer.writeCase(cause)
        writer.write(attempt)
        writer.write(hasUsedUpRestarts)
        writer.writeCase(role)
        writer.write(about)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        time = try reader.readUInt64()
        kind = try reader.readCase(Kind.self)
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        instance = try reader.readUInt16()
        instances = try reader.readUInt16()
        pid = try reader.readUInt32()
        report = try ExitReport(reading: &reader)
        cause = try reader.readCase(Cause.self)
        attempt = try reader.readUInt32()
        hasUsedUpRestarts = try reader.readBool()
        role = try reader.readCase(Role.self)
        about = try reader.readText(atMost: ControlLimits.aboutBytes)
    }

    /// Bytes of the shortest one.
    static let smallest = 44

    static func readList(_ reader: inout ByteReader) throws(DecodeError) -> [Happening] {
        let count = try reader.readCount(atMost: ControlLimits.happenings, smallest: smallest)
        var list: [Happening] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try Happening(reading: &reader)) }
        return list
    }
}

/// A worker and each of its instances, with their figures.
public struct WorkerFigures: Equatable, Sendable {
    public var worker: WorkerRow
    public var instances: [InstanceRow]

    public init(worker: WorkerRow, instances: [InstanceRow]) {
        self.worker = worker
        self.instances = instances
    }

    func write(to writer: inout ByteWriter) {
        worker.write(to: &writer)
        writer.write(UInt16(instances.count))
        for row in instances { row.write(to: &writer) }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        worker = try WorkerRow(reading: &reader)
        let count = try reader.readCount(atMost: SettingsLimits.instances, smallest: 63)
        instances = []
        instances.reserveCapacity(count)
        for _ in 0..<count { instances.append(try InstanceRow(reading: &reader)) }
    }

    static func readList(_ reader: inout ByteReader) throws(DecodeError) -> [WorkerFigures] {
        let count = try reader.readCount(atMost: ControlLimits.rows, smallest: 77)
        var list: [WorkerFigures] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try WorkerFigures(reading: &reader)) }
        return list
    }
}
