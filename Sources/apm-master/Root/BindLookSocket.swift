// Makes the look socket: an abstract name, which anybody may connect to and anybody may take before
// us. Where it is taken the daemon goes on without, and says who has it.

import CLinux
import Glibc
import Posix

enum BindLookSocket {
    enum Outcome {
        case bound(Int32)
        /// Somebody has the name: who, as far as the kernel tells; pid 0 = it does not.
        case taken(pid: pid_t, uid: uid_t)
        case failed(SystemError)
    }

    /// Connections that wait while apm-guid is started.
    private static let backlog: Int32 = 4096

    static func bind(_ name: String) -> Outcome {
        let number = makeSocket()
        guard number >= 0 else { return .failed(SystemError("socket", code: errno)) }
        let socket = Descriptor(owning: number)
        guard connectOrBind(socket.raw, name, Glibc.bind) == 0 else {
            guard errno == EADDRINUSE else {
                return .failed(SystemError("bind", subject: "@" + name, code: errno))
            }
            return owner(of: name)
        }
        // Connections inherit it. Older kernels know no such thing: there apm-guid closes them.
        _ = apm_refuse_descriptors(socket.raw)
        guard listen(socket.raw, backlog) == 0 else {
            return .failed(SystemError("listen", subject: "@" + name, code: errno))
        }
        return .bound(socket.release())
    }

    private static func makeSocket() -> Int32 {
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return Glibc.socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    /// Who listens there, where somebody does; never waits for it.
    private static func owner(of name: String) -> Outcome {
        let number = makeSocket()
        guard number >= 0 else { return .taken(pid: 0, uid: 0) }
        let socket = Descriptor(owning: number)
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        guard connectOrBind(socket.raw, name, Glibc.connect) == 0,
            apm_peer(socket.raw, &pid, &uid, &gid) == 0
        else { return .taken(pid: 0, uid: 0) }
        return .taken(pid: pid, uid: uid)
    }

    private static func connectOrBind(
        _ socket: Int32, _ name: String,
        _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        let length = apm_abstract_address(name, &address)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(socket, $0, length)
            }
        }
    }
}
