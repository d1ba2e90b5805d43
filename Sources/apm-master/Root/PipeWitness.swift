// A child that asks for the lock of a worker's pipe, in place of this process, which must never
// wait for it.

import CLinux
import Glibc
import Posix

final class PipeWitness {
    private let pid: pid_t
    private let pidfd: Descriptor

    init(_ pipe: Int32) throws(SystemError) {
        var number: Int32 = -1
        pid = apm_spawn_pipe_witness(pipe, &number)
        guard pid > 0 else { throw SystemError("clone", negated: Int(pid)) }
        pidfd = Descriptor(owning: number)
    }

    /// It is of no use any more; if it waits for the pipe still, it ends when it has got it.
    deinit {
        SignalInstance.send(SIGKILL, to: pidfd.raw)
    }

    /// In a sleep that nothing interrupts: what an overloaded machine has not let run is not.
    var isWaiting: Bool {
        let text = KernelFile.read("/proc/\(pid)/stat", limit: 1024) ?? ""
        guard let end = text.lastIndex(of: ")") else { return false }
        return text[end...].hasPrefix(") D ")
    }
}
