// Who may control a daemon: a table.

import Testing

@testable import apm_master

@Suite struct AuthorityTests {
    @Test(arguments: [(0, 0, true), (0, 7, true), (7, 7, true), (8, 7, false), (7, 0, false)])
    func rootAndTheOwnUserControl(_ row: (peer: UInt32, daemon: UInt32, may: Bool)) {
        let peer = Peer(pid: 1, uid: row.peer, gid: 0)
        #expect(Authority.mayControl(peer, daemonUid: row.daemon) == row.may)
    }

    @Test(arguments: [
        (0, 7, 0, true), (7, 7, 0, true), (8, 7, 0, false), (8, 0, 0, false), (7, 0, 7, true),
        (0, 7, 7, true),
    ])
    func definitionsAreTheirOwners(
        _ row: (peer: UInt32, owner: UInt32, daemon: UInt32, may: Bool)
    ) {
        let peer = Peer(pid: 1, uid: row.peer, gid: 0)
        let may = Authority.mayChange(peer, owner: row.owner, daemonUid: row.daemon)
        #expect(may == row.may)
    }
}
