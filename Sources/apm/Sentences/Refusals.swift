// Every refusal of the daemon as two lines: the daemon sends the reason, apm has the words.

import Control
import Glibc
import Posix

enum Refusals {
    static func failure(_ refusal: Refusal) -> Failure {
        let subject = Visible.text(refusal.subject)
        switch refusal.reason {
        case .noSuchWorker:
            var failure = Failure(
                "no worker is called \(subject)", now: "apm list shows all workers", .noSuchWorker)
            failure.refusal = .unknownWorker(refusal.subject)
            return failure
        case .noSuchInstance: return noSuchInstance(subject, count: refusal.value)
        case .nameTaken:
            return Failure(
                "there is a worker called \(subject) already",
                now: "call this one something else with --name, or: apm remove \(subject)")
        case .badSetting:
            return .usage(subject, now: "change it; apm run -h shows what each flag takes")
        case .logNotOpened: return logNotOpened(subject, refusal)
        case .limitReached:
            let limit = refusal.value == 0 ? "" : ": the limit is \(refusal.value)"
            return Failure(
                "no more \(subject) are possible\(limit)",
                now: "remove what is not needed any more: apm list, apm remove NAME")
        case .notPermitted:
            return Failure(
                "the daemon does not let you do this",
                now: "ask root, or use a daemon of your own: set APM_HOME to a folder of yours",
                .notPermitted)
        case .ending:
            return Failure(
                "the daemon is ending", now: "give it a moment, then repeat the command",
                .unreachable)
        case .beingRemoved:
            return Failure(
                "\(subject) is being removed", now: "wait until apm list no longer shows it")
        case .helperDown:
            return Failure(
                "apm-logd, which keeps the logs, does not run at the moment",
                now: "repeat the command in a second; apm status tells how it is")
        case .otherVersion:
            var failure = Failure(
                "the daemon is of version \(subject), apm of another",
                now: "end the old one with its own apm (exit daemon), then repeat the command",
                .unreachable)
            failure.refusal = .otherVersion(refusal.subject)
            return failure
        case .unknownAccount, .accountChanged, .accountNotRead, .accountRefused, .needsRoot:
            return IdentityWords.account(subject, refusal)
        case .notYours:
            return Failure(
                "\(subject) belongs to uid \(UInt32(bitPattern: refusal.value))",
                now: "its owner and root may do this; you may start, stop and restart it",
                .notPermitted)
        case .onlyAsYourself:
            return Failure(
                "you cannot have the system's daemon run something as \(subject)",
                now: "leave --user out: the worker then runs as you; root may name any user",
                .notPermitted)
        case .envFileNotOpened, .envFileNotRead, .envFileBadLine, .envFileTooLarge:
            return IdentityWords.environmentFile(subject, refusal)
        }
    }

    private static func noSuchInstance(_ subject: String, count: Int32) -> Failure {
        Failure(
            "\(subject) has \(Count.of(count, "instance"))",
            now: count == 1
                ? "name it without a number, or as \(subject)#1"
                : "they are \(subject)#1 to \(subject)#\(count)",
            .noSuchWorker)
    }

    private static func logNotOpened(_ path: String, _ refusal: Refusal) -> Failure {
        let reason = refusal.value == 0 ? "" : ": \(ErrorText.of(refusal.value))"
        switch refusal.step {
        case .logFolder:
            return Failure(
                "the log \(path) is refused: a folder above it can be changed by somebody else",
                now: "put it into a folder that only you can write to, with --log")
        case .logFile:
            return Failure(
                "the log \(path) is refused: not a regular file with one name and the right owner",
                now: "it must be a regular file: remove what is there, or choose another with --log"
            )
        case .logDisk:
            return Failure(
                "the log \(path) is refused: its file system is on the network or in a program, "
                    + "which could hold up all logs",
                now: "put it on a disk of this machine, with --log")
        default:
            return Failure(
                "the log \(path) cannot be opened\(reason)",
                now: openAdvice(refusal.value))
        }
    }

    /// What helps when a log file cannot be opened.
    private static func openAdvice(_ code: Int32) -> String {
        switch code {
        case ENOENT: "create its folder, or choose another file with --log"
        case EISDIR: "it is a folder: name a file in it, with --log"
        case ENOTDIR: "a part of the path is a file, not a folder: choose another with --log"
        case EACCES, EPERM: "choose a file that you may write, with --log"
        case ENAMETOOLONG: "shorten the name of the file, or of a folder above it"
        case ETIMEDOUT: "its disk does not answer: choose another with --log"
        case ENXIO: "it must be a regular file: choose another with --log"
        case EWOULDBLOCK:
            "somebody holds a lease on it: wait until it is let go, or choose another with --log"
        default: "choose another file with --log"
        }
    }
}
