// What an agent says of a configuration: files that were not asked for are not taken.

import Messages
import Settings
import Testing

@testable import apm_master

@Suite struct ConfigAnswerTests {
    private func request(isMain: Bool) -> ConfigRequest {
        ConfigRequest(path: "/e/apm.conf", checksOwners: true, isMain: isMain, environment: [])
    }

    private func worker(_ file: String, block: String = "/e/x.conf") -> Message {
        .workerPlanned(
            PlannedWorker(
                settings: WorkerSettings(), source: WorkerSource(file: file, blockFile: block)))
    }

    @Test func itIsPutTogether() throws {
        let pieces: [Message] = [
            .daemonPlanned(DaemonSettings()), .configFileRead(path: "/e/apm.conf"),
            .configNamesListed(path: "/e/x/*.conf"),
            worker("/e/apm.conf"), .configNoted(ConfigMessage(.error, file: "/f", "t", now: "")),
            .sourceRead(SourceReport(.read, file: "/e/apm.conf", refused: ["w"])), .configRead,
        ]
        let answer = try #require(ConfigAnswer(pieces, to: request(isMain: false)))
        #expect(answer.workers.count == 1 && answer.messages.count == 1)
        #expect(answer.sources[0].refused == ["w"])
        let traces = try #require(answer.traces["/e/apm.conf"])
        #expect(traces.files == ["/e/apm.conf"] && traces.names == ["/e/x/*.conf"])
        #expect(answer.daemon["/e/apm.conf"] == DaemonSettings())
    }

    @Test(arguments: [
        ("/e/apm.conf", false, true), ("/e/other.conf", false, false), ("", false, false),
        ("/e/apm.conf.d/a.conf", false, false), ("/e/apm.conf.d/a.conf", true, true),
        ("/e/apm.conf.d/b/a.conf", true, false), ("/e/apm.conf.d/../../x", true, false),
    ])
    func onlyWhatWasAskedForIsTaken(_ row: (file: String, isMain: Bool, may: Bool)) {
        let request = request(isMain: row.isMain)
        #expect((ConfigAnswer([worker(row.file)], to: request) != nil) == row.may)
        let report = Message.sourceRead(SourceReport(.read, file: row.file))
        #expect((ConfigAnswer([report], to: request) != nil) == row.may)
    }

    @Test func moreThanMayBeIsRefused() {
        let request = request(isMain: false)
        let many = Array(
            repeating: worker("/e/apm.conf"), count: MessageLimits.configWorkers + 1)
        #expect(ConfigAnswer(many, to: request) == nil)
        #expect(ConfigAnswer([worker("/e/apm.conf", block: "x")], to: request) == nil)
        #expect(ConfigAnswer([.ping], to: request) == nil)
        #expect(ConfigAnswer([.configFileRead(path: "x")], to: request) == nil)
        #expect(ConfigAnswer([.configNamesListed(path: "x/*")], to: request) == nil)
        let report = Message.sourceRead(SourceReport(.read, file: "/e/apm.conf"))
        #expect(ConfigAnswer([report, report], to: request) == nil)
    }
}
