// What anybody may look at: the master takes it, apm-guid shows it. Nothing is in it that could be
// a secret or lead to one: no program, no argument, no path, no environment, no log.

import Bytes
import Settings

public struct Look: Equatable, Sendable {
    /// A worker as `list` and as `info` show it.
    public struct Entry: Equatable, Sendable {
        public var row: WorkerRow
        public var info: WorkerInfo

        /// Keeps of the settings what may be looked at.
        public init(row: WorkerRow, info: WorkerInfo) {
            self.row = row
            self.row.file = ""
            self.info = info
            self.info.source = WorkerSource()
            self.info.settings = info.settings.shownToAnybody
            // The row has the first of them: all would be too much for a message.
            self.info.waitsFor = row.waitsFor
            self.info.cycle = []
            // It names folders.
            self.info.watch = .off
            self.info.owner = WorkerInfo.unknownOwner
        }

        /// As `look` tells them.
        public var figures: WorkerFigures {
            WorkerFigures(worker: row, instances: info.instances)
        }
    }

    public var status: DaemonStatus
    public var entries: [Entry]

    public init(status: DaemonStatus, entries: [Entry]) {
        self.status = status
        self.entries = entries
    }

    public func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 512 * (entries.count + 1))
        status.write(to: &writer)
        writer.write(UInt16(entries.count))
        for entry in entries {
            entry.row.write(to: &writer)
            var info = entry.info
            info.waitsFor = []
            info.write(to: &writer)
        }
        return writer.bytes
    }

    public static func decode(_ bytes: RawSpan) throws(DecodeError) -> Look {
        var reader = ByteReader(bytes)
        let status = try DaemonStatus(reading: &reader)
        let count = try reader.readCount(atMost: ControlLimits.rows, smallest: 128)
        var look = Look(status: status, entries: [])
        look.entries.reserveCapacity(count)
        for _ in 0..<count {
            // Cut down again: what the master would send by mistake is not passed on either.
            let row = try WorkerRow(reading: &reader)
            look.entries.append(Entry(row: row, info: try WorkerInfo(reading: &reader)))
        }
        try reader.finish()
        return look
    }
}

extension WorkerSettings {
    /// A list of what is shown, so that a setting that comes later is hidden until it is put here.
    var shownToAnybody: WorkerSettings {
        var shown = WorkerSettings()
        shown.name = name
        shown.instances = instances
        shown.restart = restart
        shown.restartDelay = restartDelay
        shown.maxRestarts = maxRestarts
        shown.restartErr = restartErr
        shown.errDelay = errDelay
        shown.maxErrRestarts = maxErrRestarts
        shown.errGrace = errGrace
        shown.restartOnExitCodes = restartOnExitCodes
        shown.restartBackoff = restartBackoff
        shown.startupGrace = startupGrace
        shown.dependsOn = dependsOn
        shown.dependsTimeout = dependsTimeout
        shown.killTimeout = killTimeout
        shown.stopSignal = stopSignal
        shown.standardInput = standardInput
        shown.rolling = rolling
        shown.rollingDelay = rollingDelay
        shown.memoryLimit = memoryLimit
        shown.memoryHigh = memoryHigh
        shown.cpuLimit = cpuLimit
        shown.pidsLimit = pidsLimit
        return shown
    }

    /// The keys of what is shown so. Of the others nothing is known: not that they are not set.
    public static let keysShownToAnybody: Set = [
        "name", "instances", "restart", "restart_delay", "max_restarts", "restart_err",
        "err_delay", "max_err_restarts", "err_grace", "restart_on_exit_codes", "restart_backoff",
        "startup_grace", "depends_on", "depends_timeout", "kill_timeout", "stop_signal", "stdin",
        "rolling", "rolling_delay", "memory_limit", "memory_high", "cpu_limit", "pids_limit",
    ]

    /// Seen from outside: it is no whole definition.
    public var isShownToAnybody: Bool { exec.isEmpty }

    /// For who may operate the worker, but does not own it: variables by their names alone, and
    /// nothing that may hold a password.
    public var withoutValues: WorkerSettings {
        var shown = self
        shown.env = env.map { String($0.prefix { $0 != "=" }) }
        shown.baseEnvironment = []
        shown.kept.removeAll { OptionTable.kept($0.id)?.isSecret ?? true }
        return shown
    }
}
