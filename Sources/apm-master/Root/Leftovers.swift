// What a dead daemon left running is ended before anything is started: by control group, or, where
// there was none, by pid and start time in the same boot. A number that was used again is another
// process and is left alone.

import CLinux
import Glibc

enum Leftovers {
    /// Tells boots apart, so that pids and start times of another one mean nothing.
    static var bootId: String {
        let text = KernelFile.read("/proc/sys/kernel/random/boot_id", limit: 64) ?? ""
        return String(text.prefix { $0 != "\n" })
    }

    /// Clock ticks from boot to the start of a process; 0 when there is none.
    static func startTicks(of pid: pid_t) -> UInt64 {
        // The name may hold anything, also `) R 1 (`: the fields begin behind the last bracket.
        guard let text = KernelFile.read("/proc/\(pid)/stat", limit: 1024),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) ?? 0 : 0
    }

    /// Gives how many processes it ended.
    static func end(_ state: SavedState, tree: GroupTree?) -> Int {
        guard state.bootId == bootId else { return 0 }
        if state.groups != tree?.path {
            GroupTree.end(at: state.groups, identity: state.groupsIdentity)
        }
        return state.workers.joined().count { end($0) }
    }

    private static func end(_ process: SavedProcess) -> Bool {
        guard process.pid > 1, process.startTicks > 0 else { return false }
        let pidfd = apm_pidfd_open(process.pid)
        guard pidfd >= 0 else { return false }
        defer { close(pidfd) }
        guard startTicks(of: process.pid) == process.startTicks else { return false }
        // Its group first: as long as the leader lives, the number is its own.
        SignalInstance.sendToGroup(SIGKILL, ofUnreapedLeader: process.pid)
        SignalInstance.send(SIGKILL, to: pidfd)
        return true
    }
}

extension [SavedWorker] {
    fileprivate func joined() -> [SavedProcess] { flatMap(\.processes) }
}
