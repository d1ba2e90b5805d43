// Opens an environment file in a one-shot child: with the rights of whom the worker belongs to, or,
// where others could redirect root, with those of the user that it runs as. The file goes from the
// child to the agent that reads it, through a socket that this process never looks into.

import CLinux
import Control
import Glibc
import Posix

/// A child that opens one file; what became of it comes over `reply`.
struct EnvironmentOpener {
    private let pidfd: Int32
    let reply: Int32
    /// The other end of where the file goes; belongs to whoever asked.
    let file: Int32

    enum Answer {
        case opened
        /// With a step that names an owner, the value is a uid.
        case failed(ExitReport.Step, value: Int32)
        case notYet
    }

    static func start(
        path: String, definer: uid_t, group: gid_t, worker: Identity?
    ) throws(SystemError) -> EnvironmentOpener {
        let ends = try DescriptorPair.packetSockets()
        let way: (Int32, Int32)
        do {
            way = try DescriptorPair.packetSockets()
        } catch {
            closeAll([ends.0, ends.1])
            throw error
        }
        var pidfd: Int32 = -1
        var plan = apm_open_plan()
        plan.definer = definer
        plan.definer_group = group
        plan.uid = worker?.uid ?? 0
        plan.gid = worker?.gid ?? 0
        plan.reply_fd = ends.1
        plan.file_fd = way.1
        let pid = path.withCString { path in
            (worker?.groups ?? []).withUnsafeBufferPointer { groups in
                plan.path = path
                plan.groups = groups.baseAddress
                plan.group_count = groups.count
                return apm_spawn_environment_opener(&plan, &pidfd)
            }
        }
        closeAll([ends.1, way.1])
        guard pid > 0 else {
            closeAll([ends.0, way.0])
            throw SystemError("clone", negated: Int(pid))
        }
        return EnvironmentOpener(pidfd: pidfd, reply: ends.0, file: way.0)
    }

    private static func closeAll(_ descriptors: [Int32]) {
        for descriptor in descriptors { close(descriptor) }
    }

    /// The child may run as the worker's user, who can make it say anything: whatever that is, it
    /// concerns nobody else.
    func answer() -> Answer {
        var report = apm_spawn_report()
        do {
            let packet = try withUnsafeMutableBytes(of: &report) { bytes throws(SystemError) in
                try PacketSocket.receive(into: bytes, from: reply)
            }
            guard let packet else { return .notYet }
            if !packet.descriptors.isEmpty {
                _ = apm_close_elsewhere(packet.descriptors, Int32(packet.descriptors.count))
            }
            let step = UInt8(exactly: report.step).flatMap(ExitReport.Step.init(rawValue:))
            guard packet.byteCount == MemoryLayout<apm_spawn_report>.size, let step else {
                return .failed(.envFile, value: EIO)
            }
            return step == .none ? .opened : .failed(step, value: report.error)
        } catch {
            return .failed(.envFile, value: error.code)
        }
    }

    /// Done with it, whatever it is doing.
    func end() {
        _ = apm_pidfd_signal(pidfd, SIGKILL)
        close(pidfd)
        _ = apm_close_elsewhere([reply], 1)
    }
}
