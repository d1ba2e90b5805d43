// Starts a helper: its own executable, opened when the daemon started, in an environment rebuilt
// from nothing, as its own user, in an empty network namespace, with fd 3 and nothing else.

import CLinux
import Glibc
import Messages
import Posix

struct SpawnedHelper {
    let pid: pid_t
    let pidfd: Int32
    /// The master's end of fd 3.
    let link: Int32
    /// Ends when the helper is executed; else brings {step, errno}.
    let report: Int32
}

/// How a helper is started beside its executable.
struct HelperPlan {
    var arguments: [String] = []
    let nullDevice: Int32
    var timeZone: String?
    /// nil: as this kind of helper does that acts for nobody.
    var identity: Identity?
    var hasNetwork = false
    /// What it starts ends with the first process that it starts.
    var ownProcesses = false

    init(nullDevice: Int32, timeZone: String? = nil) {
        self.nullDevice = nullDevice
        self.timeZone = timeZone
    }

    /// An agent's job may need the network: accounts can live there, and a profile is the user's.
    /// Watching files and reading configuration do not.
    init(agent job: AgentJob, as identity: Identity?, nullDevice: Int32) {
        self.init(nullDevice: nullDevice)
        arguments = [job.rawValue]
        self.identity = identity
        hasNetwork = job != .watch && job != .config
        ownProcesses = job == .environment
    }
}

struct HelperExecutable: ~Copyable {
    let role: Role
    let file: Descriptor
    /// Where the system users do not exist yet.
    static func fallbackUid(of role: Role) -> uid_t {
        switch role {
        case .logd: 64_901
        case .agent: 64_902
        case .guid: 64_903
        case .proxyd: 64_904
        case .master, .cli: preconditionFailure("\(role) is not a helper")
        }
    }

    /// Looks beside this executable, then in the installed place.
    init(_ role: Role, beside folder: String) throws(SystemError) {
        self.role = role
        let places = ["\(folder)/\(role.processName)", "/usr/libexec/apm/\(role.processName)"]
        for place in places {
            let descriptor = open(place, O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 {
                file = Descriptor(owning: descriptor)
                return
            }
        }
        throw SystemError("open", subject: places[0], code: errno)
    }

    borrowing func spawn(_ wanted: HelperPlan) throws(SystemError) -> SpawnedHelper {
        let report = try DescriptorPair.pipe()
        let link: (Int32, Int32)
        do {
            link = try DescriptorPair.packetSockets()
        } catch {
            close(report.reading)
            close(report.writing)
            throw error
        }
        _ = fcntl(report.reading, F_SETFL, O_NONBLOCK)
        // A crash must be seen as what it is, not as the crash reporter's forbidden calls.
        var variables = ["SWIFT_BACKTRACE=enable=no", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
        if let timeZone = wanted.timeZone { variables.append("TZ=" + timeZone) }
        let arguments = ArgumentVector([role.processName] + wanted.arguments)
        let environment = ArgumentVector(variables)
        var pidfd: Int32 = -1
        var plan = apm_spawn_plan()
        plan.exec_fd = file.raw
        plan.arguments = UnsafePointer(arguments.pointers)
        plan.environment = UnsafePointer(environment.pointers)
        plan.descriptors = (wanted.nullDevice, wanted.nullDevice, wanted.nullDevice, link.1)
        plan.group_fd = -1
        plan.report_fd = report.writing
        if geteuid() == 0 {
            plan.changes_identity = true
            plan.uid = wanted.identity?.uid ?? Self.fallbackUid(of: role)
            plan.gid = wanted.identity?.gid ?? plan.uid
            plan.empty_network = !wanted.hasNetwork
            plan.own_processes = wanted.ownProcesses
        }
        let pid = "/".withCString { root in
            (wanted.identity?.groups ?? []).withUnsafeBufferPointer { groups in
                plan.directory = root
                plan.groups = groups.baseAddress
                plan.group_count = groups.count
                return apm_spawn(&plan, &pidfd)
            }
        }
        close(link.1)
        close(report.writing)
        guard pid > 0 else {
            close(link.0)
            close(report.reading)
            throw SystemError("clone", subject: role.processName, negated: Int(pid))
        }
        return SpawnedHelper(pid: pid, pidfd: pidfd, link: link.0, report: report.reading)
    }
}
