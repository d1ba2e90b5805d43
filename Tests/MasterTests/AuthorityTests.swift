// Who may do what: tables of callers and deeds.

import Testing

@testable import apm_master

@Suite struct AuthorityTests {
    @Test(arguments: [(0, 0, true), (0, 7, true), (7, 7, true), (8, 7, false), (7, 0, false)])
    func rootAndTheOwnUserControl(_ row: (peer: UInt32, daemon: UInt32, may: Bool)) {
        let peer = Peer(pid: 1, uid: row.peer, gid: 0)
        let standing = Authority.standing(
            of: peer, groups: [], daemonUid: row.daemon, admitted: nil)
        #expect(Authority.mayControl(standing) == row.may)
    }

    struct Caller: Sendable {
        let gid: UInt32
        let groups: [UInt32]
        let daemon: UInt32
        let admitted: UInt32?
        let standing: Authority.Standing
    }

    /// All of uid 1001.
    @Test(arguments: [
        Caller(gid: 1001, groups: [], daemon: 0, admitted: 40, standing: .anyone),
        Caller(gid: 40, groups: [], daemon: 0, admitted: 40, standing: .member),
        Caller(gid: 1001, groups: [4, 40], daemon: 0, admitted: 40, standing: .member),
        Caller(gid: 40, groups: [40], daemon: 0, admitted: nil, standing: .anyone),
        // A user's own daemon admits nobody, whatever groups there are.
        Caller(gid: 40, groups: [40], daemon: 7, admitted: 40, standing: .anyone),
        Caller(gid: 40, groups: [], daemon: 1001, admitted: nil, standing: .owner),
    ])
    func membersOfTheGroupAreLetIn(_ row: Caller) {
        let peer = Peer(pid: 1, uid: 1001, gid: row.gid)
        #expect(
            Authority.standing(
                of: peer, groups: row.groups, daemonUid: row.daemon, admitted: row.admitted)
                == row.standing)
    }

    struct Row: Sendable {
        let deed: Authority.Deed
        let owner: Bool
        let member: Bool
        let anyone: Bool
        /// Where the administrator lets everyone operate.
        let everyone: Bool
    }

    /// Asked by uid 1001.
    @Test(arguments: [
        Row(deed: .look, owner: true, member: true, anyone: true, everyone: true),
        Row(deed: .operate, owner: true, member: true, anyone: false, everyone: true),
        Row(deed: .define, owner: true, member: true, anyone: false, everyone: false),
        Row(deed: .change(owner: 0), owner: true, member: false, anyone: false, everyone: false),
        Row(deed: .change(owner: 1002), owner: true, member: false, anyone: false, everyone: false),
        Row(deed: .change(owner: 1001), owner: true, member: true, anyone: false, everyone: false),
        Row(deed: .reveal(owner: 0), owner: true, member: false, anyone: false, everyone: false),
        Row(deed: .reveal(owner: 1001), owner: true, member: true, anyone: false, everyone: false),
        Row(deed: .end, owner: true, member: false, anyone: false, everyone: false),
    ])
    func whoMayDoWhat(_ row: Row) {
        #expect(Authority.may(row.deed, .owner, uid: 1001) == row.owner)
        #expect(Authority.may(row.deed, .member, uid: 1001) == row.member)
        #expect(Authority.may(row.deed, .anyone, uid: 1001) == row.anyone)
        #expect(
            Authority.may(row.deed, .anyone, uid: 1001, everyoneOperates: true) == row.everyone)
        #expect(
            Authority.may(row.deed, .member, uid: 1001, everyoneOperates: true) == row.member)
    }

    @Test(arguments: [
        (0, 0, true), (1001, 0, true), (1001, 1001, true), (0, 1001, false), (1002, 1001, false),
    ])
    func whatSomebodyDefinesRunsAsNobodyElse(_ row: (uid: UInt32, owner: UInt32, may: Bool)) {
        #expect(Authority.mayRun(as: row.uid, owner: row.owner) == row.may)
    }

    @Test(arguments: [(0, 0, false), (1001, 0, true), (7, 7, false), (0, 7, false)])
    func aMembersWorkerNeedsAnAccount(_ row: (owner: UInt32, daemon: UInt32, needs: Bool)) {
        #expect(Authority.runsAsOwner(row.owner, daemonUid: row.daemon) == row.needs)
    }
}
