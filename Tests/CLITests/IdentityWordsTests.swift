// Accounts, environment files and unsafe places in words.

import Control
import Glibc
import Settings
import Testing

@testable import apm

struct IdentityWordsTests {
    @Test func aChangedAccountIsToldWithBothNumbers() {
        let failure = Refusals.failure(
            Refusal(.accountChanged, subject: "web", value: 1005, other: 1001, worker: "api"))
        #expect(
            failure.what == "api is not started: the account web is uid 1005 now, it was 1001 "
                + "when api was defined")
        #expect(failure.now.contains("apm remove api"))
    }

    @Test func aVanishedAccountIsToldApartFromAMistypedOne() {
        let gone = Refusals.failure(Refusal(.unknownAccount, subject: "web", worker: "api"))
        #expect(gone.what == "api is not started: there is no account web any more")
        let mistyped = Refusals.failure(Refusal(.unknownAccount, subject: "wbe"))
        #expect(mistyped.what == "there is no account wbe")
        #expect(mistyped.now.contains("--user"))
    }

    @Test func aBadLineIsToldByFileAndNumber() {
        let failure = Refusals.failure(
            Refusal(.envFileBadLine, subject: "/etc/api.env", value: 3, worker: "api"))
        #expect(failure.what == "api is not started: line 3 of /etc/api.env is no KEY=value")
    }

    @Test func whereOthersCanWriteTheOwnerIsNamed() {
        var settings = WorkerSettings()
        settings.path = "/home/alice/app"
        let report = ExitReport(cause: .notStarted, value: 4_000_000, step: .pathUnsafe)
        #expect(
            report.sentence(settings)
                == "it would run as root, and others can change /home/alice/app")
        #expect(report.advice(settings) == "run it as its owner: --user NAME (uid 4000000)")
        let open = ExitReport(cause: .notStarted, value: 0, step: .execUnsafe)
        #expect(open.advice(settings).contains("chmod"))
    }

    @Test func namesComeFromTheLocalFile() {
        #expect(IdentityWords.localAccount(0) == "root")
        #expect(IdentityWords.localAccount(4_000_000) == nil)
        #expect(IdentityWords.localAccount(0, in: "/no/such/file") == nil)
    }
}
