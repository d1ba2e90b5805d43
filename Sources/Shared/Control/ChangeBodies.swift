// The bodies of the commands that signal, rename, copy and change what is defined already.

import Bytes
import Settings

/// A signal for the program of a worker's instances, or of one of them.
public struct SignalCommand: Equatable, Sendable {
    public var selection: Selection
    /// 1 to 64.
    public var signal: UInt8

    public init(selection: Selection, signal: UInt8) {
        self.selection = selection
        self.signal = signal
    }

    func write(to writer: inout ByteWriter) {
        selection.write(to: &writer)
        writer.write(signal)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        selection = try Selection(reading: &reader)
        signal = try reader.readUInt8()
        guard (1...64).contains(signal) else { throw .badValue }
    }
}

/// Another name for a worker.
public struct RenameCommand: Equatable, Sendable {
    public var name: String
    public var newName: String

    public init(name: String, newName: String) {
        self.name = name
        self.newName = newName
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(newName)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        newName = try reader.readText(atMost: ControlLimits.nameBytes)
    }
}

/// A second worker with the definition of one that there is.
public struct CopyCommand: Equatable, Sendable {
    public var name: String
    public var newName: String
    public var waits: Bool

    public init(name: String, newName: String, waits: Bool = true) {
        self.name = name
        self.newName = newName
        self.waits = waits
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(newName)
        writer.write(waits)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        newName = try reader.readText(atMost: ControlLimits.nameBytes)
        waits = try reader.readBool()
    }
}

/// New values for some settings of a worker. Only these are sent: what others change meanwhile, and
/// secrets that nobody touches, stay where they are.
public struct UpdateCommand: Equatable, Sendable {
    public var name: String
    public var waits: Bool
    /// Whether instances restart where a changed setting needs it.
    public var restarts: Bool
    /// Which of `settings` are meant; the others say nothing.
    public var changed: SettingKeys
    public var settings: WorkerSettings

    public init(
        name: String, waits: Bool = true, restarts: Bool = true, changed: SettingKeys,
        settings: WorkerSettings
    ) {
        self.name = name
        self.waits = waits
        self.restarts = restarts
        self.changed = changed
        self.settings = settings
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(waits)
        writer.write(restarts)
        changed.write(to: &writer)
        settings.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        waits = try reader.readBool()
        restarts = try reader.readBool()
        changed = try SettingKeys(reading: &reader)
        settings = try WorkerSettings(reading: &reader)
    }
}

/// Where a worker's definition stands from now on.
public struct SourceCommand: Equatable, Sendable {
    public var name: String
    /// Both files absolute.
    public var source: WorkerSource

    public init(name: String, source: WorkerSource) {
        self.name = name
        self.source = source
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        source.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: ControlLimits.nameBytes)
        source = try WorkerSource(reading: &reader)
    }
}
