// Looks an account up where this host keeps its accounts: files, or services that answer for them.

import Glibc
import Messages

enum AccountAgent {
    static func answer(_ message: Message, _ descriptors: [Int32]) -> Message? {
        guard case .resolveAccount(let name) = message else { return nil }
        return .accountResolved(lookUp(name))
    }

    static func lookUp(_ name: String) -> AccountAnswer {
        var size = 16 * 1024
        while size <= Limits.accountEntryBytes {
            let room = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { room.deallocate() }
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            switch getpwnam_r(name, &entry, room, size, &found) {
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
