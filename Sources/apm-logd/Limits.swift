// The named limits of the logger, and its one way to give up.

import EventLoop
import Glibc

enum Limits {
    static let openFiles: UInt64 = 16384
    /// A line without end is written in pieces from this length on, so that a stream always has
    /// room to read.
    static let lineBytes = 16 * 1024
    /// Formatted bytes of one write.
    static let outputBytes = 256 * 1024
    /// Time and prefix, expanded: they and a colour of ours grow by less than 4 each.
    static let headBytes = 4 * 1024
    /// Read from a stream that is closed while a process still holds it: the largest pipe.
    static let drainBytes = 1024 * 1024
    /// What a client that waits for the start sees.
    static let startBytes = 8 * 1024
    /// Recent lines shown, and how much of a long one is kept.
    static let recentLines = 200
    static let recentLineBytes = 4 * 1024
    /// Clients that follow at once, and what waits for one of them.
    static let tails = Places.Limits(all: 64, ofOne: 16, keptForRoot: 16)
    static let tailBytes = 256 * 1024
    /// Lines of our own that wait for a log that cannot be written.
    static let backlogBytes = 64 * 1024
    /// Notes kept until the daemon's log is open; the master opens it first.
    static let earlyNotes = 64
    /// Messages handled before the pipes get their turn.
    static let messagesAtOnce = 256
    /// The master is told of work at most this often.
    static let workNanoseconds: Int64 = 1_000_000_000
    /// How long what the pipes hold is written when the master has closed.
    static let finishNanoseconds: Int64 = 2_000_000_000
    static let retryNanoseconds: Int64 = 250_000_000
    /// Memory of quiet streams is given back this long after it was touched.
    static let releaseNanoseconds: Int64 = 1_000_000_000
}

/// The master broke the protocol, or a call failed that cannot fail: there is nothing sane to go on
/// with, and a successor finds the journal in order.
func breach(_ reason: String) -> Never {
    let line = Array("apm-logd: \(reason)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(EX_SOFTWARE)
}
