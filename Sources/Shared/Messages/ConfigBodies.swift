// What the agent that reads configuration is asked and what it answers, and both directions:
// `write(to:)` and `init(reading:)`. What a file defines travels as Shared/Settings has it.

import Bytes
import Settings

/// A configuration to be read.
public struct ConfigRequest: Equatable, Sendable {
    /// Absolute.
    public var path: String
    /// Files that others than root and whoever reads can change are refused.
    public var checksOwners: Bool
    /// A file that is not there is as good as an empty one; and the files of the folder `path.d`
    /// whose names end in .conf are read after it.
    public var isMain: Bool
    /// Nobody has asked for it, and somebody may still be writing: it is read until two readings
    /// say the same.
    public var settles: Bool
    /// KEY=value: variables that a file may refer to.
    public var environment: [String]

    public init(
        path: String, checksOwners: Bool, isMain: Bool, settles: Bool = false,
        environment: [String]
    ) {
        self.settles = settles
        self.path = path
        self.checksOwners = checksOwners
        self.isMain = isMain
        self.environment = environment
    }

    func write(to writer: inout ByteWriter) {
        writer.write(path)
        writer.write(checksOwners)
        writer.write(isMain)
        writer.write(settles)
        writer.write(environment)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        path = try reader.readText(atMost: SettingsLimits.pathBytes)
        checksOwners = try reader.readBool()
        isMain = try reader.readBool()
        settles = try reader.readBool()
        environment = try reader.readTexts(
            atMost: MessageLimits.configVariables, each: SettingsLimits.argumentBytes)
    }
}

/// What became of one file, with all that it includes.
public struct SourceReport: Equatable, Sendable {
    public enum Result: UInt8, Sendable, CaseIterable {
        /// What it defines has come; single workers may be refused.
        case read = 0
        /// It has a mistake that may concern all of it: what it defines is not to be believed.
        case broken = 1
        /// It cannot be read. `value`: errno.
        case notRead = 2
        /// Not a byte of it was looked at, because somebody beside root can change it. `value`: the
        /// uid.
        case belongs = 3
        /// The same, but more than one account can. `subject`: the file or folder that lets them.
        case open = 4
    }

    public var result: Result
    /// Absolute.
    public var file: String
    public var value: Int32
    public var subject: String
    /// Workers that it defines wrongly, by name.
    public var refused: [String]

    public init(
        _ result: Result, file: String, value: Int32 = 0, subject: String = "",
        refused: [String] = []
    ) {
        self.refused = refused
        self.result = result
        self.file = file
        self.value = value
        self.subject = subject
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(result)
        writer.write(file)
        writer.write(value)
        writer.write(subject)
        writer.write(refused)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        result = try reader.readCase(Result.self)
        file = try reader.readText(atMost: SettingsLimits.pathBytes)
        value = try reader.readInt32()
        subject = try reader.readText(atMost: SettingsLimits.pathBytes)
        refused = try reader.readTexts(
            atMost: MessageLimits.configWorkers, each: SettingsLimits.nameBytes)
    }
}
