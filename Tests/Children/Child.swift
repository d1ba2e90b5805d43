// Children of tests.

import CLinux
import Glibc
import Posix

public enum Child {
    /// Starts `arguments` with four descriptors (-1: none at 3). Returns its pid.
    public static func spawn(
        _ arguments: [String], environment: [String], descriptors: (Int32, Int32, Int32, Int32)
    ) throws -> pid_t {
        let report = try DescriptorPair.pipe()
        defer { for end in [report.reading, report.writing] { close(end) } }
        var pidfd: Int32 = -1
        defer { if pidfd >= 0 { close(pidfd) } }
        let pid = withCStrings(arguments) { argv in
            withCStrings(environment) { envp in
                "/usr/bin:/bin".withCString { search in
                    var plan = apm_spawn_plan()
                    plan.exec = UnsafePointer(argv[0])
                    plan.search = search
                    plan.exec_fd = -1
                    plan.arguments = UnsafePointer(argv)
                    plan.environment = UnsafePointer(envp)
                    plan.descriptors = descriptors
                    plan.group_fd = -1
                    plan.report_fd = report.writing
                    return apm_spawn(&plan, &pidfd)
                }
            }
        }
        guard pid > 0 else { throw SystemError("spawn \(arguments[0])", negated: Int(pid)) }
        return pid
    }

    /// Waits for its end. Its exit code; nil when a signal ended it.
    public static func waitForEnd(of pid: pid_t) -> Int32? {
        var status: Int32 = 0
        guard waitpid(pid, &status, 0) == pid, status & 0x7F == 0 else { return nil }
        return status >> 8 & 0xFF
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { list[index] = strdup(text) }
        list[texts.count] = nil
        defer {
            for index in texts.indices { free(list[index]) }
            list.deallocate()
        }
        return body(list)
    }
}
