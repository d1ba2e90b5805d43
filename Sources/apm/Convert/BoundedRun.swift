// A program that is run to its end for an answer: within a time, up to so many bytes, with an
// environment of its own and nothing on its standard input. What it started ends with it.

import CLinux
import Glibc
import Posix

struct BoundedRun {
    var program: String
    var arguments: [String]
    var environment: [String] = []
    /// Folders that the program is looked up in.
    var search = ""
    var folder = "/"
    /// Whom it runs as; nil: as this process.
    var account: Account?
    /// Refuse what others than root could change: the folder, the program.
    var isRootsAlone = false
    /// Nanoseconds.
    var limit: Int64
    /// Bytes of the answer.
    var most: Int

    init(program: String, arguments: [String]) {
        self.program = program
        self.arguments = arguments
        limit = ConvertLimits.nodeNanoseconds
        most = ConvertLimits.fileBytes
    }

    enum Place: Equatable {
        case output
        /// Descriptor 3, which the program knows of.
        case three
    }

    enum End: Equatable {
        case code(Int32)
        case signal(Int32)
        /// It was ended: the time was over.
        case late
        /// It was ended: its answer was too long.
        case flood
    }

    struct Finished: Equatable {
        var answer: [UInt8]
        var end: End
    }

    /// Throws what kept it from being executed: `identity`, `path` or `execute`.
    func finish(answeringOn place: Place) throws(SystemError) -> Finished {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw SystemError("open", subject: "/dev/null", code: errno) }
        let nothing = Descriptor(owning: null)
        let ends = try DescriptorPair.pipe()
        let answer = Descriptor(owning: ends.reading)
        let writing = Descriptor(owning: ends.writing)
        let report = try DescriptorPair.pipe()
        let failed = Descriptor(owning: report.reading)
        let reporting = Descriptor(owning: report.writing)
        let child = try spawn(
            place == .output
                ? (nothing.raw, writing.raw, nothing.raw, -1)
                : (nothing.raw, nothing.raw, nothing.raw, writing.raw),
            report: reporting.raw)
        _ = consume reporting
        _ = consume writing
        if let failure = failure(failed.raw) {
            child.end()
            throw failure
        }
        return child.finish(answer: answer.raw, limit: limit, most: most)
    }

    /// What the child reports; nil when it has executed the program.
    private func failure(_ report: Int32) -> SystemError? {
        // A folder or program on a file system that does not answer must not hold this up.
        var ready = pollfd(fd: report, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Int32(limit / 1_000_000)) > 0 else {
            return SystemError("execute", subject: program, code: ETIMEDOUT)
        }
        var outcome = apm_spawn_report()
        let size = MemoryLayout<apm_spawn_report>.size
        var count = read(report, &outcome, size)
        while count < 0, errno == EINTR { count = read(report, &outcome, size) }
        guard count == size else { return nil }
        switch UInt32(outcome.step) {
        case APM_STEP_IDENTITY.rawValue:
            return SystemError("identity", subject: program, code: outcome.error)
        case APM_STEP_PATH.rawValue, APM_STEP_PATH_UNSAFE.rawValue:
            return SystemError(
                "path", subject: program,
                code: outcome.step == APM_STEP_PATH.rawValue ? outcome.error : EPERM)
        case APM_STEP_EXEC_UNSAFE.rawValue:
            return SystemError("execute", subject: program, code: EPERM)
        default: return SystemError("execute", subject: program, code: outcome.error)
        }
    }

    private func spawn(
        _ descriptors: (Int32, Int32, Int32, Int32), report: Int32
    ) throws(SystemError) -> RunningProgram {
        let words = ArgumentVector(arguments)
        let variables = ArgumentVector(environment)
        var plan = apm_spawn_plan()
        plan.exec_fd = -1
        plan.arguments = UnsafePointer(words.pointers)
        plan.environment = UnsafePointer(variables.pointers)
        plan.descriptors = descriptors
        plan.group_fd = -1
        plan.report_fd = report
        plan.dies_with_parent = true
        plan.roots_alone = isRootsAlone
        let groups = account?.groups ?? []
        if let account {
            plan.changes_identity = true
            plan.uid = account.uid
            plan.gid = account.gid
            plan.group_count = groups.count
        }
        var pidfd: Int32 = -1
        let pid = groups.withUnsafeBufferPointer { groups in
            plan.groups = groups.baseAddress
            return program.withCString { exec in
                search.withCString { search in
                    folder.withCString { folder in
                        plan.exec = exec
                        plan.search = search
                        plan.directory = folder
                        return apm_spawn(&plan, &pidfd)
                    }
                }
            }
        }
        guard pid > 0 else { throw SystemError("clone", negated: Int(pid)) }
        return RunningProgram(pid: pid, pidfd: Descriptor(owning: pidfd))
    }
}

/// A child of this process, the leader of a session of its own.
private struct RunningProgram: ~Copyable {
    let pid: pid_t
    let pidfd: Descriptor

    /// Reads until it has ended; whatever it started may hold the other end of the pipe longer.
    consuming func finish(answer: Int32, limit: Int64, most: Int) -> BoundedRun.Finished {
        let deadline = Clock.monotonicNanoseconds + limit
        var bytes: [UInt8] = []
        var isOpen = true
        var hasEnded = false
        while !hasEnded {
            let left = (deadline - Clock.monotonicNanoseconds) / 1_000_000
            guard left > 0 else { return stopped(.late) }
            var polled = [
                pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? answer : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polled, 2, Int32(left) + 1) > 0 else { continue }
            hasEnded = polled[0].revents != 0
            // What it wrote before it ended lies in the pipe.
            repeat {
                if polled[1].revents != 0 { isOpen = Self.take(answer, into: &bytes) }
                guard bytes.count <= most else { return stopped(.flood) }
                polled[1].fd = isOpen ? answer : -1
                polled[1].revents = 0
            } while hasEnded && isOpen && poll(&polled[1], 1, 0) > 0
        }
        // Its group, while its number is taken: what it left behind.
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return .init(
            answer: bytes, end: signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal))
    }

    private static func take(_ pipe: Int32, into bytes: inout [UInt8]) -> Bool {
        var room = [UInt8](repeating: 0, count: 64 * 1024)
        let count = read(pipe, &room, room.count)
        if count < 0, errno == EINTR { return true }
        guard count > 0 else { return false }
        bytes += room[..<count]
        return true
    }

    private consuming func stopped(_ end: BoundedRun.End) -> BoundedRun.Finished {
        self.end()
        return .init(answer: [], end: end)
    }

    /// Ends it with its group.
    consuming func end() {
        kill(-pid, SIGKILL)
        _ = apm_pidfd_signal(pidfd.raw, SIGKILL)
        var ready = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, ConvertLimits.farewellMilliseconds) > 0 { waitpid(pid, nil, 0) }
    }
}
