// Starts apm-master when nobody listens. The new daemon is a session of its own, knows nothing of
// this terminal, and says on its standard output when it listens:
//
//   ready <pid>            it listens
//   running <pid>          another one was faster
//   failed <text>          why it does not

import CLinux
import Glibc
import Posix

enum DaemonStart {
    private static let patienceNanoseconds: Int64 = 10_000_000_000
    private static let lineBytes = 1024
    /// What the daemon gets of the caller's environment.
    private static let inherited = ["HOME", "PATH", "TZ", "LANG"]

    /// What the daemon said.
    enum Answer: Equatable {
        case listens
        case failed(String)
        /// It ended, or went on, without a word that is understood.
        case nothing
    }

    /// Starts the daemon and waits until it listens.
    static func start(_ home: DaemonHome, _ surroundings: Surroundings) throws(Failure) {
        if ServiceStart.isInstalled(surroundings) { return try ServiceStart.start() }
        let program = try locate()
        var variables = inherited.compactMap { name in
            surroundings.variable(name).map { "\(name)=\($0)" }
        }
        if surroundings.filled("APM_HOME") != nil {
            // Where its symbolic links lead to.
            variables.append("APM_HOME=" + home.folder)
        }
        let answer: Answer
        do {
            answer = try spawn(program, variables)
        } catch {
            throw Failure(
                "the daemon cannot be started: \(error.text)",
                now: "look at \(Visible.text(program)): it must be there and executable",
                .unreachable)
        }
        switch answer {
        case .listens: return
        case .failed(let reason): throw failure(reason, home)
        case .nothing:
            throw Failure(
                "the daemon did not start, and did not say why",
                now: logHint(home) ?? "run it by hand to see more: \(Visible.text(program))",
                .unreachable)
        }
    }

    /// The daemon's reason, and its advice, which stands after the last semicolon.
    static func failure(_ reason: String, _ home: DaemonHome) -> Failure {
        let reason = Visible.text(reason)
        guard let mark = lastMark(in: reason) else {
            return Failure(
                "the daemon did not start: \(reason)",
                now: logHint(home) ?? "put this right, then repeat the command", .unreachable)
        }
        let advice = reason[reason.index(mark, offsetBy: 2)...]
        return Failure(
            "the daemon did not start: \(reason[..<mark])", now: String(advice), .unreachable)
    }

    /// The last semicolon that a blank and more follow.
    private static func lastMark(in text: String) -> String.Index? {
        text.indices.last { index in
            text[index] == ";" && text[index...].dropFirst().first == " "
                && !text[index...].dropFirst(2).isEmpty
        }
    }

    /// Only where there is something to read.
    private static func logHint(_ home: DaemonHome) -> String? {
        var entry = stat()
        guard stat(home.log, &entry) == 0, entry.st_size > 0 else { return nil }
        return "its log may say more: \(Visible.text(home.log))"
    }

    /// Beside this executable (a build folder), else where it is installed.
    private static func locate() throws(Failure) -> String {
        let installed = "/usr/libexec/apm/apm-master"
        var candidates = [installed]
        if let slash = ownPath.lastIndex(of: "/") {
            candidates.insert(ownPath[..<slash] + "/apm-master", at: 0)
        }
        for candidate in candidates where access(candidate, X_OK) == 0 { return candidate }
        throw Failure(
            "apm-master is neither beside apm nor at \(installed)",
            now: "install APM as a whole: apm alone cannot run workers", .unreachable)
    }

    private static var ownPath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "" }
        return String(decoding: buffer[0..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func spawn(
        _ program: String, _ environment: [String]
    ) throws(SystemError) -> Answer {
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { throw SystemError("open", subject: "/dev/null", code: errno) }
        let null = Descriptor(owning: nothing)
        let speech = try DescriptorPair.pipe()
        let said = Descriptor(owning: speech.reading)
        let report = try DescriptorPair.pipe()
        let failed = Descriptor(owning: report.reading)
        let result = clone(
            program, ["apm-master", "--daemon"], environment,
            Ends(input: null.raw, output: speech.writing, report: report.writing))
        close(speech.writing)
        close(report.writing)
        guard result >= 0 else { throw SystemError("clone", negated: Int(result)) }
        var outcome = apm_spawn_report()
        let size = MemoryLayout<apm_spawn_report>.size
        if read(failed.raw, &outcome, size) == size {
            throw SystemError("execute", subject: Visible.text(program), code: outcome.error)
        }
        return parse(listen(to: said.raw))
    }

    /// What a child gets: standard input (and error output), standard output, report pipe.
    struct Ends {
        var input: Int32
        var output: Int32
        var report: Int32
    }

    static func clone(
        _ program: String, _ arguments: [String], _ environment: [String], _ ends: Ends
    ) -> pid_t {
        var arguments = copied(arguments)
        var variables = copied(environment)
        defer { for text in arguments + variables { free(text) } }
        return program.withCString { (exec: UnsafePointer<CChar>) -> pid_t in
            "/".withCString { (folder: UnsafePointer<CChar>) -> pid_t in
                arguments.withUnsafeMutableBufferPointer { arguments in
                    variables.withUnsafeMutableBufferPointer { variables in
                        var plan = apm_spawn_plan()
                        plan.exec = exec
                        plan.exec_fd = -1
                        plan.arguments = UnsafePointer(arguments.baseAddress)
                        plan.environment = UnsafePointer(variables.baseAddress)
                        plan.directory = folder
                        plan.descriptors = (ends.input, ends.output, ends.input, -1)
                        plan.group_fd = -1
                        plan.report_fd = ends.report
                        var child: Int32 = -1
                        let pid = apm_spawn(&plan, &child)
                        if child >= 0 { close(child) }
                        return pid
                    }
                }
            }
        }
    }

    /// C strings, and the NULL that ends their list.
    private static func copied(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        var copies: [UnsafeMutablePointer<CChar>?] = []
        for text in texts { copies.append(strdup(text)) }
        copies.append(nil)
        return copies
    }

    /// The daemon's line: up to its end, the end of the pipe, or of our patience.
    private static func listen(to pipe: Int32) -> String {
        let deadline = Clock.monotonicNanoseconds + patienceNanoseconds
        var line: [UInt8] = []
        while line.count < lineBytes {
            let left = (deadline - Clock.monotonicNanoseconds) / 1_000_000
            var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            let ready = left > 0 ? poll(&entry, 1, Int32(left)) : 0
            if ready < 0, errno == EINTR { continue }
            var byte: UInt8 = 0
            guard ready > 0, read(pipe, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    static func parse(_ line: String) -> Answer {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return .nothing }
        switch words[0] {
        case "ready", "running": return .listens
        case "failed": return .failed(String(words[1]))
        default: return .nothing
        }
    }
}
