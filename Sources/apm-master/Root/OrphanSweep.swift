// Without control groups a process that left its group and lost its parent falls to this one, which
// is a subreaper. Whose it was cannot be told while workers run; when the daemon ends, all that
// fell to it are ended.

import Glibc

enum OrphanSweep {
    /// Kills every child but `spared`, which are all that may live; gives how many there were. Its
    /// own unreaped children keep their numbers, so nothing foreign is hit.
    static func killChildren(except spared: [pid_t]) -> Int {
        let own = getpid()
        guard let text = KernelFile.read("/proc/self/task/\(own)/children", limit: 65536) else {
            return 0
        }
        let children = text.split(separator: " ").compactMap { pid_t($0) }.filter {
            !spared.contains($0)
        }
        for child in children { _ = kill(child, SIGKILL) }
        return children.count
    }
}
