// Values of every command and reply: plain ones and those at the edges of each field. The unit
// tests and the fuzzer's first corpus are made from them.

import Control
import Messages
import Settings

enum ControlSamples {
    static var commands: [Command] { ControlKind.allCases.flatMap(commands(of:)) }
    static var replies: [Reply] { ControlKind.allCases.flatMap(replies(of:)) }

    /// Empty for the kinds that are replies.
    static func commands(of kind: ControlKind) -> [Command] {
        switch kind {
        case .hello: [.hello(.cli, version: Version.text), .hello(.master, version: text(64))]
        case .run: runs.map(Command.run)
        case .start: selections.map(Command.start)
        case .stop: selections.map(Command.stop)
        case .restart: selections.map(Command.restart)
        case .remove: selections.map(Command.remove)
        case .list: [.list]
        case .info: selections.map(Command.info)
        case .log: logs.map(Command.log)
        case .status: [.status]
        case .exit: [.exit]
        case .events: subscriptions.map(Command.events)
        case .wait: selections.map(Command.wait)
        case .look: [.look]
        case .signal:
            [1, 64].flatMap { signal in
                selections.map { .signal(SignalCommand(selection: $0, signal: signal)) }
            }
        case .stopAll: [.stopAll(waits: true), .stopAll(waits: false)]
        case .rename: names.map { .rename(RenameCommand(name: $0, newName: $1)) }
        case .copy:
            names.map { .copy(CopyCommand(name: $0, newName: $1, waits: $0.isEmpty)) }
        case .environment: selections.map(Command.environment)
        case .update: updates.map(Command.update)
        case .load, .unload, .reload, .boot: files(of: kind)
        case .setSource: sources.map(Command.setSource)
        case .welcome, .ran, .started, .stopped, .restarted, .removed, .listed, .informed,
            .logOpened, .statusTold, .exiting, .refused, .happened, .waited, .looked, .signalled,
            .stoppedAll, .renamed,
            .copied, .environmentTold, .updated, .loaded, .unloaded, .reloaded, .booted,
            .sourceSet:
            []
        }
    }

    private static let sources = [
        SourceCommand(name: "", source: WorkerSource()),
        SourceCommand(
            name: text(ControlLimits.nameBytes),
            source: WorkerSource(
                file: text(SettingsLimits.pathBytes), blockFile: text(SettingsLimits.pathBytes),
                line: .max)),
    ]

    /// Of the commands that carry configuration out.
    private static func files(of kind: ControlKind) -> [Command] {
        let long = text(SettingsLimits.pathBytes)
        let environment = ["PATH=/usr/bin", text(SettingsLimits.argumentBytes)]
        switch kind {
        case .load:
            return [
                .load(LoadCommand(file: "/etc/a.conf")),
                .load(LoadCommand(file: long, waits: false, environment: environment)),
            ]
        case .unload:
            return [
                .unload(UnloadCommand(file: "/etc/a.conf")),
                .unload(UnloadCommand(file: long, waits: false)),
            ]
        case .reload:
            return [
                .reload(ReloadCommand(file: "/etc/a.conf")),
                .reload(
                    ReloadCommand(
                        name: text(ControlLimits.nameBytes), waits: false, forces: true,
                        isDry: true, environment: environment)),
            ]
        default:
            return [
                .boot(BootCommand()), .boot(BootCommand(waits: false, environment: environment)),
            ]
        }
    }

    /// Empty for the kinds that are requests.
    static func replies(of kind: ControlKind) -> [Reply] {
        switch kind {
        case .welcome: statuses.map(Reply.welcome)
        case .ran, .started, .stopped, .restarted, .removed, .waited, .signalled, .stoppedAll,
            .renamed,
            .copied, .updated, .sourceSet:
            outcomes.map { .outcome(kind, $0) }
        case .listed: [.listed([]), .listed(rows), .listed(manyRows)]
        case .informed: infos.map(Reply.informed)
        case .logOpened: [.logOpened]
        case .statusTold: statuses.map(Reply.statusTold)
        case .exiting: [.exiting]
        case .happened: [.happened([]), .happened(happenings), .happened(manyHappenings)]
        // The second is short enough to be tried by a fuzzer.
        case .looked:
            [.looked([]), .looked(Array(figures.prefix(rows.count + 1))), .looked(figures)]
        case .refused: refusals.map(Reply.refused)
        case .environmentTold:
            [
                .environmentTold([]), .environmentTold(["A=1", "B="]),
                .environmentTold(
                    Array(repeating: text(SettingsLimits.argumentBytes), count: 32)),
            ]
        case .loaded, .unloaded, .reloaded, .booted: reports(of: kind)
        case .hello, .run, .start, .stop, .restart, .remove, .list, .info, .log, .status, .exit,
            .events, .wait, .look, .signal, .stopAll, .rename, .copy, .environment, .update,
            .load, .unload, .reload, .boot, .setSource:
            []
        }
    }

    private static func reports(of kind: ControlKind) -> [Reply] {
        var full = LoadReport()
        full.messages =
            ConfigMessage.Level.allCases.map {
                ConfigMessage($0, file: "/etc/a.conf", line: 3, column: 9, "wrong", now: "right")
            } + [ConfigMessage(.error, file: "", "", now: "")]
        full.messagesLeft = .max
        full.refusedFiles = .max
        full.rows =
            LoadRow.Deed.allCases.map { LoadRow(name: "api", $0, changed: .all) }
            + outcomes.prefix(8).map { LoadRow(name: "web", .start, outcome: $0) }
            + refusals.prefix(8).map { LoadRow(name: "db", .refuse, refusal: $0) }
        full.rowsLeft = .max
        var many = LoadReport()
        many.messages = Array(
            repeating: ConfigMessage(.warning, file: "", "", now: ""),
            count: MessageLimits.configNotes)
        many.rows = Array(repeating: LoadRow(name: "", .keep), count: ControlLimits.loadRows)
        return [.loaded(kind, LoadReport()), .loaded(kind, full), .loaded(kind, many)]
    }

    static var looks: [Look] {
        statuses.map { status in
            Look(status: status, entries: zip(rows, infos).map { Look.Entry(row: $0, info: $1) })
        } + statuses.map { Look(status: $0, entries: []) }
    }

    private static var selections: [Selection] {
        [
            Selection(name: "api"), Selection(name: "", instance: .max, waits: false),
            Selection(name: text(ControlLimits.nameBytes), instance: 2),
        ]
    }

    private static var subscriptions: [EventsCommand] {
        [
            EventsCommand(), EventsCommand(selections: selections),
            EventsCommand(
                selections: Array(
                    repeating: Selection(name: "api", instance: 1),
                    count: ControlLimits.selections)),
        ]
    }

    private static var names: [(String, String)] {
        let long = text(ControlLimits.nameBytes)
        return [("api", "web"), ("", ""), (long, long)]
    }

    private static var updates: [UpdateCommand] {
        [
            UpdateCommand(name: "api", changed: SettingKeys(), settings: WorkerSettings()),
            UpdateCommand(
                name: text(ControlLimits.nameBytes), waits: false, restarts: false,
                changed: .all, settings: full),
        ]
    }

    private static var logs: [LogCommand] {
        selections.map { LogCommand(selection: $0, lines: 200, follows: $0.waits) }
    }

    private static var runs: [RunCommand] {
        var long = full
        long.params = Array(repeating: text(SettingsLimits.argumentBytes), count: 8)
        return [
            RunCommand(settings: WorkerSettings()), RunCommand(waits: false, settings: full),
            RunCommand(settings: long),
        ]
    }

    private static var full: WorkerSettings {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "node"
        settings.params = ["server.js", "--port", "3000"]
        settings.path = "/srv/api"
        settings.env = ["A=1"]
        settings.baseEnvironment = ["PATH=/usr/bin"]
        settings.restartOnExitCodes = [1, 137]
        settings.standardInput = .null
        settings.dependsOn = ["db", "cache"]
        settings.rolling = true
        settings.watch = ["*.js", "src/*"]
        settings.watchIgnore = ["*node_modules*"]
        settings.log = "/var/log/api.log"
        return settings
    }

    private static var reports: [ExitReport] {
        let causes = ExitReport.Cause.allCases.map { ExitReport(cause: $0, value: 9) }
        let steps = ExitReport.Step.allCases.map {
            ExitReport(cause: .notStarted, value: .min, step: $0, instance: 3)
        }
        return causes + steps + [ExitReport(value: .max, instance: .max, uptimeMilliseconds: .max)]
    }

    private static var outcomes: [Outcome] {
        Outcome.Result.allCases.map { Outcome(result: $0, instances: 1) }
            + reports.map { Outcome(result: .diedEarly, instances: .max, report: $0) }
            + [Outcome(result: .begun, instances: 1, missing: longNames(ControlLimits.waitedFor))]
    }

    private static var refusals: [Refusal] {
        Refusal.Reason.allCases.map { Refusal($0, subject: "api") }
            + [
                Refusal(
                    .logNotOpened, subject: text(ControlLimits.subjectBytes), value: -13,
                    step: .logFolder),
                Refusal(
                    .accountChanged, subject: "web", value: 1005, other: .min,
                    worker: text(ControlLimits.nameBytes)),
            ]
    }

    private static var rows: [WorkerRow] {
        RunState.allCases.map { state in
            WorkerRow(
                name: "worker-\(state)", state: state, instances: 4, running: 3, pid: 4711,
                uptimeMilliseconds: 86_400_000,
                usage: Usage(cpuTenths: 1234, cpuMilliseconds: .max - 1, memoryBytes: 1 << 40),
                restarts: RestartCounts(normal: 1, error: 2, watch: 3), hasRestartPolicy: true,
                lastExit: ExitReport(cause: .signal, value: 9, instance: 2),
                waitsFor: longNames(state == .waiting ? ControlLimits.waitedFor : 0),
                file: state == .running ? text(ControlLimits.sourceBytes) : "",
                server: state == .running ? server : nil)
        }
    }

    private static let server = ServerFigures(
        connections: 8000, waiting: 3, refused: 7, droppedLines: 1,
        traffic: Traffic(
            open: .max, requests: .max, failed: 2, median: 0, slowest: .max - 1))

    /// Rows without a name: as many as may be, none longer than the shortest.
    private static var manyRows: [WorkerRow] {
        Array(
            repeating: WorkerRow(
                name: "", state: .stopped, instances: 0, running: 0, pid: 0, uptimeMilliseconds: 0,
                restarts: RestartCounts(), hasRestartPolicy: false, lastExit: ExitReport()),
            count: ControlLimits.rows)
    }

    private static var happenings: [Happening] {
        Happening.Kind.allCases.map { Happening($0, at: 1, name: "api", instance: 2, pid: 4711) }
            + Happening.Cause.allCases.map {
                Happening(
                    .restarted, at: .max, name: text(64), instance: .max, instances: .max,
                    pid: .max, report: reports[0], cause: $0, attempt: .max,
                    hasUsedUpRestarts: true, role: .logd)
            } + reports.map { Happening(.exited, at: 0, report: $0) }
            + [Happening(.updated, at: 0, name: "api", about: text(ControlLimits.aboutBytes))]
    }

    /// As many as may be, none longer than the shortest.
    private static var manyHappenings: [Happening] {
        Array(repeating: Happening(.defined, at: 0), count: ControlLimits.happenings)
    }

    private static var figures: [WorkerFigures] {
        [0, 1, SettingsLimits.instances].flatMap { count in
            rows.map { WorkerFigures(worker: $0, instances: instanceRows(count)) }
        } + [WorkerFigures(worker: manyRows[0], instances: [])]
    }

    private static func instanceRows(_ count: Int) -> [InstanceRow] {
        (0..<count).map { index -> InstanceRow in
            let greeted = ConnectorFigures(isReady: index % 4 == 1, traffic: Traffic(open: 1))
            return InstanceRow(
                number: UInt16(index + 1), state: .running, pid: 1000,
                uptimeMilliseconds: 5, usage: Usage(cpuMilliseconds: 0),
                restarts: RestartCounts(error: .max), lastExit: ExitReport(),
                connector: index % 2 == 0 ? nil : greeted)
        }
    }

    private static var infos: [WorkerInfo] {
        [0, 1, 3, SettingsLimits.instances].map { count in
            WorkerInfo(
                settings: full, endsWholeTree: count > 0,
                controllers: Controllers(rawValue: UInt8(count % 8)), logError: 28,
                instances: instanceRows(count), waitsFor: longNames(count / 4),
                cycle: longNames(count / 16),
                roll: RollProgress(restarted: UInt16(count), instances: .max),
                watch: watches[count % watches.count],
                source: WorkerSource(file: "/etc/a.conf", blockFile: "/etc/b.conf", line: .max),
                server: count > 1 ? server : nil)
        }
    }

    private static var watches: [WatchReport] {
        [
            .off, .starting,
            .failed(WatchFailure(.watchLimit, errno: 28, path: ShownPath("/srv".utf8))),
            .watching(WatchedFolders(count: .max, skipped: 1, errno: 13)),
        ]
    }

    private static func longNames(_ count: Int) -> [String] {
        Array(repeating: text(SettingsLimits.nameBytes), count: count)
    }

    private static var statuses: [DaemonStatus] {
        [0, 1, ControlLimits.helpers].map { count in
            DaemonStatus(
                version: Version.text, pid: 1, uid: .max, uptimeMilliseconds: .max, workers: 2,
                instances: 3, running: 1, notesLost: 4,
                helpers: Array(
                    repeating: HelperRow(role: .logd, pid: 77, restarts: 5), count: count),
                allowGroup: count == 0 ? "" : text(SettingsLimits.userBytes),
                isOperatedByEveryone: count == 1, autoReload: count > 1)
        }
    }

    /// Text of so many bytes, the last character of more than one.
    static func text(_ bytes: Int) -> String {
        String(repeating: "x", count: bytes - 2) + "ç"
    }
}
