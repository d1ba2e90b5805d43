// A configuration that was loaded, and what is watched of it: one watch for each file that somebody
// has loaded, and one for the main configuration with all that belongs to it.

import Messages
import Settings

/// What a reading of configuration has depended on.
struct ConfigTraces: Equatable {
    /// Files and links that lead to them, also those that are not there.
    var files: [String] = []
    /// Paths whose last part is a pattern of names.
    var names: [String] = []
}

/// Why a file is read again that nobody asked to be read.
enum ConfigCause: Equatable {
    /// This has changed, as people see it.
    case changed(String)
    /// Nobody knows whether it has changed: it was not watched.
    case unseen

    func text(_ file: String) -> String {
        switch self {
        case .changed(let path): "config changed: \(path)"
        case .unseen: "config changed: \(file)"
        }
    }
}

final class ConfigWatch {
    /// What `reload` would be given.
    let file: String
    /// Of the watch.
    let id: UInt32
    /// Who reads it.
    var reader: ConfigReader
    /// What new workers of it get, and what it may refer to.
    var environment: [String]
    /// What its parts depend on; empty: nobody knows yet. More than one part has only the main
    /// configuration.
    var parts: [String: (reader: ConfigReader, traces: ConfigTraces)] = [:]
    /// What was asked of the kernel last; nil: nothing is watched.
    var request: WatchRequest?
    /// It is to be read again.
    var cause: ConfigCause?
    /// What was wrong when it was read last.
    var toldProblems: [String] = []

    init(file: String, id: UInt32, reader: ConfigReader, environment: [String]) {
        self.file = file
        self.id = id
        self.reader = reader
        self.environment = environment
    }

    /// A change that is known says more than one that may have been.
    func note(_ cause: ConfigCause) {
        if cause == .unseen, self.cause != nil { return }
        self.cause = cause
    }

    /// All that it depends on and that its reader may look at. With more than may be watched one by
    /// one, whatever is in their folders.
    func plan(mainFolder: String?) -> WatchPlan {
        var files = [file]
        var names: [String] = mainFolder.map { [$0 + "/*.conf"] } ?? []
        for (path, part) in parts.sorted(by: { $0.key < $1.key })
        where part.reader.uid == reader.uid {
            files += [path] + part.traces.files
            names += part.traces.names
        }
        return Self.plan(files, names)
    }

    static func plan(_ files: [String], _ names: [String] = []) -> WatchPlan {
        var files = unique(files)
        var names = unique(names)
        if files.count > MessageLimits.watchedFiles {
            names = unique(names + files.map { folder(of: $0) + "/*" })
            files = []
        }
        if names.count > MessageLimits.watchedFiles {
            names = unique(names.map { folder(of: $0) + "/*" })
        }
        return WatchPlan(
            files: files, names: Array(names.prefix(MessageLimits.watchedFiles)),
            delayMilliseconds: MasterLimits.configWatchDelay)
    }

    private static func unique(_ paths: [String]) -> [String] { Set(paths).sorted() }

    private static func folder(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }
}
