// Starts the process of an instance: pipes, group, identity, program. The result of exec comes
// later, over the report pipe.

import CLinux
import Control
import Glibc
import Posix
import Settings

/// What starting needs beside the settings.
struct SpawnRequest {
    let settings: WorkerSettings
    let environment: [String]
    /// Whom it runs as; nil = whoever the daemon is.
    let identity: Identity?
    /// Group folder, -1 without control groups.
    let group: Int32
    let nullDevice: Int32
    /// Soft limit of open files that the daemon itself was started with.
    let openFiles: UInt64
}

/// A process on its way to its program; the descriptors belong to the receiver.
struct SpawnedProcess {
    let pid: pid_t
    let pidfd: Int32
    /// Ends when the program is executed; else brings {step, errno}.
    let report: Int32
    /// Writing end of its standard input; -1 where it reads /dev/null.
    let input: Int32
    /// Reading ends, never blocking.
    let output: Int32
    let errorOutput: Int32
}

enum SpawnWorker {
    static func spawn(_ request: SpawnRequest) throws(SystemError) -> SpawnedProcess {
        let settings = request.settings
        let pipes = try openPipes(withInput: settings.standardInput == .pipe)
        let (output, errors, report) = (pipes[0], pipes[1], pipes[2])
        let input = pipes.count == 4 ? pipes[3] : (reading: request.nullDevice, writing: -1)
        let arguments = ArgumentVector([settings.exec] + settings.params)
        let environment = ArgumentVector(request.environment)
        var pidfd: Int32 = -1
        let search = searchPath(request.environment)
        let groups = request.identity?.groups ?? []
        let pid = settings.exec.withCString { exec in
            search.withCString { search in
                settings.path.withCString { directory in
                    groups.withUnsafeBufferPointer { groups in
                        var plan = apm_spawn_plan()
                        plan.exec = exec
                        plan.search = search
                        plan.exec_fd = -1
                        plan.arguments = UnsafePointer(arguments.pointers)
                        plan.environment = UnsafePointer(environment.pointers)
                        plan.directory = directory
                        plan.descriptors = (input.reading, output.writing, errors.writing, -1)
                        plan.group_fd = request.group
                        plan.report_fd = report.writing
                        plan.open_files = request.openFiles
                        become(request.identity, groups, &plan)
                        return apm_spawn(&plan, &pidfd)
                    }
                }
            }
        }
        if settings.standardInput == .pipe { close(input.reading) }
        for pipe in pipes.prefix(3) { close(pipe.writing) }
        guard pid > 0 else {
            for pipe in pipes.prefix(3) { close(pipe.reading) }
            if input.writing >= 0 { close(input.writing) }
            throw SystemError("clone", negated: Int(pid))
        }
        return SpawnedProcess(
            pid: pid, pidfd: pidfd, report: report.reading, input: input.writing,
            output: output.reading, errorOutput: errors.reading)
    }

    /// Only root can become another user; where it stays root, what it runs must be root's.
    private static func become(
        _ identity: Identity?, _ groups: UnsafeBufferPointer<gid_t>, _ plan: inout apm_spawn_plan
    ) {
        guard geteuid() == 0 else { return }
        plan.roots_alone = (identity?.uid ?? 0) == 0
        guard let identity else { return }
        plan.changes_identity = true
        plan.uid = identity.uid
        plan.gid = identity.gid
        plan.groups = groups.baseAddress
        plan.group_count = groups.count
    }

    /// Output, error output, report, and input where it is wanted: all or none. Our reading ends
    /// never block; the worker's ends are its own business.
    private static func openPipes(
        withInput: Bool
    ) throws(SystemError) -> [(reading: Int32, writing: Int32)] {
        var pipes: [(reading: Int32, writing: Int32)] = []
        do {
            for _ in 0..<(withInput ? 4 : 3) { pipes.append(try DescriptorPair.pipe()) }
        } catch {
            for pipe in pipes {
                close(pipe.reading)
                close(pipe.writing)
            }
            throw error
        }
        for pipe in pipes.prefix(3) { _ = fcntl(pipe.reading, F_SETFL, O_NONBLOCK) }
        return pipes
    }

    private static func searchPath(_ environment: [String]) -> String {
        for entry in environment.reversed() where entry.hasPrefix("PATH=") {
            return String(entry.dropFirst(5))
        }
        return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }
}
