// A program with pipes on its standard descriptors, and the test at their other ends. Its input is
// a socket, as the master makes it, unless a pipe is asked for.

import CLinux
import Glibc
import Posix
import Testing

final class WorkerProcess {
    /// What a program may take until it says what is waited for.
    static let patience: Int32 = 40_000

    let pid: pid_t
    private(set) var input: Int32
    let output: Int32
    let errors: Int32
    private var isReaped = false

    /// `input`: what its standard input shall be, instead of a socket.
    init(
        _ arguments: [String], environment: [String], input replaced: String? = nil,
        hasPipe: Bool = false
    ) throws {
        let into = try hasPipe ? DescriptorPair.pipe() : DescriptorPair.oneWaySockets()
        _ = fcntl(into.reading, F_SETFL, 0)
        let out = try DescriptorPair.pipe()
        let failed = try DescriptorPair.pipe()
        let report = try DescriptorPair.pipe()
        let file = replaced.map { open($0, O_RDONLY | O_CLOEXEC) } ?? -1
        defer {
            for end in [into.reading, out.writing, failed.writing, report.reading, report.writing] {
                close(end)
            }
            if file >= 0 { close(file) }
        }
        let argv = ArgumentVector(arguments)
        let environ = ArgumentVector(["PATH=/usr/local/bin:/usr/bin:/bin"] + environment)
        var pidfd: Int32 = -1
        pid = "/usr/local/bin:/usr/bin:/bin".withCString { search in
            var plan = apm_spawn_plan()
            plan.exec = UnsafePointer(argv.pointers[0])
            plan.search = search
            plan.exec_fd = -1
            plan.arguments = UnsafePointer(argv.pointers)
            plan.environment = UnsafePointer(environ.pointers)
            plan.descriptors = (file >= 0 ? file : into.reading, out.writing, failed.writing, -1)
            plan.group_fd = -1
            plan.report_fd = report.writing
            return apm_spawn(&plan, &pidfd)
        }
        if pidfd >= 0 { close(pidfd) }
        input = into.writing
        output = out.reading
        errors = failed.reading
        for end in [input, output, errors] {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
        }
        try #require(pid > 0, "spawn \(arguments)")
    }

    deinit {
        closeInput()
        if !isReaped, pid > 0 {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(output)
        close(errors)
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func write(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
        #expect(count == bytes.count)
    }

    /// The next piece of its error output; nil at the end.
    func nextErrors() throws -> [UInt8]? {
        var entry = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
        try #require(poll(&entry, 1, Self.patience) > 0, "it says nothing and does not end")
        return Self.read(errors)
    }

    /// Waits, reading nothing, until its output pipe holds what a pipe holds at least.
    func waitForFullOutput() throws {
        for _ in 0..<Self.patience {
            var unread: Int32 = 0
            try #require(ioctl(output, UInt(FIONREAD), &unread) == 0)
            if unread > 60_000 { return }
            usleep(1000)
        }
        Issue.record("its output pipe does not become full")
    }

    /// Waits for its end: the exit code, or nil when a signal ended it.
    func reap() -> Int32? {
        var status: Int32 = 0
        guard waitpid(pid, &status, 0) == pid else { return nil }
        isReaped = true
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    /// What can be read now. Nil at the end.
    static func read(_ descriptor: Int32) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: 262_144)
        let count = Glibc.read(descriptor, &room, room.count)
        if count > 0 { return Array(room[..<count]) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    struct Result {
        let code: Int32?
        let output: String
        let errors: String
    }

    /// Runs to its end a program that is told nothing.
    static func run(
        _ arguments: [String], environment: [String] = [], input: String? = nil
    ) throws -> Result {
        let process = try WorkerProcess(arguments, environment: environment, input: input)
        var texts: [Int32: [UInt8]] = [:]
        var open = [process.output, process.errors]
        while !open.isEmpty {
            var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            try #require(
                poll(&entries, nfds_t(entries.count), patience) > 0, "\(arguments) does not end")
            for entry in entries where entry.revents != 0 {
                guard let piece = read(entry.fd) else {
                    open.removeAll { $0 == entry.fd }
                    continue
                }
                texts[entry.fd, default: []] += piece
            }
        }
        return Result(
            code: process.reap(),
            output: String(decoding: texts[process.output] ?? [], as: UTF8.self),
            errors: String(decoding: texts[process.errors] ?? [], as: UTF8.self))
    }
}
