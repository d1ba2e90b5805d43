// list, info and monitor as people see them, whole; and the fields of --json against docs/JSON.md.

import Control
import Documents
import Messages
import Settings
import Testing

@testable import apm

private enum Scene {
    static let exit = ExitReport(cause: .code, value: 1, instance: 1, uptimeMilliseconds: 1500)

    static let rows = [
        WorkerRow(
            name: "api", state: .running, instances: 2, running: 2, pid: 4711,
            uptimeMilliseconds: 192_000,
            usage: Usage(cpuTenths: 21, cpuMilliseconds: 999, memoryBytes: 43_300_000),
            restarts: RestartCounts(), hasRestartPolicy: true, lastExit: ExitReport()),
        WorkerRow(
            name: "日本語", state: .waiting, instances: 1, running: 0, pid: 0, uptimeMilliseconds: 0,
            restarts: RestartCounts(error: 3), hasRestartPolicy: true,
            lastExit: ExitReport(cause: .signal, value: 11)),
        WorkerRow(
            name: "cron", state: .errored, instances: 1, running: 0, pid: 0, uptimeMilliseconds: 0,
            restarts: RestartCounts(), hasRestartPolicy: false, lastExit: exit),
    ]

    static var info: WorkerInfo {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "node"
        settings.params = ["server.js"]
        settings.path = "/srv/api"
        settings.instances = 2
        settings.restartErr = true
        settings.baseEnvironment = ["PATH=/usr/bin"]
        let instance = { (number: UInt16) in
            InstanceRow(
                number: number, state: number == 1 ? .running : .waiting,
                pid: number == 1 ? 4711 : 0, uptimeMilliseconds: number == 1 ? 192_000 : 0,
                restarts: RestartCounts(error: UInt32(number)), lastExit: exit)
        }
        return WorkerInfo(
            settings: settings, endsWholeTree: true, controllers: .all, logError: 0,
            instances: [instance(1), instance(2)])
    }
}

struct GoldenTests {
    @Test func list() {
        #expect(
            ListReport.text(Scene.rows, colours: false) == """
                NAME    STATE      INSTANCES  PID  UPTIME  CPU   MEMORY  RESTARTS            \
                LAST EXIT  NOTE
                api     ● running  2/2        -    3m12s   2.1%  41.2M   0                   -
                日本語  ◆ waiting  0/1        -    -       -     -       3 (3 after errors)  SIGSEGV
                cron    ✖ errored  0/1        -    -       -     -       0                   \
                exit 1     no restart policy

                """)
    }

    @Test func listOfWhatServes() {
        var rows = Array(Scene.rows.prefix(2))
        rows[0].server = ServerFigures(
            connections: 12,
            traffic: Traffic(requests: 45_678, median: 210, slowest: 4321))
        #expect(
            ListReport.text(rows, colours: false) == """
                NAME    STATE      INSTANCES  PID  UPTIME  CPU   MEMORY  CONNS  REQUESTS  P50    \
                P99    RESTARTS            LAST EXIT
                api     ● running  2/2        -    3m12s   2.1%  41.2M   12     45.6k     210µs  \
                4.3ms  0                   -
                日本語  ◆ waiting  0/1        -    -       -     -       -      -         -      \
                -      3 (3 after errors)  SIGSEGV

                """)
        #expect(
            ListReport.text(rows, colours: false, columns: 70) == """
                NAME    STATE      INSTANCES  PID  UPTIME  MEMORY  REQUESTS  P99
                api     ● running  2/2        -    3m12s   41.2M   45.6k     4.3ms
                日本語  ◆ waiting  0/1        -    -       -       -         -

                """)
    }

    @Test func infoOfWhatServes() {
        var info = Scene.info
        info.server = ServerFigures(
            connections: 12, waiting: 1, refused: 3, droppedLines: 4,
            traffic: Traffic(open: 2, requests: 45_678, failed: 5, median: 210, slowest: 4321))
        info.instances[0].connector = ConnectorFigures(
            isReady: false, traffic: Traffic(open: 2, requests: 500))
        let text = InfoReport.text(info, colours: false)
        #expect(
            text.contains(
                """
                REQUESTS  NUMBER  OPEN  FAILED  P50    P99
                all       45.6k   2     5       210µs  4.3ms
                #1        500     2     0       -      -
                12 connections open, 1 request waiting, 3 refused

                """), "\(text)")
        #expect(text.contains("note: #1 has not greeted: does the program load the connector"))
        #expect(text.contains("note: 4 lines of its access log were left out"))
    }

    @Test func listOnANarrowScreen() {
        #expect(
            ListReport.text(Scene.rows, colours: false, columns: 70) == """
                NAME    STATE      INSTANCES  PID  UPTIME  MEMORY  NOTE
                api     ● running  2/2        -    3m12s   41.2M
                日本語  ◆ waiting  0/1        -    -       -
                cron    ✖ errored  0/1        -    -       -       no restart policy

                """)
    }

    @Test func info() throws {
        let text = InfoReport.text(Scene.info, colours: false)
        let golden = try Documents.text(of: "Tests/Golden/info.txt")
        // What follows grows with the option table.
        #expect(text.hasPrefix(golden + "DEFAULTS"))
    }

    @Test func monitorWithoutATerminal() {
        let system = SystemFigures(
            processors: 2, memoryUsed: 1 << 30, memoryTotal: 4 << 30, load: [1, 2, 3],
            uptimeMilliseconds: 5000)
        let figures = [WorkerFigures(worker: Scene.rows[2], instances: [])]
        #expect(
            Monitor.text(system, figures, colours: false, columns: nil) == """
                memory 1.0G of 4.0G  load 0.01 0.02 0.03  up 5s
                NAME  STATE      INSTANCES  PID  UPTIME  CPU  MEMORY  RESTARTS  LAST EXIT  NOTE
                cron  ✖ errored  0/1        -    -       -    -       0         exit 1     \
                no restart policy

                """)
    }
}

/// What docs/JSON.md promises is what is printed, no field more or less.
struct JSONDocTests {
    private func fields(_ json: JSON) -> [String] {
        guard case .object(let fields) = json else { return [] }
        return fields.map(\.name)
    }

    /// First cells of the table in the section under `heading`.
    private func documented(under heading: String) throws -> [String] {
        let text = try Documents.text(of: "docs/JSON.md")
        var names: [String] = []
        var isInside = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { isInside = line == "## \(heading)" }
            guard isInside, line.hasPrefix("| `") else { continue }
            names.append(String(line.dropFirst(3).prefix { $0 != "`" }))
        }
        return names
    }

    /// Everything in back-ticks in the section under `heading`.
    private func mentioned(under heading: String) throws -> Set<String> {
        let text = try Documents.text(of: "docs/JSON.md")
        var words: Set<String> = []
        var isInside = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("## ") { isInside = line == "## \(heading)" }
            guard isInside else { continue }
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() where index % 2 == 1 {
                words.insert(String(piece))
            }
        }
        return words
    }

    @Test func list() throws {
        #expect(try documented(under: "apm list --json") == fields(JSON(Scene.rows[0])))
    }

    @Test func info() throws {
        #expect(try documented(under: "apm info NAME --json") == fields(JSON(Scene.info)))
        let words = try mentioned(under: "apm info NAME --json")
        let instance = fields(JSON(Scene.info.instances[0]))
        #expect(Set(instance).isSubset(of: words), "\(Set(instance).subtracting(words))")
    }

    @Test func status() throws {
        let status = DaemonStatus(
            version: "1", pid: 1, uid: 0, uptimeMilliseconds: 0, workers: 0, instances: 0,
            running: 0, notesLost: 0, helpers: [HelperRow(role: .logd, pid: 1, restarts: 0)])
        let words = try mentioned(under: "apm status --json")
        #expect(Set(fields(JSON(status))).isSubset(of: words))
    }

    @Test func monitor() throws {
        let figures = WorkerFigures(worker: Scene.rows[0], instances: [])
        #expect(
            try documented(under: "apm monitor --json")
                == fields(Monitor.json(1, SystemFigures(), [figures]))
                + fields(JSON(SystemFigures())) + ["each_instance"])
        #expect(
            fields(JSON(figures)) == fields(JSON(Scene.rows[0])) + ["each_instance"])
    }

    @Test func events() throws {
        let words = try mentioned(under: "apm events --json")
        for kind in Happening.Kind.allCases {
            let event = Happening(kind, at: 1, name: "a", instance: 1, instances: 2)
            let names = Set(fields(JSON(event)))
            #expect(names.isSubset(of: words), "\(kind): \(names.subtracting(words))")
        }
        #expect(
            try documented(under: "apm events --json") == Happening.Kind.allCases.map(\.word))
        for cause in Happening.Cause.allCases where cause != .none {
            #expect(words.contains(cause.word))
        }
    }
}
