// Events, waits and time-outs in words; lines of several logs.

import Control
import Glibc
import Messages
import Posix
import Settings
import Testing

@testable import apm

struct EventReportTests {
    private static let error = ExitReport(
        cause: .code, value: 7, instance: 2, uptimeMilliseconds: 3000)

    private static func event(
        _ kind: Happening.Kind, report: ExitReport = ExitReport(), cause: Happening.Cause = .none,
        usedUp: Bool = false, about: String = ""
    ) -> Happening {
        Happening(
            kind, at: 1_700_000_000_123_456, name: "api", instance: 2, instances: 4, pid: 77,
            report: report, cause: cause, attempt: 3, hasUsedUpRestarts: usedUp, role: .logd,
            about: about)
    }

    struct Row: Sendable {
        let event: Happening
        let text: String
        let json: String
    }

    static let table = [
        Row(
            event: Happening(.defined, at: 5000, name: "api", instances: 4),
            text: "api defined, 4 instances",
            json: #"{"time_ms":5,"event":"defined","worker":"api","instances":4}"#),
        Row(
            event: Happening(.removed, at: 5000, name: "api", instances: 4), text: "api removed",
            json: #"{"time_ms":5,"event":"removed","worker":"api"}"#),
        Row(
            event: event(.started), text: "api#2 started, pid 77",
            json: #"{"time_ms":1700000000123,"event":"started","worker":"api","instance":2,"#
                + #""pid":77}"#),
        Row(
            event: event(.exited, report: error), text: "api#2 ended after 3s with exit code 7",
            json: #"{"time_ms":1700000000123,"event":"exited","worker":"api","instance":2,"#
                + #""exit":{"code":7,"instance":2,"uptime_ms":3000}}"#),
        Row(
            event: event(.oom, report: ExitReport(cause: .outOfMemory, value: 1)),
            text: "api#2 was killed by the kernel after 0ms: over a memory limit of its own",
            json: #"{"time_ms":1700000000123,"event":"oom","worker":"api","instance":2,"#
                + #""exit":{"signal":"SIGKILL","out_of_memory":true,"instance":0,"uptime_ms":0}}"#),
        Row(
            event: event(.restarted, cause: .error),
            text: "api#2 is restarted after an error, attempt 3",
            json: #"{"time_ms":1700000000123,"event":"restarted","worker":"api","instance":2,"#
                + #""cause":"error","attempt":3}"#),
        Row(
            event: event(.restarted, cause: .watch, about: "src/a\u{1B}.js"),
            text: "api#2 is restarted after a change of src/a\\x1b.js",
            json: #"{"time_ms":1700000000123,"event":"restarted","worker":"api","instance":2,"#
                + #""cause":"watch","file":"src/a\u001b.js"}"#),
        Row(
            event: event(.restarted, cause: .person), text: "api#2 is restarted as asked",
            json: #"{"time_ms":1700000000123,"event":"restarted","worker":"api","instance":2,"#
                + #""cause":"person"}"#),
        Row(
            event: event(.failed, report: error, usedUp: true),
            text: "api#2 stays errored: its restarts are used up",
            json: #"{"time_ms":1700000000123,"event":"failed","worker":"api","instance":2,"#
                + #""exit":{"code":7,"instance":2,"uptime_ms":3000},"restarts_used_up":true}"#),
        Row(
            event: event(
                .failed, report: ExitReport(cause: .notStarted, value: ENOENT, step: .exec)),
            text: "api#2 was not started: cannot execute the program: No such file or directory",
            json: #"{"time_ms":1700000000123,"event":"failed","worker":"api","instance":2,"#
                + #""exit":{"not_started":"exec","errno":2,"instance":0,"uptime_ms":0},"#
                + #""restarts_used_up":false}"#),
        Row(
            event: event(.stopped), text: "api#2 stopped",
            json: #"{"time_ms":1700000000123,"event":"stopped","worker":"api","instance":2,"#
                + #""exit":null}"#),
        Row(
            event: Happening(.helperEnded, at: 5000, role: .logd),
            text: "apm-logd ended and is started again; apm status tells more",
            json: #"{"time_ms":5,"event":"helper_ended","helper":"apm-logd"}"#),
    ]

    @Test(arguments: table)
    func eventsHaveWordsAndJSON(_ row: Row) {
        let time = EventReport.localTime(row.event.time / 1_000_000)
        #expect(EventReport.text(row.event, colours: false) == "\(time) \(row.text)")
        #expect(JSON(row.event).line == row.json + "\n")
    }

    @Test func everyKindHasAWordOfItsOwn() {
        #expect(Set(Happening.Kind.allCases.map(\.word)).count == Happening.Kind.allCases.count)
        #expect(Set(Happening.Cause.allCases.map(\.word)).count == Happening.Cause.allCases.count)
    }

    @Test func namesOfOthersCannotDriveTheTerminal() {
        let event = Happening(.removed, at: 0, name: "a\u{1B}[2J")
        #expect(EventReport.text(event, colours: false).hasSuffix("a\\x1b[2J removed"))
    }

    @Test func coloursAddNothingButColours() {
        for row in Self.table {
            var filter = EscapeFilter(keepsColours: false, keepsControls: false)
            let bare = filter.pass(EventReport.text(row.event, colours: true).utf8)
            #expect(
                String(decoding: bare, as: UTF8.self)
                    == EventReport.text(row.event, colours: false))
        }
    }

    @Test func onlyErrorsShowLines() {
        let shown = Self.table.filter { EventReport.isError($0.event) }.map(\.event.kind)
        #expect(shown == [.exited, .oom])
        #expect(!EventReport.isError(Self.event(.exited, report: ExitReport(cause: .code))))
    }
}

struct WaitingTests {
    private static let api = Selection(name: "api")

    @Test func progressIsOneLine() {
        let four: [RunState] = [.stopped, .exited, .stopping, .stopping]
        #expect(
            Waiting.line(.stop, Self.api, after: 3000, Waiting.Standing(states: four))
                == "stopping api: 2 of 4 have ended (3s)")
        #expect(
            Waiting.line(
                .start, Self.api, after: 1000, Waiting.Standing(states: [.running, .starting]))
                == "starting api: 1 of 2 running (1s)")
        #expect(
            Waiting.line(.restart, Self.api, after: 1000, Waiting.Standing(states: [.running]))
                == "restarting api (1s)")
        #expect(
            Waiting.line(.wait, Self.api, after: 61_000, Waiting.Standing())
                == "waiting for api (1m01s)")
    }

    @Test func progressNamesWhatIsWaitedFor() {
        var standing = Waiting.Standing(states: [.waiting], waitsFor: ["db", "cache"])
        #expect(
            Waiting.line(.start, Self.api, after: 1000, standing)
                == "starting api: waiting for db, cache (1s)")
        #expect(Waiting.line(.stop, Self.api, after: 1000, standing) == "stopping api (1s)")
        #expect(
            Waiting.failure(.start, Self.api, after: 5000, standing).what
                == "api does not run after 5s: it is waiting for db, cache")
        standing.waitsFor = ["a", "b", "c", "d"]
        #expect(
            Waiting.line(.wait, Self.api, after: 1000, standing)
                == "waiting for api: waiting for a, b, c, … (1s)")
    }

    @Test func progressOfARollCountsInstances() {
        let standing = Waiting.Standing(
            states: [.running, .stopping], roll: RollProgress(restarted: 1, instances: 2))
        #expect(
            Waiting.line(.restart, Self.api, after: 3000, standing)
                == "restarting api: 1 of 2 restarted (3s)")
    }

    @Test func timeOutsSayHowItStands() {
        let wait = Waiting.failure(
            .wait, Self.api, after: 5000, Waiting.Standing(states: [.errored]))
        #expect(wait.what == "api does not run after 5s: it is errored")
        let stop = Waiting.failure(
            .stop, Self.api, after: 700, Waiting.Standing(states: [.stopping, .stopped, .stopped]))
        #expect(stop.what == "api has not ended as a whole after 700ms: 2 stopped, 1 stopping")
        let start = Waiting.failure(
            .start, Self.api, after: 700, Waiting.Standing(states: [.running]))
        #expect(start.what == "api runs, but after 700ms not yet for its startup_grace")
        let silent = Waiting.failure(
            .wait, Self.api, after: 700, Waiting.Standing(states: [.running], isGreeting: true))
        #expect(silent.what == "api runs, but has not greeted after 700ms")
        let blind = Waiting.failure(
            .restart, Self.api, after: 0, Waiting.Standing(states: []))
        #expect(blind.what == "api does not run after 0ms")
        #expect([wait, stop, start, silent, blind].allSatisfy { $0.status == .timedOut })
    }

    @Test func flagsThatContradictEachOtherAreTold() throws {
        for words in [["--no-wait", "--wait"], ["--no-wait", "--timeout", "5"]] {
            let flags = try WaitFlags.parse(words)
            let failure = #expect(throws: Failure.self) { try flags.limit() }
            #expect(failure?.status == .usage)
        }
        #expect(try WaitFlags.parse(["--wait", "--timeout", "2s"]).limit() == 2000)
        #expect(try WaitFlags.parse([]).limit() == nil)
        let failure = #expect(throws: Failure.self) {
            try WaitFlags.parse(["--timeout", "soon"]).limit()
        }
        #expect(failure?.status == .usage)
    }

    @Test func reasonsOfAWaitThatFailed() {
        var settings = WorkerSettings()
        settings.name = "api"
        let row = { (number: UInt16) in
            InstanceRow(
                number: number, state: .stopped, pid: 0, uptimeMilliseconds: 0,
                restarts: RestartCounts(), lastExit: ExitReport())
        }
        let info = WorkerInfo(
            settings: settings, endsWholeTree: true, logError: 0, instances: [row(1), row(2)])
        let report = ExitReport(cause: .code, value: 3, instance: 2, uptimeMilliseconds: 9)
        let words = { (result: Outcome.Result, info: WorkerInfo?) in
            WaitReport.failure(
                Self.api, Outcome(result: result, instances: 2, report: report), info
            ).what
        }
        #expect(words(.overtaken, nil) == "api was removed meanwhile")
        #expect(words(.overtaken, info) == "api is stopped, and nothing starts it by itself")
        #expect(
            words(.diedEarly, info)
                == "api#2 ended after 9ms with exit code 3, and nothing restarts it")
    }
}

struct LogStreamTests {
    private func stream(_ pieces: [String]) throws -> (LogStream, Int32) {
        let ends = try DescriptorPair.pipe()
        for piece in pieces { _ = write(ends.writing, piece, piece.utf8.count) }
        let filter = EscapeFilter(keepsColours: false, keepsControls: false)
        return (LogStream(Selection(name: "api"), ends.reading, filter: filter), ends.writing)
    }

    private func text(_ piece: LogStream.Piece) -> String? {
        guard case .bytes(let bytes) = piece else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func whatOneBeganIsNotCutByAnother() throws {
        let (stream, writing) = try stream(["one\ntw"])
        #expect(text(stream.readLines()) == "one\n")
        _ = write(writing, "o\nth", 4)
        #expect(text(stream.readLines()) == "two\n")
        close(writing)
        #expect(text(stream.readLines()) == "th\n")
        #expect(text(stream.readLines()) == nil)
    }

    @Test func alonePiecesPassAsTheyCome() throws {
        let (stream, writing) = try stream(["one\nt\u{1B}[2Jw"])
        #expect(text(stream.read()) == "one\ntw")
        close(writing)
        if case .end = stream.read() { return }
        Issue.record("the end was not seen")
    }
}
