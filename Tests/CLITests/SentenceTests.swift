// Everything that can go wrong has its two lines.

import Control
import Posix
import Glibc
import Settings
import Testing

@testable import apm

struct SentenceTests {
    @Test(arguments: Refusal.Reason.allCases)
    func everyRefusalHasTwoLines(_ reason: Refusal.Reason) {
        for step in ExitReport.Step.allCases {
            let failure = Refusals.failure(
                Refusal(reason, subject: "sub\u{1B}ject", value: 2, step: step))
            for line in [failure.what, failure.now] {
                #expect(line.count > 10)
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
                #expect(!line.hasSuffix("."))
            }
            #expect(failure.status != .ok)
        }
    }

    @Test(arguments: [
        (Refusal.Reason.noSuchWorker, ExitValue.noSuchWorker),
        (.noSuchInstance, .noSuchWorker), (.notPermitted, .notPermitted), (.badSetting, .usage),
        (.ending, .unreachable), (.otherVersion, .unreachable), (.nameTaken, .failed),
        (.logNotOpened, .failed), (.limitReached, .failed), (.beingRemoved, .failed),
        (.helperDown, .failed), (.unknownAccount, .failed), (.accountChanged, .failed),
        (.notRunning, .notRunning), (.signalRefused, .failed), (.beingUpdated, .failed),
        (.limitNotSet, .failed), (.environmentUnknown, .failed), (.needsRoot, .notPermitted),
        (.envFileBadLine, .failed), (.envFileNotOpened, .failed),
    ])
    func refusalsHaveTheirExitCodes(_ reason: Refusal.Reason, _ status: ExitValue) {
        #expect(Refusals.failure(Refusal(reason)).status == status)
    }

    @Test func secondWorkerOfANameIsToldTheFlag() {
        let failure = Refusals.failure(Refusal(.nameTaken, subject: "node"))
        #expect(failure.now.contains("--name"))
    }

    @Test(arguments: ExitReport.Step.allCases)
    func everyStepHasWords(_ step: ExitReport.Step) {
        let report = ExitReport(cause: .notStarted, value: 13, step: step)
        // Where the value is an owner, it is no errno.
        let hasReason = report.sentence(nil).hasSuffix(": Permission denied")
        #expect(hasReason != step.namesAnOwner)
        #expect(report.short.hasPrefix("not started: "))
    }

    @Test func endingsHaveWords() {
        var settings = WorkerSettings()
        settings.exec = "/x/y"
        let missing = ExitReport(cause: .notStarted, value: 2, step: .exec)
        #expect(missing.sentence(settings) == "cannot execute /x/y: No such file or directory")
        let code = ExitReport(cause: .code, value: 3, uptimeMilliseconds: 12)
        #expect(code.short == "exit 3")
        #expect(code.sentence(settings) == "ended after 12ms with exit code 3")
        #expect(ExitReport(cause: .signal, value: 11).short == "SIGSEGV")
        let held = ExitReport(cause: .heldUpLog, value: 9, uptimeMilliseconds: 12)
        #expect(held.short == "held up its log")
        #expect(
            held.sentence(settings)
                == "was ended after 12ms because it held up the pipe to its log")
        #expect(ExitReport().short.isEmpty)
    }

    @Test func everyFaultHasWords() {
        var sentences: Set<String> = []
        for fault in ExitReport.Fault.allCases {
            let report = ExitReport(cause: .faulted, value: fault.rawValue, uptimeMilliseconds: 12)
            #expect(report.sentence(nil).hasPrefix("was ended after 12ms because it "))
            sentences.insert(report.sentence(nil) + report.short + report.advice(nil))
        }
        #expect(sentences.count == ExitReport.Fault.allCases.count)
        let unknown = ExitReport(cause: .faulted, value: 99)
        #expect(unknown.sentence(nil).contains("apm-proxyd could not go on with it"))
    }

    @Test func deathForWantOfMemoryHasWords() {
        var settings = WorkerSettings()
        settings.memoryLimit = 256 << 20
        var report = ExitReport(
            cause: .outOfMemory, value: ExitReport.overOwnLimit, uptimeMilliseconds: 12)
        #expect(report.short == "out of memory")
        #expect(
            report.sentence(settings)
                == "was killed by the kernel after 12ms: over its memory limit 256M")
        #expect(report.advice(settings).contains("--memory-limit"))
        #expect(
            report.sentence(nil)
                == "was killed by the kernel after 12ms: over a memory limit of its own")
        report.value = 0
        #expect(
            report.sentence(settings) == "was killed by the kernel after 12ms: no memory was left")
        #expect(!report.advice(settings).contains("--memory-limit"))
    }

    @Test func unknownNamesGetAHint() {
        #expect(Names.hint(for: "ap", among: ["api", "web"]) == "did you mean api?")
        #expect(Names.hint(for: "zzz", among: ["api", "web"]) == "there are: api, web")
        #expect(Names.hint(for: "zzz", among: []).contains("apm run"))
        let many = (1...20).map { "w\($0)" }
        #expect(Names.shortened(many).hasSuffix("w8 and 12 more (apm list)"))
    }

    @Test func deathIsFollowedByWhatToDo() {
        var info = WorkerInfo(
            settings: WorkerSettings(), endsWholeTree: true, logError: 0,
            instances: [
                InstanceRow(
                    number: 1, state: .errored, pid: 0, uptimeMilliseconds: 0,
                    restarts: RestartCounts(), lastExit: ExitReport())
            ])
        let report = ExitReport(cause: .code, value: 1, instance: 1)
        let next = { OutcomeReport.nextStep("api", report, $0, nil) }
        #expect(next(info) == "put it right, then: apm start api; its log: apm log api")
        #expect(next(nil) == "put it right, then run it again")
        info.instances[0].state = .waiting
        #expect(!next(info).hasPrefix("it is restarted"))
        info.settings.restartErr = true
        #expect(next(info).hasPrefix("it is restarted"))
    }

    @Test func onlyTheInstanceThatEndedComesBack() {
        let rows = [RunState.errored, .running].enumerated().map { index, state in
            InstanceRow(
                number: UInt16(index + 1), state: state, pid: 0, uptimeMilliseconds: 0,
                restarts: RestartCounts(), lastExit: ExitReport())
        }
        var info = WorkerInfo(
            settings: WorkerSettings(), endsWholeTree: true, logError: 0, instances: rows)
        info.settings.restart = true
        #expect(!OutcomeReport.comesBack(info, 1))
        #expect(OutcomeReport.comesBack(info, 2))
        #expect(!OutcomeReport.comesBack(info, 3))
        #expect(!OutcomeReport.comesBack(nil, 1))
        info.settings.restart = false
        #expect(!OutcomeReport.comesBack(info, 2))
    }

    @Test func quotedOutputKeepsItsLines() {
        #expect(
            OutcomeReport.quoted("a\n\n\u{7}b\n", toTerminal: true)
                == "  | a\n  |\n  | \\x07b\n")
        #expect(OutcomeReport.quoted("a", toTerminal: true) == "  | a\n")
        #expect(OutcomeReport.quoted("", toTerminal: true).isEmpty)
    }

    @Test(arguments: [
        (ENOENT, "create its folder"), (EISDIR, "it is a folder: name a file in it"),
        (ENOTDIR, "a part of the path is a file"), (EACCES, "choose a file that you may write"),
        (EPERM, "choose a file that you may write"), (ENAMETOOLONG, "shorten"),
        (ENXIO, "it must be a regular file"), (ETIMEDOUT, "its disk does not answer"),
        (EWOULDBLOCK, "somebody holds a lease on it"),
        (EIO, "choose another file"),
    ])
    func logErrorsHaveTheirAdvice(_ code: Int32, _ beginning: String) {
        let refusal = Refusal(.logNotOpened, subject: "/x", value: code, step: .log)
        #expect(Refusals.failure(refusal).now.hasPrefix(beginning))
    }

    @Test(arguments: [
        (EACCES, "it must be a file that you may execute: ls -ld /x/y"),
        (ENOEXEC, "its first line must name its interpreter: #!/path/to/interpreter"),
        (ENOTDIR, "a part of its path is a file, not a folder"),
        (E2BIG, "give it fewer or shorter arguments and variables"),
        (EISDIR, "name a program in that folder, not the folder"),
    ])
    func execErrorsHaveTheirAdvice(_ code: Int32, _ advice: String) {
        var settings = WorkerSettings()
        settings.exec = "/x/y"
        let report = ExitReport(cause: .notStarted, value: code, step: .exec)
        #expect(report.advice(settings) == advice)
    }

    @Test func waitingForTheLogIsTold() {
        let report = ExitReport(cause: .notStarted, value: EAGAIN, step: .log, instance: 1)
        #expect(report.sentence(nil) == "its log has not taken what it wrote before")
        #expect(
            OutcomeReport.nextStep("api", report, nil, nil).hasPrefix("it starts when that is"))
    }

    @Test func theEndOfAFollowedLogStartsNoDaemon() {
        let selection = Selection(name: "api")
        let gone = Log.end(of: selection, names: nil)
        #expect(gone.now == "apm status tells whether it runs")
        #expect(Log.end(of: selection, names: .listed([])).what.hasSuffix("it was removed"))
        let row = WorkerRow(
            name: "api", state: .running, instances: 1, running: 1, pid: 1, uptimeMilliseconds: 1,
            restarts: RestartCounts(), hasRestartPolicy: true, lastExit: ExitReport())
        #expect(Log.end(of: selection, names: .listed([row])).now.hasPrefix("apm status"))
    }

    @Test func theDaemonsAdviceIsTheSecondLine() throws {
        let folder = try Stage.folder()
        let home = DaemonHome(folder: folder, log: folder + "/apm.log")
        defer {
            unlink(home.log)
            rmdir(folder)
        }
        let split = DaemonStart.failure("/x; y is odd; set APM_HOME", home)
        #expect(split.what == "the daemon did not start: /x; y is odd")
        #expect(split.now == "set APM_HOME")
        // The log is named only where it can say something.
        #expect(!DaemonStart.failure("no", home).now.contains(home.log))
        close(open(home.log, O_CREAT | O_WRONLY, 0o600))
        #expect(!DaemonStart.failure("no;", home).now.contains(home.log))
        let file = open(home.log, O_WRONLY)
        #expect(write(file, "x", 1) == 1)
        close(file)
        #expect(DaemonStart.failure("no", home).now == "its log may say more: \(home.log)")
    }

    @Test func waitingForALogHasAnEnd() throws {
        let pipe = try DescriptorPair.pipe()
        defer {
            close(pipe.reading)
            close(pipe.writing)
        }
        let interrupts = Interrupts()
        guard case .nothing = interrupts.wait(for: pipe.reading, atMost: 10) else {
            Issue.record("nothing was there to be read")
            return
        }
        #expect(write(pipe.writing, "x", 1) == 1)
        guard case .ready = interrupts.wait(for: pipe.reading, atMost: 10_000) else {
            Issue.record("a byte was there to be read")
            return
        }
    }

    @Test func namesAreTakenOneByOne() throws {
        let session = Session(
            surroundings: Stage.surroundings(),
            console: Console(wish: .never, surroundings: Stage.surroundings()))
        #expect(try session.worker(of: ["a"], for: "stop") == "a")
        let failure = #expect(throws: Failure.self) {
            try session.worker(of: ["a", "b"], for: "stop")
        }
        #expect(failure?.what == "stop takes one worker")
    }

    @Test func shortFormsOfLinesAreRead() throws {
        for words in [["-n", "5"], ["-n5"], ["--lines=5"]] {
            let log = try #require(try RootCommand.parseAsRoot(["log"] + words + ["api"]) as? Log)
            #expect(log.lines == "5")
            #expect(log.names == ["api"])
        }
        let negative = try #require(try RootCommand.parseAsRoot(["log", "-n", "-5"]) as? Log)
        #expect(negative.lines == "-5")
    }

    @Test func theDaemonsFirstLineIsUnderstood() {
        #expect(DaemonStart.parse("ready 12") == .listens)
        #expect(DaemonStart.parse("running 12") == .listens)
        #expect(DaemonStart.parse("failed open /x: No space") == .failed("open /x: No space"))
        for line in ["", "ready", "hello world"] { #expect(DaemonStart.parse(line) == .nothing) }
    }
}
