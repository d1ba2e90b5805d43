// The tables of list, info and status.

import Control
import Messages
import Settings
import Testing

@testable import apm

struct ReportTests {
    private func row(_ state: RunState, policy: Bool, exit: ExitReport) -> WorkerRow {
        WorkerRow(
            name: "api", state: state, instances: 1, running: state == .running ? 1 : 0,
            pid: state == .running ? 77 : 0, uptimeMilliseconds: 192_000,
            restarts: RestartCounts(normal: 1, error: 2), hasRestartPolicy: policy, lastExit: exit)
    }

    @Test func emptyListSaysHowToBegin() {
        #expect(
            ListReport.text([], colours: false) == "no workers; start one with: apm run <program>\n"
        )
    }

    @Test func listShowsARunningWorker() {
        let text = ListReport.text(
            [row(.running, policy: true, exit: ExitReport())], colours: false)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        let cells = lines[1].split(separator: " ").joined(separator: " ")
        #expect(cells == "api ● running 1/1 77 3m12s - - 3 (2 after errors) -")
        #expect(!text.contains("NOTE"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func listShowsWhatARunningWorkerTakes() {
        var row = row(.running, policy: true, exit: ExitReport())
        row.usage = Usage(cpuTenths: 1984, cpuMilliseconds: 5, memoryBytes: 12 << 20)
        let lines = ListReport.text([row], colours: false).split(separator: "\n")
        let cells = lines[1].split(separator: " ").joined(separator: " ")
        #expect(cells == "api ● running 1/1 77 3m12s 198% 12.0M 3 (2 after errors) -")
    }

    @Test func infoShowsWhatAnInstanceTakes() {
        let row = InstanceRow(
            number: 1, state: .running, pid: 77, uptimeMilliseconds: 192_000,
            usage: Usage(cpuTenths: 3, cpuMilliseconds: 1500, memoryBytes: 4096),
            restarts: RestartCounts(), lastExit: ExitReport())
        let text = InfoReport.text(
            WorkerInfo(
                settings: WorkerSettings(), endsWholeTree: true, logError: 0, instances: [row]),
            colours: false)
        let line = text.split(separator: "\n").first { $0.hasPrefix("#1") } ?? ""
        let cells = line.split(separator: " ").joined(separator: " ")
        #expect(cells == "#1 ● running 77 3m12s 0.3% 1s 4K 0 -")
    }

    @Test func limitsWithoutEffectAreNoted() {
        var settings = WorkerSettings()
        settings.memoryLimit = 1
        settings.pidsLimit = 1
        let text = { (controllers: Controllers) in
            InfoReport.text(
                WorkerInfo(
                    settings: settings, endsWholeTree: true, controllers: controllers,
                    logError: 0, instances: []), colours: false)
        }
        #expect(text(.pids).contains("note: memory_limit has no effect"))
        #expect(text(.pids).contains("no memory controller"))
        #expect(!text(.pids).contains("pids_limit has no effect"))
        #expect(!text(.all).contains("has no effect"))
    }

    @Test func deadWorkerWithoutPolicyIsExplained() {
        let exit = ExitReport(cause: .code, value: 1)
        let dead = ListReport.text([row(.errored, policy: false, exit: exit)], colours: false)
        #expect(dead.contains("✖ errored"))
        #expect(dead.contains("exit 1"))
        #expect(dead.contains("no restart policy"))
        let stopped = ListReport.text([row(.stopped, policy: false, exit: exit)], colours: false)
        #expect(!stopped.contains("no restart policy"))
        let kept = ListReport.text([row(.errored, policy: true, exit: exit)], colours: false)
        #expect(!kept.contains("no restart policy"))
    }

    @Test func listNotesWhatIsUrgent() {
        var row = row(.errored, policy: true, exit: ExitReport(cause: .code, value: 1))
        row.hasUsedUpRestarts = true
        #expect(ListReport.text([row], colours: false).hasSuffix("  restarts used up\n"))
        row.logError = 28
        #expect(
            ListReport.text([row], colours: false)
                .hasSuffix("  log: No space left on device; restarts used up\n"))
    }

    @Test func narrowScreensLoseColumnsRatherThanWrap() {
        let rows = [row(.errored, policy: false, exit: ExitReport(cause: .code, value: 1))]
        let heads = { (columns: Int?) in
            let text = ListReport.text(rows, colours: false, columns: columns)
            let lines = text.split(separator: "\n")
            return (String(lines[0]), lines.map { TextWidth.columns(of: String($0)) }.max() ?? 0)
        }
        let (whole, width) = heads(nil)
        #expect(whole.contains("RESTARTS") && whole.contains("LAST EXIT"))
        #expect(heads(width).0 == whole)
        let (less, lessWidth) = heads(width - 1)
        #expect(less.contains("RESTARTS") && !less.contains("LAST EXIT"))
        let (least, leastWidth) = heads(lessWidth - 1)
        #expect(!least.contains("RESTARTS") && !least.contains("LAST EXIT"))
        #expect(leastWidth < lessWidth && lessWidth < width)
        #expect(least.contains("CPU") && least.contains("MEMORY"))
        let last = heads(1).0
        #expect(!last.contains("CPU") && !last.contains("MEMORY") && last.contains("NOTE"))
    }

    @Test func infoQuotesEntriesWithBlanks() {
        var settings = WorkerSettings()
        settings.exec = "/bin/sh"
        settings.params = ["-c", "a b", "", "it's"]
        settings.env = ["A=1", "B=x y"]
        let text = InfoReport.text(
            WorkerInfo(settings: settings, endsWholeTree: true, logError: 0, instances: []),
            colours: false)
        #expect(text.contains("-c 'a b' '' 'it'\\''s'\n"))
        #expect(text.contains("A=1, 'B=x y'\n"))
    }

    @Test(arguments: RunState.allCases)
    func coloursAddNothingButColours(_ state: RunState) {
        let rows = [row(state, policy: false, exit: ExitReport())]
        var filter = EscapeFilter(keepsColours: false, keepsControls: false)
        let bare = filter.pass(ListReport.text(rows, colours: true).utf8)
        #expect(String(decoding: bare, as: UTF8.self) == ListReport.text(rows, colours: false))
    }

    @Test func infoShowsWhatWasSetFirst() throws {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "/bin/api\u{1B}"
        settings.path = "/srv"
        settings.errDelay = 9
        let text = InfoReport.text(
            WorkerInfo(settings: settings, endsWholeTree: false, logError: 28, instances: []),
            colours: false)
        #expect(text.contains("note: stop ends the process group only: no cgroup v2 here\n"))
        #expect(text.contains("note: its log cannot be written: No space left on device\n"))
        #expect(text.contains("/bin/api\\x1b\n"))
        let parts = text.split(separator: "DEFAULTS")
        let set = try #require(parts.first)
        let standard = try #require(parts.last)
        #expect(parts.count == 2)
        #expect(set.contains("err_delay") && set.contains("9 ms"))
        #expect(standard.contains("kill_timeout") && standard.contains("2000 ms"))
        #expect(!standard.contains("err_delay"))
    }

    @Test func statusNamesTheHelpers() {
        let status = DaemonStatus(
            version: "1", pid: 5, uid: 0, uptimeMilliseconds: 1000, workers: 2, instances: 3,
            running: 1, notesLost: 0,
            helpers: [HelperRow(role: .logd, pid: 0, restarts: 1, lastEnd: "signal 9")])
        #expect(
            StatusReport.text(status) == """
                daemon: running, pid 5, version 1, up 1s
                workers: 2, 1 of 3 instances running
                apm-logd: not running, 1 restart so far; it ended last: signal 9

                """)
    }

    @Test func commandTableIsWhatTheParserKnows() {
        let parsed = RootCommand.configuration.subcommands.map {
            [$0.configuration.commandName ?? ""] + $0.configuration.aliases
        }
        #expect(parsed.flatMap { $0 }.sorted() == CommandTable.words.sorted())
    }

    @Test func helpNamesEverything() {
        for entry in CommandTable.entries {
            #expect(Help.full.contains("  \(entry.name)"))
            #expect(Help.common.contains("\n  \(entry.name)") == entry.isCommon)
        }
        for option in OptionTable.worker { #expect(Help.full.contains("--\(option.key) ")) }
    }
}
