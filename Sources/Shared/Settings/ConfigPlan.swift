// What a configuration file says, as values: what apm-agent hands to the master, what `check` and
// `reload` compare with what runs. The text and its parser are in Shared/Config, which the master
// does not link.

import Bytes

/// Where a worker's definition stands.
public struct WorkerSource: Equatable, Hashable, Sendable {
    /// The file that was loaded, which `reload` reads again; absolute. Empty = no file.
    public var file: String
    /// The file that the block stands in: `file`, or one that it includes; absolute.
    public var blockFile: String
    /// The line of the block's first word, from 1; 0 = not known.
    public var line: UInt32

    public init(file: String = "", blockFile: String = "", line: UInt32 = 0) {
        self.file = file
        self.blockFile = blockFile
        self.line = line
    }

    public func write(to writer: inout ByteWriter) {
        writer.write(file)
        writer.write(blockFile)
        writer.write(line)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        blockFile = try reader.readText(atMost: SettingsLimits.pathBytes)
        line = try reader.readUInt32()
    }
}

/// A worker as a file defines it.
public struct PlannedWorker: Equatable, Sendable {
    public var settings: WorkerSettings
    public var source: WorkerSource

    public init(settings: WorkerSettings, source: WorkerSource) {
        self.settings = settings
        self.source = source
    }

    public func write(to writer: inout ByteWriter) {
        source.write(to: &writer)
        settings.write(to: &writer)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        source = try WorkerSource(reading: &reader)
        settings = try WorkerSettings(reading: &reader)
    }
}

/// Something to tell about a place in a file.
public struct ConfigMessage: Equatable, Sendable {
    public enum Level: UInt8, CaseIterable, Sendable {
        /// What it is about was left out or taken otherwise; the rest holds.
        case warning = 0
        /// A worker, or the whole file, was refused.
        case error = 1
    }

    public var level: Level
    public var file: String
    /// From 1; 0 = the file as a whole.
    public var line: UInt32
    /// In bytes, from 1; 0 = the line as a whole.
    public var column: UInt32
    /// What is wrong.
    public var text: String
    /// What to do now.
    public var advice: String

    public init(
        _ level: Level, file: String, line: UInt32 = 0, column: UInt32 = 0, _ text: String,
        now advice: String
    ) {
        self.level = level
        self.file = file
        self.line = line
        self.column = column
        self.text = text
        self.advice = advice
    }

    public func write(to writer: inout ByteWriter) {
        writer.writeCase(level)
        writer.write(file)
        writer.write(line)
        writer.write(column)
        writer.write(text)
        writer.write(advice)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        level = try reader.readCase(Level.self)
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        line = try reader.readUInt32()
        column = try reader.readUInt32()
        text = try reader.readText(atMost: SettingsLimits.messageBytes)
        advice = try reader.readText(atMost: SettingsLimits.messageBytes)
    }
}

/// All that one file and those that it includes say. In memory only: it travels piece by piece.
public struct ConfigPlan: Equatable, Sendable {
    public var workers: [PlannedWorker] = []
    public var daemon = DaemonSettings()
    public var messages: [ConfigMessage] = []
    /// The files that were read, the first one first; absolute.
    public var files: [String] = []
    /// Workers that the files define wrongly, by name: what runs under these names stays as it is.
    public var refused: [String] = []
    /// The text was not understood, or a file that it includes was not read. Nothing else of the
    /// plan is filled then, and nothing is to be changed for it.
    public var isBroken = false

    public init() {}

    /// Whether something was refused.
    public var hasErrors: Bool { messages.contains { $0.level == .error } }
}
