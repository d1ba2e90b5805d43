// Where APM is installed as a service, root's daemon is the service manager's to start: one that
// apm started itself would stand in its way.

import CLinux
import Glibc
import Posix

enum ServiceStart {
    static let unit = "apm.service"
    private static let unitFolders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    /// Whether systemd runs here and knows the service; of the system's own daemon only.
    static func isInstalled(_ surroundings: Surroundings) -> Bool {
        guard surroundings.uid == 0, surroundings.filled("APM_HOME") == nil,
            access("/run/systemd/system", F_OK) == 0
        else { return false }
        return unitFolders.contains { access("\($0)/\(unit)", F_OK) == 0 }
    }

    /// Returns when the daemon listens.
    static func start() throws(Failure) {
        let programs: [String] = ["/usr/bin/systemctl", "/bin/systemctl"]
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else {
            throw failure("there is no systemctl to start it with")
        }
        let status: Int32
        do throws(SystemError) {
            status = try run(program, ["systemctl", "start", unit])
        } catch {
            throw failure("systemctl cannot be executed: \(error.text)")
        }
        guard status == 0 else { throw failure("systemctl could not start \(unit)") }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(
            "the daemon does not run, and \(what)", now: "see why: systemctl status \(unit)",
            .unreachable)
    }

    /// Its exit code, or -1 for another end.
    private static func run(_ program: String, _ arguments: [String]) throws(SystemError) -> Int32 {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { throw SystemError("open", subject: "/dev/null", code: errno) }
        let null = Descriptor(owning: nothing)
        let report = try DescriptorPair.pipe()
        let failed = Descriptor(owning: report.reading)
        let pid = DaemonStart.clone(
            program, arguments, ["PATH=/usr/bin:/bin"],
            .init(input: null.raw, output: null.raw, report: report.writing))
        close(report.writing)
        guard pid > 0 else { throw SystemError("clone", negated: Int(pid)) }
        var outcome = apm_spawn_report()
        let size = MemoryLayout<apm_spawn_report>.size
        let count = read(failed.raw, &outcome, size)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard count != size else {
            throw SystemError("execute", subject: program, code: outcome.error)
        }
        return status & 0x7f == 0 ? status >> 8 & 0xff : -1
    }
}
