// Runs a program to its end, with a time limit, and keeps what it wrote.

import CLinux
import Glibc
import Testing

struct Finished {
    var status: Int32
    var output: String
    var errors: String
    var milliseconds: Double
}

enum Program {
    /// `status` 128 + N for a death by signal N, and 1000 when the limit was over.
    static func run(
        _ path: String, _ arguments: [String], environment: [String], seconds: Double = 30,
        uid: uid_t? = nil
    ) -> Finished {
        let started = Moment.now
        let output = PipeEnds()
        let errors = PipeEnds()
        let report = PipeEnds()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        var pidfd: Int32 = -1
        let pid = spawn(
            path, arguments, environment, (null, output.writing, errors.writing, -1),
            report.writing, uid, &pidfd)
        for descriptor in [output.writing, errors.writing, report.writing, null] {
            close(descriptor)
        }
        var texts: [[UInt8]] = [[], []]
        let isComplete = drain([output.reading, errors.reading], into: &texts, seconds, started)
        if !isComplete { kill(pid, SIGKILL) }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        for descriptor in [output.reading, errors.reading, report.reading, pidfd] {
            close(descriptor)
        }
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        return Finished(
            status: isComplete ? code : 1000, output: String(decoding: texts[0], as: UTF8.self),
            errors: String(decoding: texts[1], as: UTF8.self),
            milliseconds: Moment.now.milliseconds(since: started))
    }

    /// Starts a program that nobody waits for yet.
    static func start(
        _ path: String, _ arguments: [String], environment: [String] = ["PATH=/usr/bin:/bin"],
        uid: uid_t? = nil
    ) -> pid_t {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let report = PipeEnds()
        var pidfd: Int32 = -1
        let pid = spawn(
            path, arguments, environment, (null, null, null, -1), report.writing, uid, &pidfd)
        for descriptor in [null, report.reading, report.writing, pidfd] { close(descriptor) }
        return pid
    }

    /// Ends what was started so.
    static func end(_ pid: pid_t) {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String],
        _ descriptors: (Int32, Int32, Int32, Int32), _ report: Int32, _ uid: uid_t?,
        _ pidfd: inout Int32
    ) -> pid_t {
        withCStrings([path] + arguments) { argv in
            withCStrings(environment) { envp in
                path.withCString { exec in
                    var plan = apm_spawn_plan()
                    plan.exec = exec
                    plan.exec_fd = -1
                    plan.arguments = UnsafePointer(argv)
                    plan.environment = UnsafePointer(envp)
                    plan.descriptors = descriptors
                    plan.group_fd = -1
                    plan.report_fd = report
                    if let uid {
                        plan.changes_identity = true
                        plan.uid = uid
                        plan.gid = uid
                    }
                    return apm_spawn(&plan, &pidfd)
                }
            }
        }
    }

    private static func drain(
        _ descriptors: [Int32], into texts: inout [[UInt8]], _ seconds: Double, _ started: Moment
    ) -> Bool {
        var open = Set(descriptors.indices)
        var room = [UInt8](repeating: 0, count: 65536)
        while !open.isEmpty {
            let left = seconds * 1000 - Moment.now.milliseconds(since: started)
            guard left > 0 else { return false }
            var polled = open.sorted().map {
                pollfd(fd: descriptors[$0], events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polled, nfds_t(polled.count), Int32(left) + 1) > 0 else { continue }
            for (entry, index) in zip(polled, open.sorted()) where entry.revents != 0 {
                let count = read(entry.fd, &room, room.count)
                if count > 0 { texts[index] += room[0..<count] } else { open.remove(index) }
            }
        }
        return true
    }
}

/// CLOEXEC pipe.
struct PipeEnds {
    var reading: Int32 = -1
    var writing: Int32 = -1
    init() {
        var ends: [Int32] = [-1, -1]
        _ = apm_pipe(&ends)
        reading = ends[0]
        writing = ends[1]
    }
}

/// A point in time on the monotonic clock.
struct Moment {
    let nanoseconds: Int64
    static var now: Moment { Moment(nanoseconds: apm_monotonic_nanoseconds()) }
    func milliseconds(since earlier: Moment) -> Double {
        Double(nanoseconds - earlier.nanoseconds) / 1e6
    }
}

func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("no arguments") }
        return body(base)
    }
}

/// Waits for a condition; the wait ends as soon as it holds.
func eventually(
    _ what: String, within seconds: Double = 5, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) {
    let started = Moment.now
    while !condition() {
        if Moment.now.milliseconds(since: started) > seconds * 1000 {
            Issue.record("not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
            return
        }
        usleep(1000)
    }
}
