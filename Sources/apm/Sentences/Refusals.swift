// Every refusal of the daemon as two lines: the daemon sends the reason, apm has the words.

import Control
import Glibc
import Posix

enum Refusals {
    private static func nameTaken(_ subject: String) -> Failure {
        var failure = Failure(
            "there is a worker called \(subject) already",
            now: "call this one something else with --name, or: apm remove \(subject)")
        failure.refusal = .nameTaken
        return failure
    }

    static func failure(_ refusal: Refusal) -> Failure {
        let subject = Visible.text(refusal.subject)
        switch refusal.reason {
        case .noSuchWorker:
            var failure = Failure(
                "no worker is called \(subject)", now: "apm list shows all workers", .noSuchWorker)
            failure.refusal = .unknownWorker(refusal.subject)
            return failure
        case .noSuchInstance: return noSuchInstance(subject, count: refusal.value)
        case .nameTaken: return nameTaken(subject)
        case .badSetting:
            return .usage(subject, now: "change it; apm run -h shows what each flag takes")
        case .logNotOpened: return logNotOpened(subject, refusal)
        case .limitReached:
            let limit = refusal.value == 0 ? "" : ": the limit is \(refusal.value)"
            let passes = subject.hasPrefix("requests") || subject.hasSuffix("at once")
            return Failure(
                "no more \(subject) are possible\(limit)",
                now: passes
                    ? "wait until some of them are done, then repeat the command"
                    : "remove what is not needed any more: apm list, apm remove NAME")
        case .notPermitted:
            return Failure(
                "the daemon does not let you do this",
                now: "ask root, or use a daemon of your own: repeat it with --user",
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
        case .notRunning, .signalRefused, .beingUpdated, .limitNotSet, .environmentUnknown:
            return change(subject, refusal)
        case .unknownAccount, .accountChanged, .accountNotRead, .accountRefused, .needsRoot:
            return IdentityWords.account(subject, refusal)
        case .notYours, .onlyAsYourself, .notTold: return othersAlone(subject, refusal)
        case .configNotRead, .configOpen, .configForeign, .configUnread, .configUnknown,
            .noSource, .notInSource:
            return configuration(subject, refusal)
        case .addressTaken, .portNeedsRoot, .addressNotBound: return address(subject, refusal)
        case .envFileNotOpened, .envFileNotRead, .envFileBadLine, .envFileTooLarge:
            return IdentityWords.environmentFile(subject, refusal)
        }
    }

    /// Refusals of where a worker wants to listen.
    private static func address(_ subject: String, _ refusal: Refusal) -> Failure {
        switch refusal.reason {
        case .addressTaken:
            let addresses = subject.split(separator: " ")
            let (wanted, other) = (addresses.first ?? "", addresses.last ?? "")
            let worker = Visible.text(refusal.worker)
            guard !worker.isEmpty else {
                return Failure(
                    "\(wanted) and \(other) of one worker are in each other's way",
                    now: "leave one of them out: an address of all hosts has every host's")
            }
            return Failure(
                wanted == other
                    ? "\(wanted) is taken by \(worker)"
                    : "\(wanted) is taken by \(worker), which has \(other)",
                now: "choose another port with --server, or: apm stop \(worker)")
        case .portNeedsRoot:
            return Failure(
                "\(subject): ports below \(refusal.value) are for workers that root has defined",
                now: "choose a port from \(refusal.value) on, or have root define it",
                .notPermitted)
        default:
            return Failure(
                "\(subject) cannot be listened on: \(ErrorText.of(refusal.value))",
                now: addressAdvice(refusal.value))
        }
    }

    private static func addressAdvice(_ code: Int32) -> String {
        switch code {
        case EADDRINUSE:
            "a program outside of APM has it: end that, or choose another port with --server"
        case EADDRNOTAVAIL: "this host has no such address: ip addr shows those that it has"
        case EACCES: "root alone may have that port: choose a higher one with --server"
        default: "choose another address with --server"
        }
    }

    /// Refusals of what is for others alone.
    private static func othersAlone(_ subject: String, _ refusal: Refusal) -> Failure {
        switch refusal.reason {
        case .notYours:
            return Failure(
                "\(subject) belongs to uid \(UInt32(bitPattern: refusal.value))",
                now: "ask its owner, or root; you may start, stop, restart and signal it",
                .notPermitted)
        case .onlyAsYourself:
            return Failure(
                "what somebody else than root has defined cannot run as \(subject)",
                now: "leave --user out: it runs as who defined it; root may name any user",
                .notPermitted)
        default:
            return Failure(
                "\(subject): it failed, and why is told to those who manage the daemon alone",
                now: "ask its owner, or root, to try it: apm start \(subject)")
        }
    }

    /// Refusals of what concerns a configuration file.
    private static func configuration(_ subject: String, _ refusal: Refusal) -> Failure {
        let reason = refusal.value == 0 ? "" : ": \(ErrorText.of(refusal.value))"
        switch refusal.reason {
        case .configNotRead:
            return Failure(
                "\(subject) cannot be read\(reason)",
                now: refusal.value == ENOENT
                    ? "check how it is written; the daemon reads it with your rights"
                    : "it is read with your rights: let yourself read it and enter its folders",
                refusal.value == EACCES || refusal.value == EPERM ? .notPermitted : .failed)
        case .configOpen:
            return Failure(
                "the configuration is refused: others can change \(subject), and so what runs",
                now: "take that away: chmod go-w \(subject); also where a group may write",
                .notPermitted)
        case .configForeign:
            return Failure(
                "\(subject) is refused: uid \(UInt32(bitPattern: refusal.value)) can change it",
                now: "only its owner, or root for an owner with an account, may load it",
                .notPermitted)
        case .configUnread:
            return Failure(
                refusal.value == 0
                    ? "what reads \(subject) ended before it was done"
                    : "\(subject) was not read in time: its disk does not answer",
                now: "the daemon's log may say more; then repeat the command")
        case .configUnknown:
            return Failure(
                "no worker is from \(subject)",
                now: "apm info NAME tells which file a worker is from", .noSuchWorker)
        case .noSource:
            return Failure(
                "\(subject) was not loaded from a file",
                now: "apm update \(subject) changes it, apm restart \(subject) restarts it")
        default:
            return Failure(
                "its file does not define \(subject) any more",
                now: "apm reload FILE, with the file that apm info \(subject) names, removes it")
        }
    }

    /// Refusals of what concerns a worker that is there.
    private static func change(_ name: String, _ refusal: Refusal) -> Failure {
        let reason = refusal.value == 0 ? "" : ": \(ErrorText.of(refusal.value))"
        switch refusal.reason {
        case .notRunning:
            return Failure(
                "no program of \(name) runs", now: "apm start \(name); apm info \(name) tells more",
                .notRunning)
        case .signalRefused:
            return Failure(
                "\(name) cannot be sent a signal\(reason)",
                now: "its program is another user's by now: ask root, or apm stop \(name)")
        case .beingUpdated:
            return Failure(
                "another update of \(name) is under way", now: "give it a moment, then repeat it")
        case .limitNotSet:
            return Failure(
                "\(name) of what runs cannot be changed\(reason)",
                now: "nothing was changed; stop the worker first, or choose another limit")
        default:
            return Failure(
                refusal.value == 0
                    ? "what \(name) gets is not known: its user or file was never looked at"
                    : "the environment of \(name) is too much to be told",
                now: refusal.value == 0
                    ? "apm start \(name) looks at them" : "apm info \(name) tells its parts")
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
                now: "put it into a folder that only you can write to")
        case .logFile:
            return Failure(
                "the log \(path) is refused: not a regular file with one name and the right owner",
                now: "it must be a regular file: remove what is there, or choose another file")
        case .logDisk:
            return Failure(
                "the log \(path) is refused: its file system is on the network or in a program, "
                    + "which could hold up all logs",
                now: "put it on a disk of this machine")
        default:
            return Failure(
                "the log \(path) cannot be opened\(reason)",
                now: openAdvice(refusal.value))
        }
    }

    /// What helps when a log file cannot be opened.
    private static func openAdvice(_ code: Int32) -> String {
        switch code {
        case ENOENT: "create its folder, or choose another file"
        case EISDIR: "it is a folder: name a file in it"
        case ENOTDIR: "a part of the path is a file, not a folder: choose another file"
        case EACCES, EPERM: "choose a file that you may write"
        case ENAMETOOLONG: "shorten the name of the file, or of a folder above it"
        case ETIMEDOUT: "its disk does not answer: choose another file"
        case ENXIO: "it must be a regular file: choose another file"
        case EWOULDBLOCK:
            "somebody holds a lease on it: wait until it is let go, or choose another file"
        default: "choose another file"
        }
    }
}
