// Who beside root can change a file, or put another one in its place: who can do that says what the
// file says.

import CLinux
import Glibc
import Posix

public enum Changers: Equatable, Sendable {
    /// Root alone.
    case root
    /// One account.
    case one(uid_t)
    /// More than one; the file or folder that lets them.
    case anybody(String)

    /// Of an open file that `path` leads to, absolute. Errors: of the kernel; ESTALE: the path
    /// leads to another file.
    public static func of(_ file: Int32, at path: String) throws(SystemError) -> Changers {
        var found = apm_changers()
        var place = [CChar](repeating: 0, count: Int(APM_PLACE_BYTES))
        let result = apm_who_can_change(file, path, &found, &place)
        guard result == 0 else {
            throw SystemError("look at", subject: path, negated: Int(result))
        }
        guard found.anybody else { return found.who == 0 ? .root : .one(found.who) }
        let bytes = place.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return .anybody(String(decoding: bytes, as: UTF8.self))
    }
}
