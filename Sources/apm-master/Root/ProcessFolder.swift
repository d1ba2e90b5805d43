// What /proc and the kernel's clocks tell of a process: numbers alone.

import CLinux
import Glibc
import Posix

final class ProcessFolder: Sendable {
    /// Opened once: names below it are short, and looking them up allocates nothing.
    private let folder: Int32
    private static let pageBytes = UInt64(sysconf(Int32(_SC_PAGESIZE)))

    init() {
        folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    deinit {
        if folder >= 0 { close(folder) }
    }

    /// Resident memory; what is shared with others counts whole. nil when it is gone.
    func residentBytes(of pid: pid_t) -> UInt64? {
        KernelFile.look(at: "\(pid)/statm", in: folder) { KernelText.number(1, in: $0) }
            .map { $0 &* Self.pageBytes }
    }

    /// Processor time of all its threads, not of its children; nil when it is gone.
    static func cpuMicroseconds(of pid: pid_t) -> UInt64? {
        UInt64(exactly: apm_cpu_microseconds(pid))
    }
}
