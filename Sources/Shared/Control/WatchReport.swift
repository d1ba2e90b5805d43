// How the watch of a worker's files stands, as `info` tells it.

import Bytes
import Messages

public enum WatchReport: Equatable, Sendable {
    /// Nothing is to be watched.
    case off
    case starting
    case watching(WatchedFolders)
    /// Nothing is watched, although it is wanted.
    case failed(WatchFailure)

    func write(to writer: inout ByteWriter) {
        switch self {
        case .off: writer.write(UInt8(0))
        case .starting: writer.write(UInt8(1))
        case .watching(let folders):
            writer.write(UInt8(2))
            folders.write(to: &writer)
        case .failed(let failure):
            writer.write(UInt8(3))
            failure.write(to: &writer)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        switch try reader.readUInt8() {
        case 0: self = .off
        case 1: self = .starting
        case 2: self = .watching(try WatchedFolders(reading: &reader))
        case 3: self = .failed(try WatchFailure(reading: &reader))
        default: throw .badValue
        }
    }
}

extension WatchFailure {
    /// What is in the way, and what to do now; the kernel's words for `errno` are the caller's to
    /// add where `needsErrno`.
    public var words: (problem: String, now: String) {
        switch reason {
        case .folderMissing:
            ("\(path.text) is not there", "it is waited for; make the folder, or change path")
        case .notPermitted:
            ("\(path.text) may not be read", "let the worker's user read the folder")
        case .watchLimit:
            (
                "the user's limit of watched folders is reached",
                "leave folders out with watch_ignore, or as root: "
                    + "sysctl fs.inotify.max_user_watches=1048576"
            )
        case .instanceLimit:
            (
                "the user's limit of watches is reached",
                "as root: sysctl fs.inotify.max_user_instances=1024"
            )
        case .tooManyFolders:
            (
                "\(path.text) has more folders than one watch may have",
                "leave folders out with watch_ignore"
            )
        case .allIgnored:
            (
                "a pattern of watch_ignore fits \(path.text) itself, so nothing is left",
                "make the pattern longer, or begin it below the folder, like build/*"
            )
        case .failed: ("\(path.text) cannot be watched", "the daemon's log tells more")
        case .agentEnded: ("apm-agent has ended", "it is started again by itself")
        case .userUnknown:
            ("nobody knows yet whom the worker runs as", "apm start finds it out")
        case .noPlace:
            ("as many workers watch as may", "take watch from others, or watch less")
        }
    }

    public var needsErrno: Bool { reason == .failed && errno != 0 }
}
