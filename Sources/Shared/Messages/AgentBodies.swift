// What apm-agent is asked and what it answers, and both directions: `write(to:)` and
// `init(reading:)`.

import Bytes

/// What the system knows of an account.
public struct AccountAnswer: Equatable, Sendable {
    public enum Result: UInt8, Sendable, CaseIterable {
        case found = 0
        /// There is no such account.
        case unknown = 1
        /// The look-up failed; `errno` says how.
        case failed = 2
        /// It has more groups than `MessageLimits.groups`, or a text longer than its limit.
        case tooLarge = 3
    }

    public var result: Result
    public var errno: Int32 = 0
    /// As the system writes it.
    public var name = ""
    public var uid: UInt32 = 0
    public var gid: UInt32 = 0
    /// All of them, the first one included.
    public var groups: [UInt32] = []
    public var home = ""
    public var shell = ""

    public init(_ result: Result, errno: Int32 = 0) {
        self.result = result
        self.errno = errno
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(result)
        writer.write(errno)
        writer.write(name)
        writer.write(uid)
        writer.write(gid)
        writer.write(UInt16(groups.count))
        for group in groups { writer.write(group) }
        writer.write(home)
        writer.write(shell)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        result = try reader.readCase(Result.self)
        errno = try reader.readInt32()
        name = try reader.readText(atMost: MessageLimits.accountNameBytes)
        uid = try reader.readUInt32()
        gid = try reader.readUInt32()
        let count = try reader.readCount(atMost: MessageLimits.groups, smallest: 4)
        groups.reserveCapacity(count)
        for _ in 0..<count { groups.append(try reader.readUInt32()) }
        home = try reader.readText(atMost: MessageLimits.accountPathBytes)
        shell = try reader.readText(atMost: MessageLimits.accountPathBytes)
    }
}

/// The number of a group.
public struct GroupAnswer: Equatable, Sendable {
    public enum Result: UInt8, Sendable, CaseIterable {
        case found = 0
        /// There is no such group.
        case unknown = 1
        /// The look-up failed; `errno` says how.
        case failed = 2
    }

    public var result: Result
    public var errno: Int32
    public var gid: UInt32

    public init(_ result: Result, errno: Int32 = 0, gid: UInt32 = 0) {
        self.result = result
        self.errno = errno
        self.gid = gid
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(result)
        writer.write(errno)
        writer.write(gid)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        result = try reader.readCase(Result.self)
        errno = try reader.readInt32()
        gid = try reader.readUInt32()
    }
}

/// Whose shell is asked.
public struct Login: Equatable, Sendable {
    public var name: String
    public var home: String
    public var shell: String

    public init(name: String, home: String, shell: String) {
        self.name = name
        self.home = home
        self.shell = shell
    }

    func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(home)
        writer.write(shell)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: MessageLimits.accountNameBytes)
        home = try reader.readText(atMost: MessageLimits.accountPathBytes)
        shell = try reader.readText(atMost: MessageLimits.accountPathBytes)
    }
}

/// The PATH that a login has.
public struct LoginPath: Equatable, Sendable {
    public enum Source: UInt8, Sendable, CaseIterable {
        case shell = 0
        /// The account has no shell that lets anybody in: `path` is the usual one.
        case noLogin = 1
        /// The shell failed or told nothing of use: `path` is the usual one.
        case failed = 2
        /// The shell did not answer in time: `path` is the usual one.
        case late = 3
    }

    public var source: Source
    public var path: String

    public init(_ source: Source, path: String) {
        self.source = source
        self.path = path
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(source)
        writer.write(path)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        source = try reader.readCase(Source.self)
        path = try reader.readText(atMost: MessageLimits.searchPathBytes)
    }
}

/// What an environment file holds.
public struct EnvironmentFile: Equatable, Sendable {
    public enum Result: UInt8, Sendable, CaseIterable {
        case read = 0
        /// Reading failed; `number` is the errno.
        case failed = 1
        /// More bytes than `MessageLimits.environmentFileBytes`.
        case tooLong = 2
        /// A line that is no KEY=value; `number` is the line, from 1.
        case badLine = 3
        /// A line with too much in it; `number` is the line.
        case longLine = 4
        /// More entries than `MessageLimits.environmentEntries`; `number` is the line.
        case tooMany = 5
    }

    public var result: Result
    public var number: Int32
    /// KEY=value, in the order of the file.
    public var entries: [String]

    public init(_ result: Result, number: Int32 = 0, entries: [String] = []) {
        self.result = result
        self.number = number
        self.entries = entries
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(result)
        writer.write(number)
        writer.write(entries)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        result = try reader.readCase(Result.self)
        number = try reader.readInt32()
        entries = try reader.readTexts(
            atMost: MessageLimits.environmentEntries, each: MessageLimits.environmentEntryBytes)
    }
}
