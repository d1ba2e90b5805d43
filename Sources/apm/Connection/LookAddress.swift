// Where a daemon may be looked at by those whom it does not obey: an abstract name, which anybody
// may have taken. So it counts only whose process listens there.

import CLinux
import Control
import Glibc

struct LookAddress: Equatable {
    let name: String
    /// Whose daemon it is; nobody else is believed.
    let owner: UInt32

    static let system = LookAddress(name: LookName.system, owner: 0)

    static func own(_ uid: UInt32) -> LookAddress {
        LookAddress(name: LookName.of(uid: uid), owner: uid)
    }

    /// Of the daemon that APM_HOME names: its folder's owner's, where that is root or the caller.
    static func moved(to folder: String, uid: UInt32) -> LookAddress? {
        var entry = stat()
        guard lstat(folder, &entry) == 0, Trust.isTrusted(entry.st_uid, by: uid) else {
            return nil
        }
        return LookAddress(
            name: LookName.of(uid: entry.st_uid, movedTo: folder), owner: entry.st_uid)
    }

    /// As connect wants it.
    func address(_ address: inout sockaddr_un) -> socklen_t { apm_abstract_address(name, &address) }
}
