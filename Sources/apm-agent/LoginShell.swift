// Asks a user's own shell for the PATH of a login. It is the user's program with the user's files:
// it may print, hang, fail or lie, and gets three seconds for it.

import CLinux
import Glibc
import Messages
import Posix

enum LoginShell {
    static let usualPath = "/usr/local/bin:/usr/bin:/bin"

    static func path(of login: Login) -> LoginPath {
        guard letsIn(login.shell) else { return LoginPath(.noLogin, path: usualPath) }
        // What a profile prints cannot be taken for the answer.
        let mark = String(UInt64.random(in: .min ... .max), radix: 36)
        let script = "printf '\(mark)<%s>\(mark)' \"$PATH\""
        guard let shell = try? Shell.start(login, script: script) else {
            return LoginPath(.failed, path: usualPath)
        }
        let opening = Array("\(mark)<".utf8)
        let closing = Array(">\(mark)".utf8)
        let result = shell.read(until: closing)
        shell.end()
        switch result {
        case .late: return LoginPath(.late, path: usualPath)
        case .ended: return LoginPath(.failed, path: usualPath)
        case .said(let bytes):
            let text = between(opening, closing, in: bytes)
            return absolute(text).map { LoginPath(.shell, path: $0) }
                ?? LoginPath(.failed, path: usualPath)
        }
    }

    /// Shells that turn everybody away are not asked.
    static func letsIn(_ shell: String) -> Bool {
        let name = shell.split(separator: "/").last ?? ""
        return shell.hasPrefix("/") && !["nologin", "false", "true", "sync"].contains(name)
    }

    static func between(_ opening: [UInt8], _ closing: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let start = find(opening, in: bytes), let end = find(closing, in: bytes),
            start + opening.count <= end
        else { return [] }
        return Array(bytes[(start + opening.count)..<end])
    }

    static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { start in
            bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    /// Without the folders that depend on where one stands; nil when nothing is left, or too much.
    static func absolute(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            return nil
        }
        let path = text.split(separator: ":").filter { $0.hasPrefix("/") }.joined(separator: ":")
        return path.isEmpty || path.utf8.count > MessageLimits.searchPathBytes ? nil : path
    }
}

/// The running shell and what it prints.
private struct Shell: ~Copyable {
    enum Outcome {
        case said([UInt8])
        case ended
        case late
    }

    private let pid: pid_t
    private let pidfd: Descriptor
    private let output: Descriptor

    static func start(_ login: Login, script: String) throws(SystemError) -> Shell {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { throw SystemError("open", subject: "/dev/null", code: errno) }
        let nothing = Descriptor(owning: null)
        let ends = try DescriptorPair.pipe()
        let reading = Descriptor(owning: ends.reading)
        let writing = Descriptor(owning: ends.writing)
        let name = login.shell.split(separator: "/").last ?? "sh"
        // The dash before its name tells a shell that this is a login; -l tells most of them again.
        let arguments = ArgumentVector(["-" + name, "-l", "-c", script])
        let environment = ArgumentVector([
            "HOME=" + login.home, "USER=" + login.name, "LOGNAME=" + login.name,
            "SHELL=" + login.shell, "PATH=" + LoginShell.usualPath,
        ])
        var plan = apm_spawn_plan()
        plan.exec_fd = -1
        plan.arguments = UnsafePointer(arguments.pointers)
        plan.environment = UnsafePointer(environment.pointers)
        plan.descriptors = (nothing.raw, writing.raw, nothing.raw, -1)
        plan.group_fd = -1
        plan.report_fd = nothing.raw
        plan.dies_with_parent = true
        var pidfd: Int32 = -1
        let folder = access(login.home, X_OK) == 0 ? login.home : "/"
        let started = login.shell.withCString { exec in
            folder.withCString { folder in
                plan.exec = exec
                plan.directory = folder
                return apm_spawn(&plan, &pidfd)
            }
        }
        guard started > 0 else { throw SystemError("clone", negated: Int(started)) }
        return Shell(pid: started, pidfd: Descriptor(owning: pidfd), output: reading)
    }

    /// What it prints up to these bytes.
    borrowing func read(until closing: [UInt8]) -> Outcome {
        let end = Clock.monotonicNanoseconds + Limits.shellNanoseconds
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 4096)
        while LoginShell.find(closing, in: bytes) == nil {
            let left = (end - Clock.monotonicNanoseconds) / 1_000_000
            guard left > 0 else { return .late }
            guard bytes.count < Limits.shellBytes else { return .ended }
            var ready = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(left) + 1) > 0 else { continue }
            let count = Glibc.read(output.raw, &room, room.count)
            guard count > 0 else { return .ended }
            bytes += room[..<count]
        }
        return .said(bytes)
    }

    /// It and what it has started; where it has process numbers of its own, all of that.
    consuming func end() {
        _ = kill(-pid, SIGKILL)
        _ = apm_pidfd_signal(pidfd.raw, SIGKILL)
        var ready = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, Limits.shellFarewell) > 0 { waitpid(pid, nil, 0) }
    }
}
