// What the system says of an account is checked, and what a worker's environment is made of.

import Messages
import Testing

@testable import apm_master

private func answer(_ change: (inout AccountAnswer) -> Void = { _ in }) -> AccountAnswer {
    var answer = AccountAnswer(.found)
    answer.name = "web"
    answer.uid = 1001
    answer.gid = 100
    answer.groups = [100, 27]
    answer.home = "/srv/web"
    answer.shell = "/bin/bash"
    change(&answer)
    return answer
}

@Suite struct IdentityTests {
    private func isTaken(_ answer: AccountAnswer) -> Bool {
        if case .success = Identity.checked(answer, for: "web") { true } else { false }
    }

    @Test func anotherAccountOrNoNumberIsRefused() {
        #expect(isTaken(answer()))
        #expect(!isTaken(answer { $0.name = "root" }))
        #expect(!isTaken(answer { $0.name = "" }))
        #expect(!isTaken(answer { $0.uid = .max }))
        #expect(!isTaken(answer { $0.gid = .max }))
        #expect(!isTaken(answer { $0.groups = [1, .max] }))
    }

    @Test func aMissingHomeOrShellHasItsUsualPlace() throws {
        let bare = answer {
            $0.home = ""
            $0.shell = "sh"
        }
        guard case .success(let identity) = Identity.checked(bare, for: "web") else {
            Issue.record("refused")
            return
        }
        #expect(identity.home == "/" && identity.shell == "/bin/sh")
    }

    @Test func theAccountsVariablesReplaceTheCallers() throws {
        guard case .success(var identity) = Identity.checked(answer(), for: "web") else {
            Issue.record("refused")
            return
        }
        identity.searchPath = "/own/bin"
        let prepared = Prepared(identity: identity, entries: ["A=file", "B=file", "LANG=file"])
        let made = prepared.environment(
            base: [
                "PATH=/root/bin", "HOME=/root", "USER=root", "LANG=C", "LC_ALL=C", "TZ=UTC",
                "TERM=vt100", "SECRET=1",
            ], settings: ["B=set"], own: ["APM=1"])
        #expect(
            made == [
                "PATH=/own/bin", "HOME=/srv/web", "USER=web", "LOGNAME=web", "SHELL=/bin/bash",
                "LANG=file", "LC_ALL=C", "TZ=UTC", "TERM=vt100", "A=file", "B=set", "APM=1",
            ])
    }

    @Test func withoutAnAccountTheCallersStay() {
        let made = Prepared(entries: ["A=1"]).environment(
            base: ["HOME=/root"], settings: [], own: [])
        #expect(made == ["HOME=/root", "A=1"])
    }

    @Test func anEntryHasAKey() {
        #expect(Environment.isAssignment("A="))
        for text in ["", "=", "=1", "A"] { #expect(!Environment.isAssignment(text)) }
    }
}
