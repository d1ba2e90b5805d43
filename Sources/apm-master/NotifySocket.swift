// What the service manager that started this daemon is told (sd_notify(3)): that it is ready, how
// it is, that it lives, that it ends. Nothing is read from it; without one nothing happens.

import CLinux
import Glibc
import Posix

final class NotifySocket {
    private let reactor: Reactor
    private let socket: Descriptor
    private var address: sockaddr_un
    private let addressLength: socklen_t
    /// Between two signs of life, in nanoseconds; 0 = none is expected.
    private let watchdog: Int64
    private var status = ""
    private var notBefore: Int64 = 0

    /// From the environment that the service manager made; nil when this is nobody's service.
    init?(reactor: Reactor, variable: (String) -> String?) {
        guard let path = variable("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@")
        else { return nil }
        var address = sockaddr_un()
        var length = apm_unix_address(path, &address)
        guard length > 0 else { return nil }
        if path.hasPrefix("@") {
            // A name without a file begins with NUL and ends where it ends.
            address.sun_path.0 = 0
            length -= 1
        }
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        socket = Descriptor(owning: number)
        self.reactor = reactor
        self.address = address
        addressLength = length
        watchdog = Self.watchdogPeriod(
            microseconds: variable("WATCHDOG_USEC"), pid: variable("WATCHDOG_PID"), own: getpid())
    }

    /// Half of what is allowed; 0 when no sign of life is expected of `own`.
    static func watchdogPeriod(microseconds: String?, pid: String?, own: pid_t) -> Int64 {
        guard let allowed = microseconds.flatMap(Int64.init), allowed > 0,
            allowed <= Int64.max / 1000
        else { return 0 }
        if let pid, pid_t(pid) != own { return 0 }
        return max(1_000_000, allowed * 1000 / 2)
    }

    /// Clients can connect.
    func ready() {
        tell("READY=1")
        signOfLife()
    }

    /// The loop turns.
    func signOfLife() {
        guard watchdog > 0 else { return }
        tell("WATCHDOG=1")
        reactor.arm(.watchdog, after: .nanoseconds(watchdog))
    }

    /// Once a turn: tells what is new, at most once a second.
    func tellStatus(running: Int, instances: Int) {
        let text =
            instances == 0
            ? "no worker is defined" : "\(running) of \(instances) instances are running"
        guard text != status else { return }
        let now = Clock.monotonicNanoseconds
        guard now >= notBefore else {
            return reactor.arm(.serviceStatus, after: .nanoseconds(notBefore - now))
        }
        notBefore = now + MasterLimits.serviceStatusPause.nanoseconds
        status = text
        tell("STATUS=" + text)
    }

    /// All workers are being stopped, which takes at most so long.
    func stopping(within duration: Duration) {
        let microseconds = duration.nanoseconds / 1000
        tell("STOPPING=1\nSTATUS=stopping all workers\nEXTEND_TIMEOUT_USEC=\(microseconds)")
    }

    /// One datagram. A manager that does not read loses words, not this daemon time.
    private func tell(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(socket.raw, bytes.baseAddress, bytes.count, 0, $0, addressLength)
                }
            }
        }
    }
}
