// An account as the system's own tool tells it. apm is one static executable and cannot load what
// answers for accounts on this host (LDAP and the like); getent can.

import Glibc
import Posix

struct Account: Equatable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32] = []
    var name = ""
    var home = ""

    /// nogroup: of who has no account.
    private static let nobodysGroup: UInt32 = 65_534

    /// Who has no account gets nobody's group and no other.
    static func find(_ uid: UInt32) throws(Failure) -> Account {
        guard let entry = try ask(["passwd", String(uid)]),
            var account = parse(entry: entry, uid: uid)
        else { return Account(uid: uid, gid: nobodysGroup) }
        if let line = try ask(["initgroups", account.name]) {
            account.groups = parse(groups: line)
        }
        return account
    }

    /// `name:password:uid:gid:comment:home:shell`.
    static func parse(entry: String, uid: UInt32) -> Account? {
        let fields = entry.prefix { $0 != "\n" }
            .split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 7, UInt32(fields[2]) == uid, let gid = UInt32(fields[3]),
            !fields[0].isEmpty, !fields[0].hasPrefix("-")
        else { return nil }
        return Account(uid: uid, gid: gid, name: String(fields[0]), home: String(fields[5]))
    }

    /// `name  1000 27 100`: the name, then the groups. 0 is nobody's but root's.
    static func parse(groups line: String) -> [UInt32] {
        line.split { $0 == " " || $0 == "\n" }.dropFirst().prefix(ConvertLimits.groups)
            .compactMap { UInt32($0) }.filter { $0 != 0 }
    }

    /// What getent says; nil when it knows nothing.
    private static func ask(_ words: [String]) throws(Failure) -> String? {
        var run = BoundedRun(program: "getent", arguments: ["getent"] + words)
        run.search = "/usr/bin:/bin"
        run.environment = ["PATH=/usr/bin:/bin"]
        run.limit = ConvertLimits.accountNanoseconds
        run.most = ConvertLimits.accountBytes
        do throws(SystemError) {
            let finished = try run.finish(answeringOn: .output)
            guard finished.end == .code(0) else { return nil }
            return String(decoding: finished.answer, as: UTF8.self)
        } catch {
            throw Failure(
                "the account of the file's owner is not known: \(error.text)",
                now: "convert it as its owner, or as JSON")
        }
    }
}
