// The connection against a stand-in for the daemon: a listening socket whose answers are written
// before the question is asked, which the numbers of requests (1, 2, ...) allow.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Testing

@testable import apm

/// Listens in a folder of its own.
private final class StandIn {
    let home: DaemonHome
    private let listener: Int32
    private var peer: Int32 = -1

    init() throws {
        let folder = try Stage.folder()
        home = DaemonHome(folder: folder, log: folder + "/apm.log")
        listener = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
        var address = sockaddr_un()
        let length = apm_unix_address(home.control, &address)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
        }
        try #require(bound == 0 && listen(listener, 4) == 0)
    }

    deinit {
        hangUp()
        close(listener)
        unlink(home.control)
        rmdir(home.folder)
    }

    func connected() throws -> ControlConnection {
        let connection = try #require(try ControlConnection.open(home, uid: geteuid()))
        peer = accept(listener, nil, nil)
        try #require(peer >= 0)
        return connection
    }

    func answer(_ reply: Reply, id: UInt32, descriptors: [Int32] = []) {
        let datagrams = reply.encoded(id: id, descriptors: UInt16(descriptors.count))
        for (index, datagram) in datagrams.enumerated() {
            let passed = index == 0 ? descriptors : []
            #expect(PacketSocket.send(datagram, descriptors: passed, over: peer) == .sent)
        }
    }

    func send(_ bytes: [UInt8]) {
        #expect(PacketSocket.send(bytes, over: peer) == .sent)
    }

    /// What was asked, decoded.
    func asked() throws -> [Command] {
        var commands: [Command] = []
        var buffer = [UInt8](repeating: 0, count: MessageLimits.messageBytes)
        while true {
            let count = recv(peer, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return commands }
            let datagram = Array(buffer[0..<count])
            let header = try MessageHeader(decoding: datagram.span.bytes)
            let known = ControlKind(rawValue: header.kind)
            let kind = try #require(known)
            let body = Array(datagram.dropFirst(MessageHeader.byteCount))
            commands.append(try Command.decode(kind, body: body.span.bytes))
        }
    }

    func hangUp() {
        if peer >= 0 { close(peer) }
        peer = -1
    }
}

struct ConnectionTests {
    private static let status = DaemonStatus(
        version: Version.text, pid: 1, uid: 0, uptimeMilliseconds: 0, workers: 0, instances: 0,
        running: 0, notesLost: 0, helpers: [])

    private func row(_ name: String) -> WorkerRow {
        WorkerRow(
            name: name, state: .running, instances: 1, running: 1, pid: 1, uptimeMilliseconds: 1,
            restarts: RestartCounts(), hasRestartPolicy: true, lastExit: ExitReport())
    }

    @Test func helloAndCommandGoOutTogether() throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        daemon.answer(.welcome(Self.status), id: 1)
        daemon.answer(.listed([row("api")]), id: 2)
        #expect(try connection.ask(.list).reply == .listed([row("api")]))
        daemon.answer(.statusTold(Self.status), id: 3)
        #expect(try connection.ask(.status).reply == .statusTold(Self.status))
        #expect(try daemon.asked() == [.hello(.cli, version: Version.text), .list, .status])
        #expect(connection.pid == getpid())
    }

    @Test func longAnswersComeInParts() throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        let rows = (0..<1000).map { row("worker-number-\($0)") }
        daemon.answer(.welcome(Self.status), id: 1)
        daemon.answer(.listed(rows), id: 2)
        #expect(try connection.ask(.list).reply == .listed(rows))
    }

    @Test func otherVersionIsToldEvenWhenTheDaemonHasClosed() throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        daemon.answer(.refused(Refusal(.otherVersion, subject: "9.9")), id: 1)
        daemon.hangUp()
        let failure = #expect(throws: Failure.self) { try connection.ask(.list) }
        #expect(failure?.refusal == .otherVersion("9.9"))
        #expect(failure?.status == .unreachable)
    }

    @Test func unknownWorkerIsSuggested() throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        daemon.answer(.welcome(Self.status), id: 1)
        daemon.answer(.refused(Refusal(.noSuchWorker, subject: "apii")), id: 2)
        daemon.answer(.listed([row("api"), row("web")]), id: 3)
        let failure = #expect(throws: Failure.self) {
            try connection.askAbout(.stop(Selection(name: "apii")), waits: true)
        }
        #expect(failure?.status == .noSuchWorker)
        #expect(failure?.now == "did you mean api?")
    }

    @Test func descriptorsArriveWhereTheyMay() throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        daemon.answer(.welcome(Self.status), id: 1)
        daemon.answer(.logOpened, id: 2, descriptors: [STDERR_FILENO])
        let command = Command.log(
            LogCommand(selection: Selection(name: "api"), lines: 1, follows: false))
        let answer = try connection.ask(command)
        #expect(answer.descriptors.count == 1)
        for descriptor in answer.descriptors { close(descriptor) }
        daemon.answer(.listed([]), id: 3, descriptors: [STDERR_FILENO])
        let failure = #expect(throws: Failure.self) { try connection.ask(.list) }
        #expect(failure?.status == .unreachable)
    }

    /// An empty one stands for the end of the connection.
    static let nonsense: [[UInt8]] = [
        [], [0], Array(repeating: 0xFF, count: 64), Reply.exiting.encoded(id: 2)[0],
        Reply.listed([]).encoded(id: 9)[0], Reply.listed([]).encoded(id: 2)[0] + [0],
    ]

    @Test(arguments: nonsense)
    func nonsenseIsRefused(_ datagram: [UInt8]) throws {
        let daemon = try StandIn()
        let connection = try daemon.connected()
        daemon.answer(.welcome(Self.status), id: 1)
        if datagram.isEmpty { daemon.hangUp() } else { daemon.send(datagram) }
        let failure = #expect(throws: Failure.self) { try connection.ask(.list) }
        #expect(failure?.status == .unreachable)
    }

    @Test func nobodyThereIsNil() throws {
        let folder = try Stage.folder()
        defer { rmdir(folder) }
        let home = DaemonHome(folder: folder, log: folder + "/apm.log")
        #expect(try ControlConnection.open(home, uid: geteuid()) == nil)
        let nowhere = DaemonHome(folder: folder + "/none", log: "")
        #expect(try ControlConnection.open(nowhere, uid: geteuid()) == nil)
    }

    @Test(arguments: [mode_t(0o770), 0o707, 0o777, 0o1777])
    func folderThatOthersWriteToIsRefused(_ mode: mode_t) throws {
        let daemon = try StandIn()
        chmod(daemon.home.folder, mode)
        let failure = #expect(throws: Failure.self) {
            try ControlConnection.open(daemon.home, uid: geteuid())
        }
        #expect(failure?.status == .notPermitted)
    }

    @Test func onlyRootAndTheCallerAreTrusted() {
        #expect(Trust.isTrusted(0, by: 1000))
        #expect(Trust.isTrusted(1000, by: 1000))
        #expect(!Trust.isTrusted(1001, by: 1000))
        #expect(!Trust.isTrusted(1000, by: 0))
    }

    @Test func homesFollowTheRules() throws {
        let chosen = try DaemonHome.find(Stage.surroundings(["APM_HOME": "/x/", "HOME": "/h"]))
        #expect(chosen == DaemonHome(folder: "/x", log: "/x/apm.log"))
        let own = try DaemonHome.find(Stage.surroundings(["APM_HOME": "", "HOME": "/h"]))
        #expect(own == DaemonHome(folder: "/h/.apm", log: "/h/.apm/apm.log"))
        let system = try DaemonHome.find(Stage.surroundings(["HOME": "/root"], uid: 0))
        #expect(system == DaemonHome(folder: "/run/apm", log: "/var/log/apm.log"))
    }

    /// Taken for unset, it would lead to another daemon.
    @Test func homesThatAreNotUTF8AreRefused() {
        for (variable, others) in [("APM_HOME", ["HOME": "/h"]), ("HOME", [:])] {
            let failure = #expect(throws: Failure.self) {
                try DaemonHome.find(Stage.surroundings(others, unreadable: [variable]))
            }
            #expect(failure?.what == "\(variable) is not UTF-8")
        }
    }

    @Test func linksToHomesAreFollowed() throws {
        let folder = try Stage.folder()
        defer { rmdir(folder) }
        let link = folder + ".link"
        try #require(symlink(folder, link) == 0)
        defer { unlink(link) }
        for written in [link, link + "/"] {
            let home = try DaemonHome.find(Stage.surroundings(["APM_HOME": written]))
            #expect(home == DaemonHome(folder: folder, log: folder + "/apm.log"))
        }
    }

    @Test func rootIsToldHowToUseAnothersDaemon() throws {
        let folder = try Stage.folder()
        defer { rmdir(folder) }
        let isRoot = geteuid() == 0
        if isRoot { try #require(chown(folder, 65534, 65534) == 0) }
        let failure = #expect(throws: Failure.self) { try Trust.checkFolder(folder, uid: 0) }
        #expect(failure?.status == .notPermitted)
        #expect(failure?.now.contains("--reuid \(isRoot ? 65534 : geteuid()) ") == true)
    }

    @Test(arguments: [
        ["APM_HOME": "x"], ["APM_HOME": "/" + String(repeating: "x", count: 99)], [:],
        ["HOME": "h"],
    ])
    func impossibleHomesAreExplained(_ variables: [String: String]) {
        let failure = #expect(throws: Failure.self) {
            try DaemonHome.find(Stage.surroundings(variables))
        }
        #expect(failure?.now.contains("set ") == true)
    }
}
