// Opens a log file in a one-shot child that has the rights of whom the worker belongs to: a slow
// disk, a FIFO, a lease or a link costs that child, not the daemon.

import CLinux
import Control
import Glibc
import Posix

/// A child that opens one file; the answer comes over `reply`.
struct LogOpener {
    let definer: uid_t
    let pid: pid_t
    let pidfd: Int32
    let reply: Int32

    enum Answer {
        case opened(Int32)
        case failed(ExitReport.Step, errno: Int32)
        case notYet
    }

    static func start(
        path: String, definer: uid_t, group: gid_t
    ) throws(SystemError) -> LogOpener {
        let ends = try DescriptorPair.packetSockets()
        var pidfd: Int32 = -1
        let pid = path.withCString {
            apm_spawn_log_opener($0, definer, group, ends.1, &pidfd)
        }
        close(ends.1)
        guard pid > 0 else {
            close(ends.0)
            throw SystemError("clone", negated: Int(pid))
        }
        return LogOpener(definer: definer, pid: pid, pidfd: pidfd, reply: ends.0)
    }

    /// The answer, checked: exactly one descriptor when it says opened, none when it does not.
    func answer() -> Answer {
        var report = apm_spawn_report()
        let packet: ReceivedPacket?
        do {
            packet = try withUnsafeMutableBytes(of: &report) { bytes throws(SystemError) in
                try PacketSocket.receive(into: bytes, from: reply)
            }
        } catch {
            return .failed(.log, errno: error.code)
        }
        guard let packet else { return .notYet }
        let step = UInt8(exactly: report.step).flatMap(ExitReport.Step.init(rawValue:))
        guard packet.byteCount == MemoryLayout<apm_spawn_report>.size, let step else {
            for descriptor in packet.descriptors { close(descriptor) }
            return .failed(.log, errno: EIO)
        }
        // The child has the definer's uid, who can make it say anything: its word is not enough.
        if step == .none, packet.descriptors.count == 1,
            apm_is_log(packet.descriptors[0], definer)
        {
            return .opened(packet.descriptors[0])
        }
        if !packet.descriptors.isEmpty {
            _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
        }
        return .failed(step == .none ? .logFile : step, errno: report.error)
    }

    func abandon() {
        _ = apm_pidfd_signal(pidfd, SIGKILL)
        finish()
    }

    func finish() {
        close(pidfd)
        close(reply)
    }
}
