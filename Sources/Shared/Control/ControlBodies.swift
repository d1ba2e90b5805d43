// The bodies of control messages, and their two directions: `write(to:)` and `init(reading:)`.

import Bytes
import Messages
import Settings

/// A worker by name, and one of its instances or all.
public struct Selection: Equatable, Sendable {
    public var name: String
    /// Counted from 1; 0 = all.
    public var instance: UInt16
    /// The reply comes when the work is done (or failed), not when it has begun.
    public var waits: Bool

    public init(name: String, instance: UInt16 = 0, waits: Bool = true) {
        self.name = name
        self.instance = instance
        self.waits = waits
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(instance)
        writer.write(waits)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        instance = try reader.readUInt16()
        waits = try reader.readBool()
    }
}

/// A new worker to define and start.
public struct RunCommand: Equatable, Sendable {
    public var waits: Bool
    public var settings: WorkerSettings

    public init(waits: Bool = true, settings: WorkerSettings) {
        self.waits = waits
        self.settings = settings
    }

    func write(to writer: inout ByteWriter) {
        writer.write(waits)
        settings.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        waits = try reader.readBool()
        settings = try WorkerSettings(reading: &reader)
    }
}

/// Which lines of a worker's log to show.
public struct LogCommand: Equatable, Sendable {
    public var selection: Selection
    public var lines: UInt16
    public var follows: Bool

    public init(selection: Selection, lines: UInt16, follows: Bool) {
        self.selection = selection
        self.lines = lines
        self.follows = follows
    }

    func write(to writer: inout ByteWriter) {
        selection.write(to: &writer)
        writer.write(lines)
        writer.write(follows)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        selection = try Selection(reading: &reader)
        lines = try reader.readUInt16()
        follows = try reader.readBool()
    }
}

/// How a run, start, stop, restart or remove ended.
public struct Outcome: Equatable, Sendable {
    public enum Result: UInt8, Sendable, CaseIterable {
        /// Begun, as asked; nobody waited for more.
        case begun = 0
        /// All instances concerned run (or are stopped, or are gone).
        case done = 1
        /// An instance ended inside its startup_grace; `report` says how.
        case diedEarly = 2
        /// It was so already: running at start, stopped at stop.
        case already = 3
        /// Another command changed the worker while this one waited.
        case overtaken = 4
        /// An instance ended inside its startup_grace with exit code 0; `report` says so.
        case finished = 5
        /// A rolling restart ended at an instance that did not come up; `report` says how, and
        /// `instances` how many had been restarted before it.
        case rollStopped = 6
    }

    public var result: Result
    /// Instances concerned.
    public var instances: UInt16
    /// Of the first instance that died early, else empty.
    public var report: ExitReport
    /// Workers in depends_on that do not run: begun, it waits for them; done, it was started
    /// without them. The first ones alone.
    public var missing: [String]

    public init(
        result: Result, instances: UInt16, report: ExitReport = ExitReport(),
        missing: [String] = []
    ) {
        self.result = result
        self.instances = instances
        self.report = report
        self.missing = missing
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(result)
        writer.write(instances)
        report.write(to: &writer)
        writer.write(missing)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        result = try reader.readCase(Result.self)
        instances = try reader.readUInt16()
        report = try ExitReport(reading: &reader)
        missing = try reader.readTexts(
            atMost: ControlLimits.waitedFor, each: SettingsLimits.nameBytes)
    }
}

/// How an instance ended, or why it could not be started.
public struct ExitReport: Equatable, Sendable {
    public enum Cause: UInt8, Sendable, CaseIterable {
        /// Never ended yet.
        case none = 0
        /// `value` is the exit code.
        case code = 1
        /// `value` is the signal.
        case signal = 2
        /// Not started: `value` is the errno (or an owner, see `Step`), `step` says of what.
        case notStarted = 3
        /// Killed by the kernel for want of memory: `value` is 1 when it was over a limit of its
        /// own, 0 when there was none left above it.
        case outOfMemory = 4
        /// It held up the pipe to its log and was ended; `value` is the signal.
        case heldUpLog = 5
        /// apm-proxyd could not go on with it, and it was ended; `value` is a `Fault`.
        case faulted = 6
    }

    /// What an instance did by which nobody can speak with it any more.
    public enum Fault: Int32, Sendable, CaseIterable {
        /// What its connector greeted with is no hello.
        case badHello = 1
        /// It has closed its standard input or output.
        case closedPipe = 2
        /// It has not taken what was written to it for too long.
        case doesNotRead = 3
    }

    /// What was being done when a start failed.
    public enum Step: UInt8, Sendable, CaseIterable {
        case none = 0
        /// A process could not be made.
        case clone = 1
        /// The control group could not be made, limited or entered.
        case group = 2
        /// Session, keyring, limits, priority.
        case session = 3
        /// Becoming the user.
        case identity = 4
        /// Entering the working directory.
        case path = 5
        /// Standard input and output.
        case descriptors = 6
        /// Executing the program.
        case exec = 7
        /// The start did not finish within its deadline.
        case deadline = 8
        /// Opening a log file.
        case log = 9
        /// A folder above the log file belongs to, or can be written by, somebody else.
        case logFolder = 10
        /// The log is not a regular file with one name that belongs to whom it should.
        case logFile = 11
        /// The working directory, or a folder above it, can be changed by somebody else than root.
        case pathUnsafe = 20
        /// The program, or a folder above it, can be changed by somebody else than root.
        case execUnsafe = 21
        /// Opening the environment file.
        case envFile = 22
        /// A folder above the environment file can be changed by somebody else.
        case envFolder = 23
        /// The environment file is not a regular file with one name, or not root's alone.
        case envKind = 24
        /// The log lies on a file system that another process or machine answers for.
        case logDisk = 25

        /// Whether the value beside it is a uid (whose it is; 0 = root's) instead of an errno.
        public var namesAnOwner: Bool {
            self == .pathUnsafe || self == .execUnsafe || self == .envFolder
        }
    }

    /// `value` of `outOfMemory`.
    public static let overOwnLimit: Int32 = 1

    public var cause: Cause
    public var value: Int32
    public var step: Step
    /// The instance, counted from 1; 0 = the worker.
    public var instance: UInt16
    public var uptimeMilliseconds: UInt64

    /// Of `faulted`; nil: one that this version does not know.
    public var fault: Fault? { cause == .faulted ? Fault(rawValue: value) : nil }

    public init(
        cause: Cause = .none, value: Int32 = 0, step: Step = .none, instance: UInt16 = 0,
        uptimeMilliseconds: UInt64 = 0
    ) {
        self.cause = cause
        self.value = value
        self.step = step
        self.instance = instance
        self.uptimeMilliseconds = uptimeMilliseconds
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(cause)
        writer.write(value)
        writer.writeCase(step)
        writer.write(instance)
        writer.write(uptimeMilliseconds)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        cause = try reader.readCase(Cause.self)
        value = try reader.readInt32()
        step = try reader.readCase(Step.self)
        instance = try reader.readUInt16()
        uptimeMilliseconds = try reader.readUInt64()
    }
}

/// Why a request is not carried out. The CLI makes the sentence.
public struct Refusal: Equatable, Sendable {
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// `subject`: the name.
        case noSuchWorker = 1
        /// `subject`: the name; `value`: how many instances there are.
        case noSuchInstance = 2
        /// `subject`: the name.
        case nameTaken = 3
        /// `subject`: key and what is wrong with it.
        case badSetting = 4
        /// A log file cannot be opened. `subject`: its path; `report` says why.
        case logNotOpened = 5
        /// `subject`: what there are too many of; `value`: the limit.
        case limitReached = 6
        /// The caller's uid may not do this.
        case notPermitted = 7
        /// The daemon is ending.
        case ending = 8
        /// The worker is being removed. `subject`: the name.
        case beingRemoved = 9
        /// apm-logd does not run at the moment.
        case helperDown = 10
        /// apm and daemon are of different versions. `subject`: the daemon's version.
        case otherVersion = 11
        /// There is no such account. `subject`: its name.
        case unknownAccount = 20
        /// The account is another uid than when the worker was defined. `value`: the uid now;
        /// `other`: the one before.
        case accountChanged = 21
        /// The account could not be looked up. `value`: errno.
        case accountNotRead = 22
        /// The system's answer belongs to another account, or holds no valid number.
        case accountRefused = 23
        /// Only root's daemon can become that account. `value`: the daemon's uid.
        case needsRoot = 24
        /// An environment file cannot be opened. `subject`: its path; `step` says why.
        case envFileNotOpened = 25
        /// It cannot be read. `value`: errno.
        case envFileNotRead = 26
        /// A line of it is no KEY=value. `value`: the line.
        case envFileBadLine = 27
        /// It has too much in it. `value`: the line; 0 = the whole file.
        case envFileTooLarge = 28
        /// No instance that is meant has a program that runs. `subject`: the worker.
        case notRunning = 40
        /// The kernel refused a signal. `subject`: the worker; `value`: errno.
        case signalRefused = 41
        /// An update of it is under way already. `subject`: the worker.
        case beingUpdated = 42
        /// A limit of a living control group could not be changed. `subject`: its file; `value`:
        /// errno.
        case limitNotSet = 43
        /// What its children get cannot be told. `subject`: the worker; `value`: E2BIG when it is
        /// too much, 0 when its user or file was never looked at.
        case environmentUnknown = 44
        /// Only its owner and root may do this to it. `subject`: the worker; `value`: the owner.
        case notYours = 50
        /// A member of the group runs workers as nobody but themselves. `subject`: the user asked
        /// for.
        case onlyAsYourself = 51
        /// It failed, and why is for those whom the daemon lets in. `subject`: the worker.
        case notTold = 52
        /// A configuration file cannot be read. `subject`: its path; `value`: errno.
        case configNotRead = 70
        /// More than one account beside root can change it. `subject`: the file or folder that
        /// lets them.
        case configOpen = 71
        /// Somebody else can change it. `subject`: its path; `value`: the uid.
        case configForeign = 72
        /// What reads it did not answer. `subject`: its path; `value`: ETIMEDOUT when it was late.
        case configUnread = 73
        /// No worker comes from this file. `subject`: its path.
        case configUnknown = 74
        /// This worker was not loaded from a file. `subject`: its name.
        case noSource = 75
        /// Its file does not define it any more, or refuses it. `subject`: its name.
        case notInSource = 76
        /// `subject`: the address wanted, a blank, the one that is in its way; `worker`: whose that
        /// is, empty = its own.
        case addressTaken = 80
        /// A port that only root's workers may have. `subject`: the address; `value`: the first one
        /// that is free to all.
        case portNeedsRoot = 81
        /// The kernel refused an address. `subject`: the address; `value`: errno.
        case addressNotBound = 82
    }

    public var reason: Reason
    public var subject: String
    public var value: Int32
    public var step: ExitReport.Step
    /// A second number, where the reason has one.
    public var other: Int32
    /// The worker that is not started, where it is defined already.
    public var worker: String

    public init(
        _ reason: Reason, subject: String = "", value: Int32 = 0, step: ExitReport.Step = .none,
        other: Int32 = 0, worker: String = ""
    ) {
        self.other = other
        self.worker = worker
        self.reason = reason
        self.subject = subject
        self.value = value
        self.step = step
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(reason)
        writer.write(subject)
        writer.write(value)
        writer.writeCase(step)
        writer.write(other)
        writer.write(worker)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        reason = try reader.readCase(Reason.self)
        subject = try reader.readText(atMost: ControlLimits.subjectBytes)
        value = try reader.readInt32()
        step = try reader.readCase(ExitReport.Step.self)
        other = try reader.readInt32()
        worker = try reader.readText(atMost: ControlLimits.nameBytes)
    }
}
