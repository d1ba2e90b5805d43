// Starts the process of an instance: pipes, group, identity, program. The result of exec comes
// later, over the report socket. No program runs before this process has closed its copies of the
// program's ends: it could hold a pipe up, and closing the last copy of an end would wait for it.

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
    /// Its input and output carry frames.
    let isConnected: Bool
}

enum SpawnWorker {
    static func spawn(_ request: SpawnRequest) throws(SystemError) -> SpawnedProcess {
        let settings = request.settings
        // What is connected reads its frames there, whatever `stdin` says.
        let hasInput = settings.standardInput == .pipe || settings.isConnected
        let ends = try openEnds(withInput: hasInput)
        let (output, errors, report) = (ends[0], ends[1], ends[2])
        let input = ends.count == 4 ? ends[3] : (reading: request.nullDevice, writing: -1)
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
                        plan.waits_for_word = true
                        plan.open_files = request.openFiles
                        become(request.identity, groups, &plan)
                        return apm_spawn(&plan, &pidfd)
                    }
                }
            }
        }
        if hasInput { close(input.reading) }
        for pair in ends.prefix(3) { close(pair.writing) }
        guard pid > 0 else {
            for pair in ends.prefix(3) { close(pair.reading) }
            if input.writing >= 0 { close(input.writing) }
            throw SystemError("clone", negated: Int(pid))
        }
        // A child that has failed meanwhile does not take it; its report is there nevertheless.
        _ = apm_send(report.reading, [1], 1, nil, 0)
        return SpawnedProcess(
            pid: pid, pidfd: pidfd, report: report.reading, input: input.writing,
            output: output.reading, errorOutput: errors.reading,
            isConnected: settings.isConnected)
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

    /// Output, error output, report, and input where it is wanted: all or none. Our ends never
    /// block; the worker's ends are its own business.
    private static func openEnds(
        withInput: Bool
    ) throws(SystemError) -> [(reading: Int32, writing: Int32)] {
        var ends: [(reading: Int32, writing: Int32)] = []
        do {
            for _ in 0..<2 { ends.append(try DescriptorPair.pipe()) }
            let report = try DescriptorPair.streamSockets()
            ends.append((reading: report.0, writing: report.1))
            if withInput { ends.append(try DescriptorPair.oneWaySockets()) }
        } catch {
            for pair in ends {
                close(pair.reading)
                close(pair.writing)
            }
            throw error
        }
        for pipe in ends.prefix(2) {
            _ = fcntl(pipe.reading, F_SETFL, O_NONBLOCK)
            // Who became another user may still write to /dev/stdout; whoever gets there has the
            // pipe anyway.
            _ = fchmod(pipe.reading, 0o622)
        }
        _ = fcntl(ends[2].writing, F_SETFL, 0)
        if withInput { _ = fcntl(ends[3].reading, F_SETFL, 0) }
        return ends
    }

    private static func searchPath(_ environment: [String]) -> String {
        for entry in environment.reversed() where entry.hasPrefix("PATH=") {
            return String(entry.dropFirst(5))
        }
        return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }
}
