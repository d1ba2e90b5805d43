// Who may do what: tables of callers and deeds.

import Control
import Settings
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
        let kind: ControlKind
        let deed: Authority.Deed
        /// The definition that it is about is the caller's, and is somebody else's.
        let member: (own: Bool, others: Bool)
        let anyone: Bool
    }

    /// Every command of the control socket. Root and the daemon's user may do all of it.
    static let table = [
        Row(kind: .hello, deed: .look, member: (true, true), anyone: true),
        Row(kind: .list, deed: .look, member: (true, true), anyone: true),
        Row(kind: .info, deed: .look, member: (true, true), anyone: true),
        Row(kind: .status, deed: .look, member: (true, true), anyone: true),
        Row(kind: .events, deed: .look, member: (true, true), anyone: true),
        Row(kind: .wait, deed: .look, member: (true, true), anyone: true),
        Row(kind: .look, deed: .look, member: (true, true), anyone: true),
        Row(kind: .start, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .stop, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .restart, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .signal, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .stopAll, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .log, deed: .operate, member: (true, true), anyone: false),
        Row(kind: .run, deed: .define, member: (true, true), anyone: false),
        Row(kind: .remove, deed: .change, member: (true, false), anyone: false),
        Row(kind: .rename, deed: .change, member: (true, false), anyone: false),
        Row(kind: .copy, deed: .change, member: (true, false), anyone: false),
        Row(kind: .update, deed: .change, member: (true, false), anyone: false),
        Row(kind: .environment, deed: .reveal, member: (true, false), anyone: false),
        Row(kind: .load, deed: .define, member: (true, true), anyone: false),
        Row(kind: .unload, deed: .define, member: (true, true), anyone: false),
        Row(kind: .reload, deed: .define, member: (true, true), anyone: false),
        Row(kind: .boot, deed: .configure, member: (false, false), anyone: false),
        Row(kind: .setSource, deed: .change, member: (true, false), anyone: false),
        Row(kind: .exit, deed: .end, member: (false, false), anyone: false),
    ]

    @Test func whoMayDoWhat() {
        for row in Self.table {
            for isTheirs in [true, false] {
                #expect(Authority.may(row.deed, .owner, isTheirs: isTheirs), "\(row.kind)")
                #expect(
                    Authority.may(row.deed, .member, isTheirs: isTheirs)
                        == (isTheirs ? row.member.own : row.member.others), "\(row.kind)")
                #expect(
                    Authority.may(row.deed, .anyone, isTheirs: isTheirs) == row.anyone,
                    "\(row.kind)")
            }
        }
    }

    /// One of each, about a worker called w.
    private static let commands: [Command] = {
        let w = Selection(name: "w")
        return [
            .hello(.cli, version: "1"), .list, .info(w), .status,
            .events(EventsCommand(selections: [w])), .wait(w), .look, .start(w), .stop(w),
            .restart(w), .signal(SignalCommand(selection: w, signal: 1)), .stopAll(waits: false),
            .log(LogCommand(selection: w, lines: 1, follows: false)),
            .run(RunCommand(settings: WorkerSettings())), .remove(w),
            .rename(RenameCommand(name: "w", newName: "v")),
            .copy(CopyCommand(name: "w", newName: "v", waits: false)),
            .update(UpdateCommand(name: "w", changed: [], settings: WorkerSettings())),
            .environment(w), .load(LoadCommand(file: "/f")), .unload(UnloadCommand(file: "/f")),
            .reload(ReloadCommand(file: "/f")), .boot(BootCommand()),
            .setSource(SourceCommand(name: "w", source: WorkerSource())), .exit,
        ]
    }()

    @Test func everyCommandIsInTheTable() {
        #expect(
            Self.table.map(\.kind.rawValue).sorted()
                == ControlKind.allCases.filter(\.isRequest).map(\.rawValue).sorted())
        #expect(Self.commands.map(\.kind) == Self.table.map(\.kind))
        for (command, row) in zip(Self.commands, Self.table) {
            let (deed, worker) = Authority.deed(of: command)
            #expect(deed == row.deed, "\(row.kind)")
            #expect((worker == "w") == (row.member.own != row.member.others), "\(row.kind)")
        }
    }

    @Test func oneWorkerByItsNameIsReloadedByWhoOperates() {
        let (deed, worker) = Authority.deed(of: .reload(ReloadCommand(name: "w")))
        #expect(deed == .operate && worker == nil)
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
