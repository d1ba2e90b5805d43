// Makes the listeners of workers: TCP sockets that nobody but apm-proxyd accepts from. Whether two
// of them overlap is the address table's decision; each gets what its own version of IP brings.

import CLinux
import Glibc
import Posix
import Settings

enum BindListener {
    /// Connections that wait until they are accepted; the kernel's own limit may be lower.
    static let backlog: Int32 = 4096

    /// Ports below it are root's, as the kernel says when the daemon starts.
    static func firstFreePort() -> UInt16 {
        let text = KernelFile.read("/proc/sys/net/ipv4/ip_unprivileged_port_start", limit: 16)
        return text.flatMap { UInt16($0.prefix { $0.isNumber }) } ?? 1024
    }

    /// `isLow`: a port that only root may have, wanted by whom it is allowed to.
    static func bind(_ address: ServerAddress, isLow: Bool) throws(SystemError) -> Int32 {
        let reach = AddressReach(address)
        let family = reach.isVersion6 ? AF_INET6 : AF_INET
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("socket", subject: address.text, code: errno) }
        let socket = Descriptor(owning: number)
        // Connections of before, that wait for their last packets, are no obstacle.
        try set(SOL_SOCKET, SO_REUSEADDR, of: socket.raw, address)
        if reach.isVersion6 { try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, of: socket.raw, address) }
        if isLow { Capabilities.raiseForPorts() }
        let code = bind(socket.raw, reach) == 0 ? 0 : errno
        if isLow { try Capabilities.reduce() }
        guard code == 0 else { throw SystemError("bind", subject: address.text, code: code) }
        guard listen(socket.raw, backlog) == 0 else {
            throw SystemError("listen", subject: address.text, code: errno)
        }
        return socket.release()
    }

    private static func set(
        _ level: Int32, _ option: Int32, of socket: Int32, _ address: ServerAddress
    ) throws(SystemError) {
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard setsockopt(socket, level, option, &on, size) == 0 else {
            throw SystemError("setsockopt", subject: address.text, code: errno)
        }
    }

    private static func bind(_ socket: Int32, _ reach: AddressReach) -> Int32 {
        if reach.isVersion6 {
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = reach.port.bigEndian
            withUnsafeMutableBytes(of: &place.sin6_addr) { $0.copyBytes(from: reach.host) }
            return bind(socket, &place)
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = reach.port.bigEndian
        withUnsafeMutableBytes(of: &place.sin_addr) { $0.copyBytes(from: reach.host) }
        return bind(socket, &place)
    }

    private static func bind<Place>(_ socket: Int32, _ place: inout Place) -> Int32 {
        withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(socket, $0, socklen_t(MemoryLayout<Place>.size))
            }
        }
    }
}
