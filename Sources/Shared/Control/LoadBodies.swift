// The bodies of the commands that carry configuration files out, and the report on them.

import Bytes
import Messages
import Settings

/// A file whose workers are to run.
public struct LoadCommand: Equatable, Sendable {
    /// Absolute.
    public var file: String
    public var waits: Bool
    /// KEY=value of the caller: what stands under the environment of new workers, and what the
    /// file may refer to.
    public var environment: [String]

    public init(file: String, waits: Bool = true, environment: [String] = []) {
        self.file = file
        self.waits = waits
        self.environment = environment
    }

    func write(to writer: inout ByteWriter) {
        writer.write(file)
        writer.write(waits)
        writer.write(environment)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        waits = try reader.readBool()
        environment = try Self.readEnvironment(&reader)
    }

    static func readEnvironment(_ reader: inout ByteReader) throws(DecodeError) -> [String] {
        try reader.readTexts(
            atMost: MessageLimits.configVariables, each: SettingsLimits.argumentBytes)
    }
}

/// A file whose workers are to be gone.
public struct UnloadCommand: Equatable, Sendable {
    /// Absolute.
    public var file: String
    public var waits: Bool

    public init(file: String, waits: Bool = true) {
        self.file = file
        self.waits = waits
    }

    func write(to writer: inout ByteWriter) {
        writer.write(file)
        writer.write(waits)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        waits = try reader.readBool()
    }
}

/// A file, or a worker of one, that is to be as it is written now.
public struct ReloadCommand: Equatable, Sendable {
    /// Absolute; empty = the one that worker `name` is from, and that worker alone.
    public var file: String
    public var name: String
    public var waits: Bool
    /// Workers that have not changed restart, too.
    public var forces: Bool
    /// What would be done is told, and nothing is done.
    public var isDry: Bool
    /// As of `LoadCommand`.
    public var environment: [String]

    public init(
        file: String = "", name: String = "", waits: Bool = true, forces: Bool = false,
        isDry: Bool = false, environment: [String] = []
    ) {
        self.file = file
        self.name = name
        self.waits = waits
        self.forces = forces
        self.isDry = isDry
        self.environment = environment
    }

    func write(to writer: inout ByteWriter) {
        writer.write(file)
        writer.write(name)
        writer.write(waits)
        writer.write(forces)
        writer.write(isDry)
        writer.write(environment)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        waits = try reader.readBool()
        forces = try reader.readBool()
        isDry = try reader.readBool()
        environment = try LoadCommand.readEnvironment(&reader)
    }
}

/// The daemon's main configuration is to run.
public struct BootCommand: Equatable, Sendable {
    public var waits: Bool
    /// As of `LoadCommand`.
    public var environment: [String]

    public init(waits: Bool = true, environment: [String] = []) {
        self.waits = waits
        self.environment = environment
    }

    func write(to writer: inout ByteWriter) {
        writer.write(waits)
        writer.write(environment)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        waits = try reader.readBool()
        environment = try LoadCommand.readEnvironment(&reader)
    }
}

/// What became of one worker.
public struct LoadRow: Equatable, Sendable {
    public enum Deed: UInt8, Sendable, CaseIterable {
        /// Defined and started.
        case start = 0
        /// It runs, or rests, as the file has it.
        case keep = 1
        /// It was running already; with `changed`, the file has other settings for it.
        case skip = 2
        /// Its settings were changed.
        case update = 3
        /// Restarted although nothing has changed.
        case restart = 4
        /// Stopped and removed.
        case remove = 5
        /// Nothing was done: `refusal`.
        case refuse = 6
    }

    public var name: String
    public var deed: Deed
    /// Settings that differ from what runs.
    public var changed: SettingKeys
    /// Where something was done.
    public var outcome: Outcome?
    public var refusal: Refusal?

    public init(
        name: String, _ deed: Deed, changed: SettingKeys = SettingKeys(), outcome: Outcome? = nil,
        refusal: Refusal? = nil
    ) {
        self.name = name
        self.deed = deed
        self.changed = changed
        self.outcome = outcome
        self.refusal = refusal
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.writeCase(deed)
        changed.write(to: &writer)
        writer.write(outcome != nil)
        outcome?.write(to: &writer)
        writer.write(refusal != nil)
        refusal?.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        deed = try reader.readCase(Deed.self)
        changed = try SettingKeys(reading: &reader)
        if try reader.readBool() { outcome = try Outcome(reading: &reader) }
        if try reader.readBool() { refusal = try Refusal(reading: &reader) }
    }
}

/// How a load, unload, reload or boot ended.
public struct LoadReport: Equatable, Sendable {
    /// What the files' own text gives reason to say; messages beyond the limit are counted alone.
    public var messages: [ConfigMessage] = []
    public var messagesLeft: UInt32 = 0
    /// Files of which nothing was carried out: they cannot be read, or not be believed.
    public var refusedFiles: UInt16 = 0
    public var rows: [LoadRow] = []
    /// Rows that there was no room for.
    public var rowsLeft: UInt32 = 0

    public init() {}

    /// What fits: of the messages the first ones; rows that tell of nothing done go first.
    public func within(messageBytes: Int, rowBytes: Int) -> LoadReport {
        var report = self
        report.messages = []
        var writer = ByteWriter()
        for message in messages.prefix(MessageLimits.configNotes) {
            message.write(to: &writer)
            guard writer.bytes.count <= messageBytes else { break }
            report.messages.append(message)
        }
        report.messagesLeft &+= UInt32(messages.count - report.messages.count)
        report.rows = Self.fitting(rows, within: rowBytes)
        if report.rows.count < rows.count {
            let changed = rows.filter { $0.deed != .keep && $0.deed != .skip }
            report.rows = Self.fitting(changed, within: rowBytes)
        }
        report.rowsLeft &+= UInt32(rows.count - report.rows.count)
        return report
    }

    private static func fitting(_ rows: [LoadRow], within bytes: Int) -> [LoadRow] {
        var kept: [LoadRow] = []
        var writer = ByteWriter()
        for row in rows.prefix(ControlLimits.loadRows) {
            row.write(to: &writer)
            guard writer.bytes.count <= bytes else { break }
            kept.append(row)
        }
        return kept
    }

    func write(to writer: inout ByteWriter) {
        writer.write(UInt16(messages.count))
        for message in messages { message.write(to: &writer) }
        writer.write(messagesLeft)
        writer.write(refusedFiles)
        writer.write(UInt16(rows.count))
        for row in rows { row.write(to: &writer) }
        writer.write(rowsLeft)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let messages = try reader.readCount(
            atMost: MessageLimits.configNotes, smallest: Self.smallestMessage)
        for _ in 0..<messages { self.messages.append(try ConfigMessage(reading: &reader)) }
        messagesLeft = try reader.readUInt32()
        refusedFiles = try reader.readUInt16()
        let rows = try reader.readCount(
            atMost: ControlLimits.loadRows, smallest: Self.smallestRow)
        for _ in 0..<rows { self.rows.append(try LoadRow(reading: &reader)) }
        rowsLeft = try reader.readUInt32()
    }

    private static let smallestMessage = 17
    private static let smallestRow = 15
}
