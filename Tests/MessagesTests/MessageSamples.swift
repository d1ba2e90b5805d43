// Values of every message: plain ones and those at the edges of each field. The unit tests and the
// fuzzer's first corpus are made from them.

import Messages
import Settings

enum MessageSamples {
    static var all: [Message] { MessageKind.allCases.flatMap(of) }

    /// Who sends a kind, and when.
    static func origins(of kind: MessageKind) -> [(Role, Phase)] {
        var origins: [(Role, Phase)] = []
        for sender in Role.allCases {
            for phase in Phase.allCases where Permit.row(for: kind, from: sender, in: phase) != nil
            {
                origins.append((sender, phase))
            }
        }
        return origins
    }

    static func of(_ kind: MessageKind) -> [Message] {
        let lastStream = UInt32(MessageLimits.streams - 1)
        let lastLog = UInt32(MessageLimits.logs - 1)
        return switch kind {
        case .hello: hellos
        case .openJournal: [.openJournal]
        case .openLog:
            [
                .openLog(0, path: "/var/log/apm.log"), .openLog(lastLog, path: ""),
                .openLog(1, path: text(4096)),
            ]
        case .closeLog: [.closeLog(0), .closeLog(lastLog)]
        case .logFailed: [.logFailed(0, errno: 28), .logFailed(lastLog, errno: -1)]
        case .openStream: streams.map(Message.openStream)
        case .streamEnded: [.streamEnded(0, lines: 0), .streamEnded(lastStream, lines: .max)]
        case .closeStream: [.closeStream(0), .closeStream(lastStream)]
        case .tailLog: tails.map(Message.tailLog)
        case .showStart: [.showStart(0), .showStart(lastStream)]
        case .forgetStart: [.forgetStart(0), .forgetStart(lastStream)]
        case .note: notes
        case .forgetRecent:
            [
                .forgetRecent(worker: 0),
                .forgetRecent(worker: UInt16(MessageLimits.workers - 1)),
            ]
        case .restyleStream: styles.map(Message.restyleStream)
        case .resolveAccount:
            [
                .resolveAccount(name: "web"),
                .resolveAccount(name: text(MessageLimits.accountNameBytes)),
            ]
        case .accountResolved: accounts.map(Message.accountResolved)
        case .readLoginPath:
            [.readLoginPath(Login(name: "web", home: "/srv/web", shell: "/bin/sh"))]
        case .loginPathRead: paths.map(Message.loginPathRead)
        case .readEnvironmentFile: [.readEnvironmentFile]
        case .environmentFileRead: files.map(Message.environmentFileRead)
        case .releaseStream: [.releaseStream(0), .releaseStream(lastStream)]
        case .working: [.working]
        case .ping: [.ping]
        case .ponged: [.ponged]
        case .watchFiles, .fileChanged, .watchFailed, .watching: ofWatches(kind)
        case .openLook, .refreshLook, .lookTaken, .admitOrders, .order, .orderAnswered,
            .orderAbandoned:
            ofLooks(kind)
        case .resolveUid: [.resolveUid(0), .resolveUid(.max)]
        case .uidResolved: accounts.map(Message.uidResolved)
        case .resolveGroup:
            [
                .resolveGroup(name: "apm"),
                .resolveGroup(name: text(MessageLimits.accountNameBytes)),
            ]
        case .readConfig, .configRead, .workerPlanned, .configNoted, .daemonPlanned,
            .configFileRead, .configNamesListed, .sourceRead:
            ofConfig(kind)
        case .openFigures, .openWorker, .closeWorker, .openServer, .closeServer, .openInstance,
            .instanceReady, .drainInstance, .instanceDrained, .closeInstance, .instanceClosed,
            .openAccessLog, .instanceFailed, .closeAccessLog, .proxyNoted:
            ProxySamples.of(kind)
        case .groupResolved:
            GroupAnswer.Result.allCases.map {
                .groupResolved(GroupAnswer($0, errno: -1, gid: .max))
            }
        }
    }

    private static func ofLooks(_ kind: MessageKind) -> [Message] {
        switch kind {
        case .openLook: [.openLook(idleMilliseconds: 0), .openLook(idleMilliseconds: .max)]
        case .refreshLook: [.refreshLook]
        case .lookTaken:
            [
                .lookTaken([]), .lookTaken([1, 2, 3]),
                .lookTaken([UInt8](repeating: 0xA9, count: 4096)),
            ]
        case .admitOrders: [.admitOrders(true), .admitOrders(false)]
        case .order:
            [
                .order(Order(id: 0, uid: 1001, kind: 0x0106, body: [])),
                .order(
                    Order(
                        id: .max, uid: .max, kind: .max,
                        body: [UInt8](repeating: 7, count: MessageLimits.orderBytes))),
            ]
        case .orderAnswered:
            [
                .orderAnswered(OrderAnswer(id: 0, kind: 0x0107, body: [1, 2])),
                .orderAnswered(
                    OrderAnswer(
                        id: .max, kind: .max,
                        body: [UInt8](repeating: 7, count: MessageLimits.orderAnswerBytes))),
            ]
        case .orderAbandoned: [.orderAbandoned(0), .orderAbandoned(.max)]
        default: []
        }
    }

    /// Of what is said of a configuration.
    private static func ofConfig(_ kind: MessageKind) -> [Message] {
        switch kind {
        case .readConfig:
            [
                .readConfig(
                    ConfigRequest(
                        path: "/etc/apm/apm.conf", checksOwners: true, isMain: false,
                        environment: ["HOME=/root"])),
                .readConfig(
                    ConfigRequest(
                        path: text(SettingsLimits.pathBytes), checksOwners: false, isMain: true,
                        settles: true, environment: [])),
            ]
        case .configRead: [.configRead]
        case .workerPlanned: planned.map(Message.workerPlanned)
        case .configNoted:
            ConfigMessage.Level.allCases.map {
                .configNoted(ConfigMessage($0, file: "/a", line: 1, column: 2, "w", now: "r"))
            } + [
                .configNoted(
                    ConfigMessage(
                        .error, file: text(SettingsLimits.pathBytes), line: .max, column: .max,
                        text(SettingsLimits.messageBytes),
                        now: text(SettingsLimits.messageBytes)))
            ]
        case .daemonPlanned: [.daemonPlanned(DaemonSettings())]
        case .configFileRead: [.configFileRead(path: ""), .configFileRead(path: text(4096))]
        case .configNamesListed:
            [.configNamesListed(path: "/etc/*.conf"), .configNamesListed(path: text(4096))]
        case .sourceRead:
            SourceReport.Result.allCases.map {
                .sourceRead(
                    SourceReport(
                        $0, file: "/a", value: .min, subject: text(SettingsLimits.pathBytes),
                        refused: ["a", text(SettingsLimits.nameBytes)]))
            }
        default: []
        }
    }

    private static func ofWatches(_ kind: MessageKind) -> [Message] {
        switch kind {
        case .watchFiles: watchPlans.map(Message.watchFiles)
        case .fileChanged:
            [
                .fileChanged(.none), .fileChanged(ShownPath("src/äpp.js".utf8)),
                .fileChanged(ShownPath(text(MessageLimits.shownPathBytes).utf8)),
            ]
        case .watchFailed:
            WatchFailure.Reason.allCases.map {
                .watchFailed(WatchFailure($0, errno: -1, path: ShownPath("/srv/api".utf8)))
            }
        case .watching:
            [
                .watching(WatchedFolders(count: 0)),
                .watching(
                    WatchedFolders(
                        count: .max, skipped: .max, errno: .min,
                        firstSkipped: ShownPath(text(MessageLimits.shownPathBytes).utf8))),
            ]
        default: []
        }
    }

    /// Those that one datagram holds.
    private static var watchPlans: [WatchPlan] {
        [
            WatchPlan(folder: "/", wanted: [], delayMilliseconds: 0),
            WatchPlan(
                folder: "/srv/api", wanted: ["*.js", "src/*"], ignored: ["*node_modules*"],
                delayMilliseconds: 200),
            WatchPlan(
                folder: "/" + text(MessageLimits.watchPathBytes - 1),
                wanted: Array(repeating: "*", count: MessageLimits.watchPatterns),
                ignored: [text(MessageLimits.watchPatternBytes)], delayMilliseconds: .max),
            WatchPlan(files: ["/etc/a.conf", "/etc/b.conf"], delayMilliseconds: 1),
            WatchPlan(
                files: Array(repeating: "/", count: MessageLimits.watchedFiles),
                names: ["/etc/apm/*.conf"], delayMilliseconds: 1),
        ]
    }

    private static var planned: [PlannedWorker] {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "node"
        settings.params = ["server.js"]
        settings.env = ["A=1"]
        return [
            PlannedWorker(settings: WorkerSettings(), source: WorkerSource()),
            PlannedWorker(
                settings: settings,
                source: WorkerSource(file: "/a", blockFile: text(4096), line: .max)),
        ]
    }

    private static var accounts: [AccountAnswer] {
        var small = AccountAnswer(.found)
        small.name = "web"
        small.uid = 1001
        small.gid = 100
        small.groups = [100, 27]
        small.home = "/srv/web"
        small.shell = "/bin/sh"
        var large = small
        large.name = text(MessageLimits.accountNameBytes)
        large.groups = [UInt32](repeating: .max, count: MessageLimits.groups)
        large.home = text(MessageLimits.accountPathBytes)
        large.shell = large.home
        return [small, large, AccountAnswer(.unknown), AccountAnswer(.failed, errno: 5)]
            + [AccountAnswer(.tooLarge)]
    }

    private static var paths: [LoginPath] {
        LoginPath.Source.allCases.map { LoginPath($0, path: "/usr/bin:/bin") }
            + [LoginPath(.shell, path: text(MessageLimits.searchPathBytes))]
    }

    /// Those that one datagram holds.
    private static var files: [EnvironmentFile] {
        EnvironmentFile.Result.allCases.map { EnvironmentFile($0, number: 7) } + [
            EnvironmentFile(.read, entries: ["A=1", "B=", text(4096)]),
            EnvironmentFile(
                .read,
                entries: [String](repeating: "", count: MessageLimits.environmentEntries)),
        ]
    }

    private static var hellos: [Message] {
        Role.allCases.map { .hello($0, version: Version.text) }
            + [
                .hello(.logd, version: ""),
                .hello(.logd, version: text(MessageLimits.versionBytes)),
            ]
    }

    private static var notes: [Message] {
        NoteLevel.allCases.map { .note($0, "api#2 running -> draining") }
            + [.note(.info, ""), .note(.alert, text(MessageLimits.noteBytes))]
    }

    private static var streams: [StreamPlan] {
        [
            StreamPlan(
                stream: 0, log: 0, worker: 0, instance: 1, source: .standardOutput,
                stripsANSI: false, keepsStart: true, prefix: "ç15,88-xçR- ",
                timeFormat: "%Y-%m-%d %T.%F"),
            StreamPlan(
                stream: UInt32(MessageLimits.streams - 1), log: UInt32(MessageLimits.logs - 1),
                worker: UInt16(MessageLimits.workers - 1), instance: .max, source: .standardError,
                stripsANSI: true, keepsStart: false, prefix: text(MessageLimits.prefixBytes),
                timeFormat: text(MessageLimits.formatBytes)),
            StreamPlan(
                stream: 1, log: 1, worker: 1, instance: 0, source: .accessLog, stripsANSI: false,
                keepsStart: false, prefix: "", timeFormat: ""),
        ]
    }

    private static var styles: [StreamStyle] {
        [
            StreamStyle(stream: 0, stripsANSI: false, prefix: "", timeFormat: "%T"),
            StreamStyle(
                stream: UInt32(MessageLimits.streams - 1), stripsANSI: true,
                prefix: text(MessageLimits.formatBytes),
                timeFormat: text(MessageLimits.formatBytes)),
        ]
    }

    private static var tails: [TailRequest] {
        [
            TailRequest(lines: 0, follows: false, instance: 0, workers: [], uid: 0),
            TailRequest(lines: 200, follows: true, instance: 2, workers: [0, 1023], uid: 1001),
            TailRequest(
                lines: .max, follows: false, instance: .max,
                workers: (0..<UInt16(MessageLimits.tailWorkers)).map { $0 }, uid: .max),
        ]
    }

    /// Text of so many bytes, the last character of more than one.
    static func text(_ bytes: Int) -> String {
        String(repeating: "x", count: bytes - 2) + "ç"
    }
}
