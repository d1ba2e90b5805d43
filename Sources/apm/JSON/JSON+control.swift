// The daemon's answers as JSON. Names and meanings: docs/JSON.md.

import Control
import Messages
import Posix
import Settings

extension RunState {
    /// The word for it, in tables and in JSON.
    var word: String {
        switch self {
        case .stopped: "stopped"
        case .waiting: "waiting"
        case .starting: "starting"
        case .running: "running"
        case .stopping: "stopping"
        case .exited: "exited"
        case .errored: "errored"
        }
    }
}

extension WatchFailure.Reason {
    /// The word for it in JSON.
    var word: String {
        switch self {
        case .folderMissing: "folder_missing"
        case .notPermitted: "not_permitted"
        case .watchLimit: "watch_limit"
        case .instanceLimit: "instance_limit"
        case .tooManyFolders: "too_many_folders"
        case .allIgnored: "all_ignored"
        case .failed: "failed"
        case .agentEnded: "agent_ended"
        case .userUnknown: "user_unknown"
        case .noPlace: "no_place"
        }
    }
}

extension JSON {
    init(_ row: WorkerRow) {
        self = .object([
            "name": .text(row.name), "state": .text(row.state.word),
            "instances": .number(row.instances), "running": .number(row.running),
            "pid": row.pid == 0 ? .null : .number(row.pid),
            "uptime_ms": .number(row.uptimeMilliseconds),
            "cpu_percent": JSON.percent(row.usage.cpuTenths),
            "cpu_ms": JSON.known(row.usage.cpuMilliseconds),
            "memory_bytes": JSON.known(row.usage.memoryBytes), "restarts": JSON(row.restarts),
            "restart_policy": .truth(row.hasRestartPolicy),
            "restarts_used_up": .truth(row.hasUsedUpRestarts),
            "log_error": JSON.error(row.logError),
            "last_exit": JSON(row.lastExit), "waits_for": .texts(row.waitsFor),
            "file": row.file.isEmpty ? .null : .text(row.file),
            "server": row.server.map { JSON($0) } ?? .null,
        ])
    }

    private static func percent(_ tenths: UInt32?) -> JSON {
        tenths.map { .tenths(UInt64($0)) } ?? .null
    }

    private static func known(_ value: UInt64?) -> JSON { value.map { .number($0) } ?? .null }

    /// The kernel's words for an errno; null for 0.
    private static func error(_ code: Int32) -> JSON {
        code == 0 ? .null : .text(ErrorText.of(code))
    }

    init(_ counts: RestartCounts) {
        self = .object([
            "normal": .number(counts.normal), "error": .number(counts.error),
            "watch": .number(counts.watch),
        ])
    }

    private static func word(of fault: ExitReport.Fault?) -> String {
        switch fault {
        case .badHello: "bad_hello"
        case .closedPipe: "closed_pipe"
        case .doesNotRead: "does_not_read"
        case nil: "unknown"
        }
    }

    init(_ report: ExitReport) {
        var fields: [Field] = []
        switch report.cause {
        case .none:
            self = .null
            return
        case .code: fields = [Field(name: "code", value: .number(report.value))]
        case .signal, .outOfMemory:
            let isMemory = report.cause == .outOfMemory
            let name = isMemory ? "SIGKILL" : SignalName.text(UInt8(clamping: report.value))
            fields = [
                Field(name: "signal", value: .text(name)),
                Field(name: "out_of_memory", value: .truth(isMemory)),
            ]
        case .heldUpLog: fields = [Field(name: "held_up_log", value: .truth(true))]
        case .faulted: fields = [Field(name: "faulted", value: .text(Self.word(of: report.fault)))]
        case .notStarted:
            fields = [
                Field(name: "not_started", value: .text(report.step.word)),
                Field(
                    name: report.step.namesAnOwner ? "owner" : "errno", value: .number(report.value)
                ),
            ]
        }
        fields.append(Field(name: "instance", value: .number(report.instance)))
        fields.append(Field(name: "uptime_ms", value: .number(report.uptimeMilliseconds)))
        self = .object(fields)
    }

    init(_ row: InstanceRow) {
        self = .object([
            "number": .number(row.number), "state": .text(row.state.word),
            "pid": row.pid == 0 ? .null : .number(row.pid),
            "uptime_ms": .number(row.uptimeMilliseconds),
            "cpu_percent": JSON.percent(row.usage.cpuTenths),
            "cpu_ms": JSON.known(row.usage.cpuMilliseconds),
            "memory_bytes": JSON.known(row.usage.memoryBytes), "restarts": JSON(row.restarts),
            "last_exit": JSON(row.lastExit),
            "connector": row.connector.map { JSON($0) } ?? .null,
        ])
    }

    init(_ server: ServerFigures) {
        self = .object(
            [
                Field(name: "connections", value: .number(server.connections)),
                Field(name: "waiting", value: .number(server.waiting)),
                Field(name: "refused", value: .number(server.refused)),
                Field(name: "dropped_lines", value: .number(server.droppedLines)),
            ] + JSON.fields(server.traffic))
    }

    init(_ connector: ConnectorFigures) {
        self = .object(
            [Field(name: "ready", value: .truth(connector.isReady))]
                + JSON.fields(connector.traffic))
    }

    private static func fields(_ traffic: Traffic) -> [Field] {
        [
            Field(name: "open", value: .number(traffic.open)),
            Field(name: "requests", value: .number(traffic.requests)),
            Field(name: "failed", value: .number(traffic.failed)),
            Field(name: "p50_us", value: JSON.known(traffic.median)),
            Field(name: "p99_us", value: JSON.known(traffic.slowest)),
        ]
    }

    init(_ info: WorkerInfo) {
        self = .object([
            "name": .text(info.settings.name), "settings": JSON(info.settings),
            "ends_whole_tree": .truth(info.endsWholeTree),
            "limits_without_effect": .texts(
                info.settings.limits(unmetBy: info.controllers).map(\.key)),
            "kept": .texts(info.settings.unused.map(\.fullKey)),
            "log_errno": info.logError == 0 ? .null : .number(info.logError),
            "log_error": JSON.error(info.logError),
            "instances": .list(info.instances.map { JSON($0) }),
            "waits_for": .texts(info.waitsFor), "cycle": .texts(info.cycle),
            "rolling_restart": JSON(info.roll), "watch": JSON(info.watch),
            "source": JSON(info.source), "server": info.server.map { JSON($0) } ?? .null,
        ])
        guard info.settings.isShownToAnybody, case .object(let fields) = self else { return }
        self = .object(fields.filter { !Self.hiddenOutside.contains($0.name) })
    }

    /// What the look socket does not tell.
    private static let hiddenOutside: Set = ["kept", "cycle", "watch", "source"]

    init(_ source: WorkerSource) {
        guard !source.file.isEmpty else {
            self = .null
            return
        }
        self = .object([
            "file": .text(source.file), "block_file": .text(source.blockFile),
            "line": source.line == 0 ? .null : .number(source.line),
        ])
    }

    init(_ watch: WatchReport) {
        switch watch {
        case .off: self = .null
        case .starting: self = .object(["state": .text("starting")])
        case .watching(let folders):
            self = .object([
                "state": .text("watching"), "folders": .number(folders.count),
                "skipped": .number(folders.skipped),
                "first_skipped": .optional(folders.firstSkipped.text),
            ])
        case .failed(let failure):
            self = .object([
                "state": .text("failed"), "reason": .text(failure.reason.word),
                "path": .optional(failure.path.text), "error": JSON.error(failure.errno),
            ])
        }
    }

    init(_ roll: RollProgress) {
        guard roll.instances > 0 else {
            self = .null
            return
        }
        self = .object([
            "restarted": .number(roll.restarted), "instances": .number(roll.instances),
        ])
    }

    init(_ settings: WorkerSettings) {
        self = .object(
            (Self.typed(settings) + Self.kept(settings)).filter { settings.tells($0.name) })
    }

    private static func typed(_ settings: WorkerSettings) -> [Field] {
        let fields: KeyValuePairs<String, JSON> = [
            "name": .text(settings.name), "exec": .text(settings.exec),
            "params": .texts(settings.params), "path": .text(settings.path),
            "instances": .number(settings.instances), "user": .optional(settings.user),
            "env": .texts(settings.env), "env_index": .optional(settings.envIndex),
            "env_file": .optional(settings.envFile),
            "base_environment": .texts(settings.baseEnvironment),
            "restart": .truth(settings.restart), "restart_delay": .number(settings.restartDelay),
            "max_restarts": .number(settings.maxRestarts),
            "restart_err": .truth(settings.restartErr), "err_delay": .number(settings.errDelay),
            "max_err_restarts": .number(settings.maxErrRestarts),
            "err_grace": .number(settings.errGrace),
            "restart_on_exit_codes": .list(settings.restartOnExitCodes.map { .number($0) }),
            "restart_backoff": .number(settings.restartBackoff),
            "startup_grace": .number(settings.startupGrace),
            "depends_on": .texts(settings.dependsOn),
            "depends_timeout": .number(settings.dependsTimeout),
            "kill_timeout": .number(settings.killTimeout),
            "stop_signal": .text(SignalName.text(settings.stopSignal)),
            "stdin": .text(settings.standardInput == .null ? "null" : "pipe"),
            "rolling": .truth(settings.rolling), "rolling_delay": .number(settings.rollingDelay),
            "memory_limit": .number(settings.memoryLimit),
            "memory_high": .number(settings.memoryHigh),
            "cpu_limit": .number(settings.cpuLimit), "pids_limit": .number(settings.pidsLimit),
            "watch": .texts(settings.watch), "watch_ignore": .texts(settings.watchIgnore),
            "watch_delay": .number(settings.watchDelay),
            "watch_conf": .truth(settings.watchConf),
            "log": .optional(settings.log), "err_log": .optional(settings.errLog),
            "prefix": .optional(settings.prefix),
            "log_time_format": .text(settings.logTimeFormat),
            "strip_ansi": .truth(settings.stripANSI),
        ]
        return fields.map { Field(name: $0.key, value: $0.value) } + serving(settings)
    }

    /// Of KEY=value texts.
    init(environment entries: [String]) {
        self = .object(
            entries.map { entry in
                let key = entry.prefix { $0 != "=" }
                return Field(
                    name: String(key), value: .text(String(entry.dropFirst(key.count + 1))))
            })
    }

    init(_ status: DaemonStatus) {
        self = .object([
            "running": .truth(true), "version": .text(status.version), "pid": .number(status.pid),
            "uid": .number(status.uid), "uptime_ms": .number(status.uptimeMilliseconds),
            "workers": .number(status.workers), "instances": .number(status.instances),
            "running_instances": .number(status.running), "notes_lost": .number(status.notesLost),
            "allow_group": .optional(status.allowGroup),
            "operate": .text(status.isOperatedByEveryone ? "everyone" : "members"),
            "auto_reload": .truth(status.autoReload),
            "helpers": .list(
                status.helpers.map { helper in
                    .object([
                        "name": .text(helper.role.processName),
                        "pid": helper.pid == 0 ? .null : .number(helper.pid),
                        "restarts": .number(helper.restarts),
                        "last_end": .optional(helper.lastEnd),
                    ])
                }),
        ])
    }
}
