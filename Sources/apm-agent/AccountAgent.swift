// Looks an account or a group up where this host keeps them: files, or services that answer for
// them.

import Glibc
import Messages

enum AccountAgent {
    static func answer(_ message: Message, _ descriptors: [Int32]) -> Message? {
        switch message {
        case .resolveAccount(let name):
            .accountResolved(lookUp(name))
        case .resolveUid(let uid): .uidResolved(lookUp(uid))
        case .resolveGroup(let name): .groupResolved(lookUpGroup(name))
        default: nil
        }
    }

    static func lookUp(_ name: String) -> AccountAnswer {
        find { getpwnam_r(name, $0, $1, $2, $3) }
    }

    static func lookUp(_ uid: uid_t) -> AccountAnswer {
        find { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    private typealias Lookup<Entry> = (
        UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
    ) -> Int32

    private static func find(_ lookup: Lookup<passwd>) -> AccountAnswer {
        var size = 16 * 1024
        while size <= Limits.accountEntryBytes {
            let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { room.deallocate() }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            switch lookup(&entry, room, size, &found) {
            case 0:
                guard let found else { return AccountAnswer(.unknown) }
                return describe(found.pointee)
            case ENOENT, ESRCH: return AccountAnswer(.unknown)
            case ERANGE: size *= 4
            case EINTR: continue
            case let code: return AccountAnswer(.failed, errno: code)
            }
        }
        return AccountAnswer(.tooLarge)
    }

    static func lookUpGroup(_ name: String) -> GroupAnswer {
        var size = 16 * 1024
        while size <= Limits.accountEntryBytes {
            let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { room.deallocate() }
            var entry = group()
            var found: UnsafeMutablePointer<group>?
            switch getgrnam_r(name, &entry, room, size, &found) {
            case 0, ENOENT, ESRCH:
                guard let found else { return GroupAnswer(.unknown) }
                return GroupAnswer(.found, gid: found.pointee.gr_gid)
            case ERANGE: size *= 4
            case EINTR: continue
            case let code: return GroupAnswer(.failed, errno: code)
            }
        }
        return GroupAnswer(.failed, errno: E2BIG)
    }

    private static func describe(_ entry: passwd) -> AccountAnswer {
        var answer = AccountAnswer(.found)
        answer.uid = entry.pw_uid
        answer.gid = entry.pw_gid
        guard let name = text(entry.pw_name, atMost: MessageLimits.accountNameBytes),
            let home = text(entry.pw_dir, atMost: MessageLimits.accountPathBytes),
            let shell = text(entry.pw_shell, atMost: MessageLimits.accountPathBytes),
            let groups = groups(of: name, first: entry.pw_gid)
        else { return AccountAnswer(.tooLarge) }
        answer.name = name
        answer.home = home
        answer.shell = shell
        answer.groups = groups
        return answer
    }

    /// nil when there are too many.
    private static func groups(of name: String, first: gid_t) -> [gid_t]? {
        var groups = [gid_t](repeating: 0, count: MessageLimits.groups)
        var count = Int32(groups.count)
        guard getgrouplist(name, first, &groups, &count) >= 0 else { return nil }
        return Array(groups.prefix(Int(count)))
    }

    /// nil when it is too long or no text.
    private static func text(_ start: UnsafeMutablePointer<CChar>?, atMost limit: Int) -> String? {
        guard let start else { return "" }
        let text = String(validatingCString: start)
        return (text?.utf8.count ?? .max) <= limit ? text : nil
    }
}
