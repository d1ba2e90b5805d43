// Where a daemon keeps its files.

import Glibc
import Testing

@testable import apm_master

@Suite struct HomeTests {
    @Test func apmHomeMovesEverything() throws {
        let home = try #require(Home.chosen(apmHome: "/x", home: "/root", uid: 0))
        #expect(home.control == "/x/control")
        #expect(home.log == "/x/apm.log")
        #expect(home.pid == "/x/apm.pid")
        #expect(home.look.hasPrefix("apm-0-"))
    }

    @Test func rootUsesTheSystemsFolders() throws {
        let home = try #require(Home.chosen(apmHome: nil, home: "/root", uid: 0))
        #expect(home.control == "/run/apm/control")
        #expect(home.log == "/var/log/apm.log")
        #expect(home.look == "apm")
    }

    @Test func slashesAtTheEndMeanNothing() throws {
        let home = try #require(Home.chosen(apmHome: "/x//", home: nil, uid: 0))
        #expect(home == Home.chosen(apmHome: "/x", home: nil, uid: 0))
    }

    @Test func aUserHasTheirOwn() throws {
        let home = try #require(Home.chosen(apmHome: "", home: "/home/u", uid: 7))
        #expect(home.control == "/home/u/.apm/control")
        #expect(home.look == "apm-7")
    }

    @Test func relativePathsAreRefused() {
        #expect(Home.chosen(apmHome: "x", home: "/root", uid: 0) == nil)
        #expect(Home.chosen(apmHome: nil, home: "u", uid: 7) == nil)
        #expect(Home.chosen(apmHome: nil, home: nil, uid: 7) == nil)
    }

    @Test func groupNamesDifferByFolderAndUser() throws {
        let one = try #require(Home.chosen(apmHome: "/x", home: nil, uid: 0))
        let two = try #require(Home.chosen(apmHome: "/y", home: nil, uid: 0))
        let root = FileIdentity(of: open("/", O_RDONLY))
        let temporary = FileIdentity(of: open("/tmp", O_RDONLY))
        let name = one.groupName(uid: 0, identity: root)
        #expect(name != two.groupName(uid: 0, identity: root))
        #expect(name != one.groupName(uid: 1, identity: root))
        #expect(name != one.groupName(uid: 0, identity: temporary))
        #expect(name == one.groupName(uid: 0, identity: root))
    }
}
