// A control group as a service manager leaves it to a unit with Delegate=yes.

import Glibc
import Testing

struct DelegatedGroup {
    /// Below the mount, and as a path.
    let name: String
    let path: String

    init(_ word: String) throws {
        let folder = try #require(GroupTreeProbe.folder)
        path = "\(folder)/unit-\(word)-\(getpid())"
        try #require(mkdir(path, 0o755) == 0, "\(path) cannot be made")
        let own = ProcessTable.group(getpid())
        name = (own == "/" ? "" : own) + "/unit-\(word)-\(getpid())"
    }

    /// Starts the daemon's executable in it, as its main process.
    func start(_ daemon: TestDaemon) throws {
        let master = Program.start(
            TestDaemon.probe, ["delegate", path, TestDaemon.executables + "/apm-master"],
            environment: daemon.environment)
        eventually("it has greeted") { daemon.apm("status").output.contains("pid \(master),") }
        try daemon.startAgain()
        #expect(daemon.pid == master)
    }
}
