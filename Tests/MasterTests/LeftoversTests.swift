// Who a process is: its pid and the time of its start, in one boot.

import Glibc
import Testing

@testable import apm_master

@Suite struct LeftoversTests {
    @Test func startTimesAreRead() {
        #expect(Leftovers.startTicks(of: getpid()) > 0)
        #expect(Leftovers.startTicks(of: getpid()) == Leftovers.startTicks(of: getpid()))
        #expect(Leftovers.startTicks(of: 0x3FFF_FFFF) == 0)
        #expect(Leftovers.bootId.count == 36)
    }

    /// This process itself, under another start time or in another boot: it must live on.
    @Test func anotherStartTimeOrBootIsSomebodyElse() {
        let other = SavedProcess(pid: getpid(), startTicks: Leftovers.startTicks(of: getpid()) + 1)
        let same = SavedProcess(pid: getpid(), startTicks: Leftovers.startTicks(of: getpid()))
        var worker = SavedWorker(owner: 0, group: 0, settings: .init(), wanted: [true])
        worker.processes = [
            other, SavedProcess(pid: 1, startTicks: 1), SavedProcess(pid: 0, startTicks: 0),
        ]
        let here = SavedState(bootId: Leftovers.bootId, workers: [worker])
        #expect(Leftovers.end(here, tree: nil) == 0)
        worker.processes = [same]
        let elsewhere = SavedState(bootId: "another", workers: [worker])
        #expect(Leftovers.end(elsewhere, tree: nil) == 0)
    }

    /// A folder that looks like a daemon's groups, but does not lie among groups: nothing is
    /// written to it, and it stays.
    @Test func foreignFoldersAreLeftAlone() {
        let folder = "/tmp/apm-leftovers-\(getpid())"
        mkdir(folder, 0o700)
        close(open(folder + "/cgroup.kill", O_WRONLY | O_CREAT, 0o600))
        mkdir(folder + "/workers", 0o700)
        close(open(folder + "/workers/cgroup.kill", O_WRONLY | O_CREAT, 0o600))
        let identity = GroupFolder.identity(of: folder + "/workers")
        #expect(identity != 0)
        for path in [folder, "/sys/fs/cgroup/../../.." + folder, "", "/sys/fs/cgroup"] {
            GroupTree.end(at: path, identity: identity)
        }
        #expect(KernelFile.read(folder + "/cgroup.kill", limit: 8) == "")
        #expect(KernelFile.read(folder + "/workers/cgroup.kill", limit: 8) == "")
        unlink(folder + "/workers/cgroup.kill")
        #expect(rmdir(folder + "/workers") == 0)
        unlink(folder + "/cgroup.kill")
        #expect(rmdir(folder) == 0)
    }
}
