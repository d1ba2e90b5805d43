// The machine's own figures, from what the kernel writes below /proc: numbers only.

import Glibc

struct SystemFigures: Equatable {
    /// Tenths of a percent of all processors together; nil at the first look.
    var cpuTenths: UInt32?
    var processors = 1
    var memoryUsed: UInt64?
    var memoryTotal: UInt64?
    /// Hundredths, of 1, 5 and 15 minutes.
    var load: [UInt32] = []
    var uptimeMilliseconds: UInt64 = 0

    /// Processor time since the start of the machine, in ticks.
    struct Ticks: Equatable {
        var busy: UInt64
        var total: UInt64
    }

    /// Looks again and again; the share of the processors is that since the last look.
    struct Reader {
        private var last: Ticks?

        mutating func look() -> SystemFigures {
            var figures = SystemFigures()
            if let stat = KernelText.read("/proc/stat"), let ticks = SystemFigures.ticks(in: stat) {
                figures.cpuTenths = last.flatMap { SystemFigures.share(from: $0, to: ticks) }
                figures.processors = SystemFigures.processors(in: stat)
                last = ticks
            }
            if let text = KernelText.read("/proc/meminfo") { figures.takeMemory(text) }
            if let text = KernelText.read("/proc/loadavg") {
                figures.load = SystemFigures.load(in: text)
            }
            if let text = KernelText.read("/proc/uptime") {
                figures.uptimeMilliseconds = SystemFigures.uptime(in: text)
            }
            return figures
        }
    }

    /// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guest
    /// time is in user time already.
    static func ticks(in stat: String) -> Ticks? {
        guard let line = stat.split(separator: "\n").first, line.hasPrefix("cpu ") else {
            return nil
        }
        let numbers = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard numbers.count >= 5 else { return nil }
        let total = numbers.reduce(0, &+)
        return Ticks(busy: total &- numbers[3] &- numbers[4], total: total)
    }

    static func share(from earlier: Ticks, to later: Ticks) -> UInt32? {
        guard later.total > earlier.total, later.busy >= earlier.busy else { return nil }
        let (busy, total) = (later.busy - earlier.busy, later.total - earlier.total)
        return UInt32(clamping: min(1000, busy.multipliedReportingOverflow(by: 1000).0 / total))
    }

    static func processors(in stat: String) -> Int {
        let lines = stat.split(separator: "\n")
        return max(1, lines.count { $0.hasPrefix("cpu") && !$0.hasPrefix("cpu ") })
    }

    private mutating func takeMemory(_ text: String) {
        memoryTotal = Self.kilobytes("MemTotal:", in: text).map { $0 &* 1024 }
        guard let total = memoryTotal, let free = Self.kilobytes("MemAvailable:", in: text) else {
            return
        }
        memoryUsed = total > free &* 1024 ? total - free &* 1024 : 0
    }

    static func kilobytes(_ key: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
        }
        return nil
    }

    /// `0.12 0.34 0.56 …` in hundredths.
    static func load(in text: String) -> [UInt32] {
        text.split(separator: " ").prefix(3).compactMap { hundredths($0) }
    }

    /// `12345.67 …`: seconds.
    static func uptime(in text: String) -> UInt64 {
        let first = text.split(separator: " ").first ?? ""
        return hundredths(first).map { UInt64($0) * 10 }
            ?? (UInt64(first.prefix { $0 != "." }) ?? 0) &* 1000
    }

    private static func hundredths(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, parts[1].count == 2, let whole = UInt32(parts[0]),
            let rest = UInt32(parts[1]), whole < 40_000_000
        else { return nil }
        return whole * 100 + rest
    }
}

/// A small file that the kernel writes.
enum KernelText {
    private static let most = 256 * 1024

    static func read(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 8192)
        while bytes.count < most {
            let count = Glibc.read(file, &room, room.count)
            guard count > 0 else { break }
            bytes += room[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension SystemFigures {
    /// `cpu 12.3% of 2  memory 1.2G of 3.9G  load 0.12 0.34 0.56  up 3d4h`.
    var parts: [String] {
        let share = cpuTenths.map { "\($0 / 10).\($0 % 10)%" } ?? "-"
        let loads = load.map { "\($0 / 100).\($0 % 100 < 10 ? "0" : "")\($0 % 100)" }
        return [
            "cpu \(share) of \(processors)",
            "memory \(Amounts.memory(memoryUsed)) of \(Amounts.memory(memoryTotal))",
            "load \(loads.joined(separator: " "))", "up \(Durations.text(uptimeMilliseconds))",
        ]
    }
}

extension JSON {
    init(_ figures: SystemFigures) {
        self = .object([
            "cpu_percent": figures.cpuTenths.map { .tenths(UInt64($0)) } ?? .null,
            "processors": .number(figures.processors),
            "memory_used_bytes": figures.memoryUsed.map { .number($0) } ?? .null,
            "memory_total_bytes": figures.memoryTotal.map { .number($0) } ?? .null,
            "load": .list(figures.load.map { .hundredths(UInt64($0)) }),
            "uptime_ms": .number(figures.uptimeMilliseconds),
        ])
    }
}
