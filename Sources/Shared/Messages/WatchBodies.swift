// What a watching apm-agent is told and what it tells, to bytes and back.

import Bytes

/// What is to be watched.
public struct WatchPlan: Equatable, Sendable {
    public enum Mode: UInt8, Sendable, CaseIterable {
        /// `folder` with all folders below it; `wanted` and `ignored` say what counts.
        case tree = 0
        /// Just `files`, and what `names` fits, through the folders that they are in.
        case files = 1
    }

    public var mode: Mode
    /// How long nothing more must change before a change is told.
    public var delayMilliseconds: UInt32
    /// Absolute; told paths are seen from here.
    public var folder: String
    /// Patterns (Shared/Patterns).
    public var wanted: [String]
    public var ignored: [String]
    /// Absolute paths.
    public var files: [String]
    /// Absolute paths whose last part is a pattern: `*` any bytes, `?` one character.
    public var names: [String]

    /// A folder with all that is below it.
    public init(
        folder: String, wanted: [String], ignored: [String] = [], delayMilliseconds: UInt32
    ) {
        mode = .tree
        self.folder = folder
        self.wanted = wanted
        self.ignored = ignored
        self.delayMilliseconds = delayMilliseconds
        files = []
        names = []
    }

    /// These files alone, and what has such a name.
    public init(files: [String], names: [String] = [], delayMilliseconds: UInt32) {
        mode = .files
        folder = "/"
        wanted = []
        ignored = []
        self.files = files
        self.names = names
        self.delayMilliseconds = delayMilliseconds
    }

    func write(to writer: inout ByteWriter) {
        writer.writeCase(mode)
        writer.write(delayMilliseconds)
        writer.write(folder)
        writer.write(wanted)
        writer.write(ignored)
        writer.write(files)
        writer.write(names)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        mode = try reader.readCase(Mode.self)
        delayMilliseconds = try reader.readUInt32()
        folder = try reader.readText(atMost: MessageLimits.watchPathBytes)
        wanted = try reader.readTexts(
            atMost: MessageLimits.watchPatterns, each: MessageLimits.watchPatternBytes)
        ignored = try reader.readTexts(
            atMost: MessageLimits.watchPatterns, each: MessageLimits.watchPatternBytes)
        files = try reader.readTexts(
            atMost: MessageLimits.watchedFiles, each: MessageLimits.watchPathBytes)
        names = try reader.readTexts(
            atMost: MessageLimits.watchedFiles, each: MessageLimits.watchPathBytes)
        guard ([folder] + files + names).allSatisfy({ $0.hasPrefix("/") }) else { throw .badValue }
    }
}

/// A path that is shown to people: short, and without control characters. A longer one is cut by
/// who tells it.
public struct ShownPath: Equatable, Sendable {
    public let text: String

    /// What cannot be shown becomes `?`; what is too long loses its beginning.
    public init(_ bytes: some Collection<UInt8>) {
        let clean = String(decoding: bytes, as: UTF8.self).unicodeScalars.map {
            Self.isShown($0) ? Character($0) : "?"
        }
        let whole = String(clean)
        guard whole.utf8.count > MessageLimits.shownPathBytes else {
            text = whole
            return
        }
        var rest = whole.suffix(MessageLimits.shownPathBytes)
        while rest.utf8.count + 3 > MessageLimits.shownPathBytes { rest.removeFirst() }
        text = "…" + rest
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        text = try reader.readText(atMost: MessageLimits.shownPathBytes)
        guard text.unicodeScalars.allSatisfy(Self.isShown) else { throw .badText }
    }
}

/// How a watch stands.
public struct WatchedFolders: Equatable, Sendable {
    public var count: UInt32
    /// Folders that could not be watched, and the first of them.
    public var skipped: UInt32
    public var errno: Int32
    public var firstSkipped: ShownPath

    public init(
        count: UInt32, skipped: UInt32 = 0, errno: Int32 = 0, firstSkipped: ShownPath = .none
    ) {
        self.count = count
        self.skipped = skipped
        self.errno = errno
        self.firstSkipped = firstSkipped
    }

    public func write(to writer: inout ByteWriter) {
        writer.write(count)
        writer.write(skipped)
        writer.write(errno)
        writer.write(firstSkipped.text)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        count = try reader.readUInt32()
        skipped = try reader.readUInt32()
        errno = try reader.readInt32()
        firstSkipped = try ShownPath(reading: &reader)
    }
}

extension ShownPath {
    public static let none = ShownPath([])
}

/// Why nothing is watched.
public struct WatchFailure: Error, Equatable, Sendable {
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// The folder is not there, or is none; it is waited for.
        case folderMissing = 1
        /// It may not be read.
        case notPermitted = 2
        /// The user's limit of watched folders: fs.inotify.max_user_watches.
        case watchLimit = 3
        /// The user's limit of watches: fs.inotify.max_user_instances.
        case instanceLimit = 4
        /// More folders than one watch may have.
        case tooManyFolders = 5
        /// watch_ignore leaves nothing.
        case allIgnored = 6
        /// The kernel said otherwise no: `errno`.
        case failed = 7
        /// The agent ended and is started again. Said by the master.
        case agentEnded = 8
        /// Nobody has found out yet whom the worker runs as. Said by the master.
        case userUnknown = 9
        /// As many watch as may. Said by the master.
        case noPlace = 10
    }

    public var reason: Reason
    public var errno: Int32
    public var path: ShownPath

    public init(_ reason: Reason, errno: Int32 = 0, path: ShownPath = .none) {
        self.reason = reason
        self.errno = errno
        self.path = path
    }

    public func write(to writer: inout ByteWriter) {
        writer.writeCase(reason)
        writer.write(errno)
        writer.write(path.text)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        reason = try reader.readCase(Reason.self)
        errno = try reader.readInt32()
        path = try ShownPath(reading: &reader)
    }
}
