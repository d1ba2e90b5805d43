// Whom a worker runs as, found out before its start and kept for its restarts.

import Glibc
import Messages

/// An account, as the system knew it when it was asked.
struct Identity: Equatable, Sendable {
    let name: String
    let uid: uid_t
    let gid: gid_t
    let groups: [gid_t]
    let home: String
    let shell: String
    /// PATH of a login.
    var searchPath: String

    static let rootsPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// For agents of root's workers, which give up its rights but for what it owns.
    static let root = Identity(
        name: "root", uid: 0, gid: 0, groups: [], home: "/", shell: "/bin/sh",
        searchPath: rootsPath)

    /// Why an answer is not taken.
    enum Fault: Equatable {
        /// It is another account's.
        case otherName
        /// -1 as a number means "leave as it is" to the kernel.
        case noNumber
    }

    /// The answer to a question for `name`, checked like a stranger's. PATH is the usual one still.
    static func checked(_ answer: AccountAnswer, for name: String) -> Result<Identity, Fault> {
        guard answer.name == name else { return .failure(.otherName) }
        return numbered(answer)
    }

    /// The answer to a question for a uid.
    static func checked(_ answer: AccountAnswer, for uid: uid_t) -> Result<Identity, Fault> {
        guard answer.uid == uid, !answer.name.isEmpty else { return .failure(.otherName) }
        return numbered(answer)
    }

    private static func numbered(_ answer: AccountAnswer) -> Result<Identity, Fault> {
        let none = UInt32.max
        guard answer.uid != none, answer.gid != none, !answer.groups.contains(none) else {
            return .failure(.noNumber)
        }
        return .success(
            Identity(
                name: answer.name, uid: answer.uid, gid: answer.gid, groups: answer.groups,
                home: answer.home.hasPrefix("/") ? answer.home : "/",
                shell: answer.shell.hasPrefix("/") ? answer.shell : "/bin/sh",
                searchPath: rootsPath))
    }

    enum Result<Value, Fault> {
        case success(Value)
        case failure(Fault)
    }
}

/// What a start needs beside its settings.
struct Prepared: Equatable, Sendable {
    /// nil = whoever the daemon is.
    var identity: Identity?
    /// KEY=value of the environment file.
    var entries: [String] = []
    /// It runs for whoever defined it, with that caller's own variables over those of a login.
    var isForItsOwner = false

    /// From the bottom up: base, file, settings, APM's own.
    func environment(
        base: [String], settings: [String], own: [String]
    ) -> [String] {
        guard let identity else { return Environment.merged([base, entries, settings, own]) }
        let callers = isForItsOwner ? base : []
        return Environment.merged([identity.base(over: base), callers, entries, settings, own])
    }
}

extension Identity {
    /// Of the caller's variables only language, time zone and terminal stay.
    func base(over caller: [String]) -> [String] {
        let kept = caller.filter { entry in
            let key = entry.prefix { $0 != "=" }
            return key == "LANG" || key == "TZ" || key == "TERM" || key.hasPrefix("LC_")
        }
        return [
            "PATH=" + searchPath, "HOME=" + home, "USER=" + name, "LOGNAME=" + name,
            "SHELL=" + shell,
        ] + kept
    }
}
