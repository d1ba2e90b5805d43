// What /proc tells of the processes that a test has made.

import Glibc

enum ProcessTable {
    static func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &room, room.count)
            guard count > 0 else { break }
            bytes += room[0..<count]
        }
        return bytes
    }

    static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Where a symbolic link leads; empty when it is none.
    static func target(_ path: String) -> String {
        var room = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &room, room.count)
        return String(
            decoding: room.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var pids: [pid_t] { entries("/proc").compactMap { pid_t($0) } }

    /// Processes that were started with this entry in their environment.
    static func carrying(_ entry: String) -> [pid_t] {
        pids.filter { pid in
            guard let environment = read("/proc/\(pid)/environ") else { return false }
            return environment.split(separator: "\0").contains { $0 == entry }
        }
    }

    /// A line of /proc/PID/status, like `Uid` or `Seccomp`.
    static func status(_ pid: pid_t, _ key: String) -> String? {
        guard let text = read("/proc/\(pid)/status") else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
            return line.dropFirst(key.count + 1).split(whereSeparator: { $0 == "\t" || $0 == " " })
                .joined(separator: " ")
        }
        return nil
    }

    /// R, S, T, Z ...; nil when there is no such process. The name may hold anything.
    static func state(_ pid: pid_t) -> Character? {
        guard let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(end, offsetBy: 2)...].first
    }

    /// Its control group of version 2, below the mount.
    static func group(_ pid: pid_t) -> String {
        let lines = (read("/proc/\(pid)/cgroup") ?? "").split(separator: "\n")
        return String(lines.first { $0.hasPrefix("0::/") }?.dropFirst(3) ?? "")
    }

    /// Moves it into a control group.
    static func enter(_ group: String, _ pid: pid_t) -> Bool {
        write(String(pid), to: group + "/cgroup.procs")
    }

    /// Into a file of the kernel, at once.
    static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Glibc.write(file, text, text.utf8.count) == text.utf8.count
    }

    static func isAlive(_ pid: pid_t) -> Bool {
        guard let state = state(pid) else { return false }
        return state != "Z" && state != "X"
    }

    static func children(of parent: pid_t) -> [pid_t] {
        pids.filter { status($0, "PPid") == String(parent) }
    }

    static func descriptorCount(_ pid: pid_t) -> Int { entries("/proc/\(pid)/fd").count }

    /// Milliseconds that a process, or this thread, was ready to run and had no processor.
    static func waitedForProcessor(_ pid: pid_t?) -> Double {
        let path = pid.map { "/proc/\($0)/schedstat" } ?? "/proc/thread-self/schedstat"
        let fields = read(path)?.split { $0 == " " || $0 == "\n" } ?? []
        return fields.count > 1 ? (Double(fields[1]) ?? 0) / 1_000_000 : 0
    }

    /// Resident memory of the process alone, in KB.
    static func privateKilobytes(_ pid: pid_t) -> Int {
        guard let text = read("/proc/\(pid)/smaps_rollup") else { return 0 }
        var sum = 0
        for line in text.split(separator: "\n") where line.hasPrefix("Private_Dirty:") {
            sum += line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        }
        return sum
    }
}
