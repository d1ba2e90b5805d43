// How apm ends: its exit codes, and the two lines that every error is told in.

/// Stable exit codes, for scripts.
enum ExitValue: Int32, Sendable {
    case ok = 0
    case failed = 1
    case usage = 2
    case notRunning = 3
    case noSuchWorker = 4
    /// EX_UNAVAILABLE: the daemon cannot be started or does not answer.
    case unreachable = 69
    /// EX_NOPERM.
    case notPermitted = 77
    /// As timeout(1) does.
    case timedOut = 124
    /// 128 + SIGINT.
    case interrupted = 130
}

/// Something that was not done: what failed, and what to do now.
struct Failure: Error, Equatable {
    var what: String
    var now: String
    var status: ExitValue
    /// Shown between the two lines, as it is: what a program wrote before it ended.
    var quoted: String = ""
    /// What the daemon answered, when it was the daemon that refused.
    var refusal: RefusedFor?

    /// The part of a refusal that decides what apm does next.
    enum RefusedFor: Equatable {
        case unknownWorker(String)
        case nameTaken
        case otherVersion(String)
        /// The control socket does not let this caller in.
        case closedDoor
    }

    init(_ what: String, now: String, _ status: ExitValue = .failed) {
        self.what = what
        self.now = now
        self.status = status
    }

    /// A command line that means nothing.
    static func usage(_ what: String, now: String) -> Failure {
        Failure(what, now: now, .usage)
    }
}
