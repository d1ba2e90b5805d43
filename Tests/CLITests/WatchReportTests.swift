// What `info` says of a watch, in words and as JSON.

import Control
import Messages
import Settings
import Testing

@testable import apm

struct WatchReportTests {
    private func info(_ watch: WatchReport) -> WorkerInfo {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "node"
        settings.path = "/srv/api"
        settings.watch = ["*.js", "src/*"]
        return WorkerInfo(
            settings: settings, endsWholeTree: true, logError: 0, instances: [], watch: watch)
    }

    @Test func whatIsWatchedIsCounted() {
        let one = InfoReport.watchNotes(info(.watching(WatchedFolders(count: 1))))
        #expect(one == ["watching 1 folder, from /srv/api on"])
        let some = WatchedFolders(
            count: 12, skipped: 2, errno: 13, firstSkipped: ShownPath("secret".utf8))
        #expect(
            InfoReport.watchNotes(info(.watching(some))) == [
                "watching 12 folders, from /srv/api on",
                "2 folders cannot be watched, like secret: Permission denied",
            ])
        #expect(InfoReport.watchNotes(info(.off)).isEmpty)
        #expect(InfoReport.text(info(.off), colours: false).contains("*.js, src/*"))
    }

    /// Each says what is wrong and what to do.
    @Test(arguments: WatchFailure.Reason.allCases)
    func whyNothingIsWatchedIsSaid(_ reason: WatchFailure.Reason) throws {
        let failure = WatchFailure(reason, errno: 5, path: ShownPath("/srv/api".utf8))
        let notes = InfoReport.watchNotes(info(.failed(failure)))
        let note = try #require(notes.first)
        #expect(notes.count == 1 && note.hasPrefix("its files are not watched: "))
        #expect(note.contains("; "))
        #expect(note.contains("Input/output error") == (reason == .failed))
        let json = JSON(info(.failed(failure))).line
        #expect(json.contains(#""watch":{"state":"failed","reason":"\#(reason.word)","#))
    }

    @Test func limitsNameTheSettingOfTheKernel() {
        for (reason, name) in [
            (WatchFailure.Reason.watchLimit, "fs.inotify.max_user_watches"),
            (.instanceLimit, "fs.inotify.max_user_instances"),
        ] { #expect(WatchFailure(reason).words.now.contains(name)) }
    }

    @Test func theWatchIsAnObject() {
        #expect(JSON(info(.off)).line.contains(#""watch":null"#))
        #expect(JSON(info(.starting)).line.contains(#""watch":{"state":"starting"}"#))
        let folders = JSON(info(.watching(WatchedFolders(count: 3)))).line
        #expect(
            folders.contains(
                #""watch":{"state":"watching","folders":3,"skipped":0,"first_skipped":null}"#))
    }
}
