// What is made of a login shell's answer.

import Glibc
import Messages
import Testing

@testable import apm_agent

@Suite struct LoginShellTests {
    @Test func foldersThatDependOnWhereOneStandsAreDropped() {
        let absolute = { (text: String) in LoginShell.absolute(Array(text.utf8)) }
        #expect(absolute("/a:.:b::/c") == "/a:/c")
        #expect(absolute(".:bin") == nil)
        #expect(absolute("") == nil)
        #expect(absolute("/" + String(repeating: "x", count: 9000)) == nil)
        #expect(LoginShell.absolute([0x2F, 0xFF]) == nil)
        #expect(LoginShell.absolute([0x2F, 0]) == nil)
    }

    @Test func theAnswerStandsBetweenItsMarks() {
        let between = { (text: String) in
            LoginShell.between(Array("m<".utf8), Array(">m".utf8), in: Array(text.utf8))
        }
        #expect(between("Welcome!\nm</bin>m\nbye") == Array("/bin".utf8))
        #expect(between("Welcome!") == [])
        #expect(between(">m m<") == [])
        #expect(between("m<>m") == [])
        #expect(between("") == [])
    }

    @Test func shellsThatTurnEverybodyAwayAreNotAsked() {
        for shell in ["/usr/sbin/nologin", "/bin/false", "", "sh", "/bin/sync"] {
            #expect(!LoginShell.letsIn(shell), "\(shell)")
        }
        for shell in ["/bin/sh", "/usr/bin/fish"] { #expect(LoginShell.letsIn(shell)) }
    }

    /// A real shell, as whoever runs the tests, with a profile of its own.
    @Test func aShellIsAsked() throws {
        let folder = try Home.folder(profile: "echo hello; PATH=/own/bin:rel:$PATH; echo bye")
        let path = LoginShell.path(of: Login(name: "x", home: folder, shell: "/bin/sh"))
        #expect(path.source == .shell)
        #expect(path.path.hasPrefix("/own/bin:/"), "\(path.path)")
        Home.remove(folder)
    }

    @Test func aShellThatFailsOrLastsGivesTheUsualPath() throws {
        for (profile, source) in [
            ("exit 3", LoginPath.Source.failed), ("kill -STOP $$", .late),
            ("while :; do echo noise noise noise; done", .failed),
        ] {
            let folder = try Home.folder(profile: profile)
            let path = LoginShell.path(of: Login(name: "x", home: folder, shell: "/bin/sh"))
            #expect(path == LoginPath(source, path: LoginShell.usualPath), "\(profile)")
            Home.remove(folder)
        }
        let none = LoginShell.path(of: Login(name: "x", home: "/", shell: "/no/such/shell"))
        #expect(none.source == .failed)
    }

    @Test func nobodyAndRootAreFound() {
        let root = AccountAgent.lookUp("root")
        #expect(root.result == .found && root.uid == 0 && root.groups.contains(0))
        #expect(AccountAgent.lookUp("no-such-account-here").result == .unknown)
        #expect(AccountAgent.lookUp("").result == .unknown)
        #expect(AccountAgent.lookUp(0 as uid_t).name == "root")
        #expect(AccountAgent.lookUp(4_000_000_000 as uid_t).result == .unknown)
        #expect(AccountAgent.lookUpGroup("root") == GroupAnswer(.found, gid: 0))
        #expect(AccountAgent.lookUpGroup("no-such-group-here") == GroupAnswer(.unknown))
    }
}
