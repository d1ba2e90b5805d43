// One who looks: which questions are taken, what is answered, and what ends the connection.

import Bytes
import Control
import Documents
import Glibc
import Messages
import Posix
import Settings
import Testing

@testable import apm_guid

@Suite struct LookerTests {
    /// A looker, and the far end of its socket.
    private final class Stage {
        let looker: Looker
        var mayOrder = false
        /// What it has asked last.
        var asked: Question?
        private let far: Descriptor
        private let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: MessageLimits.messageBytes + 1, alignment: 16)

        init() throws {
            var ends: [Int32] = [-1, -1]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
            far = Descriptor(owning: ends[1])
            looker = Looker(id: 1, uid: 1001, socket: Descriptor(owning: ends[0]))
        }

        deinit { buffer.deallocate() }

        /// Sends, lets the looker read, and answers what it has asked. The reply, where there is
        /// one.
        func ask(_ datagram: [UInt8], _ showcase: Showcase = .sample) throws -> Reply? {
            try #require(PacketSocket.send(datagram, over: far.raw) == .sent)
            asked = nil
            if try looker.receive(into: buffer, mayOrder: mayOrder) == .asked {
                asked = looker.question?.1
                try looker.answer(from: showcase)
            }
            return try reply()
        }

        func ask(_ command: Command) throws -> Reply? {
            try ask(command.encoded(id: 5)[0])
        }

        func greet() throws {
            guard case .welcome? = try ask(.hello(.cli, version: Version.text)) else {
                Issue.record("no welcome")
                return
            }
        }

        private func reply() throws -> Reply? {
            guard let packet = try PacketSocket.receive(into: buffer, from: far.raw),
                packet.byteCount > 0
            else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount]).bytes
            let kind = try #require(ControlKind(rawValue: MessageHeader(decoding: bytes).kind))
            let body = bytes.extracting(MessageHeader.byteCount..<bytes.byteCount)
            return try Reply.decode(kind, body: body)
        }
    }

    @Test func whatMayBeLookedAtIsAnswered() throws {
        let stage = try Stage()
        try stage.greet()
        guard case .listed(let rows)? = try stage.ask(.list),
            case .looked(let figures)? = try stage.ask(.look),
            case .statusTold(let status)? = try stage.ask(.status),
            case .informed(let info)? = try stage.ask(.info(Selection(name: "w")))
        else {
            Issue.record("not answered")
            return
        }
        #expect(rows.map(\.name) == ["w"] && figures.map(\.worker) == rows)
        #expect(figures[0].instances.map(\.pid) == [7])
        #expect(status.workers == 1)
        #expect(info.settings.exec.isEmpty && info.settings.env.isEmpty)
        #expect(
            try stage.ask(.info(Selection(name: "x")))
                == .refused(Refusal(.noSuchWorker, subject: "x")))
    }

    @Test func nothingElseIsTaken() throws {
        let looks: Set<ControlKind> = [.hello, .list, .look, .status, .info]
        for kind in ControlKind.allCases where kind.isRequest && !looks.contains(kind) {
            let stage = try Stage()
            try stage.greet()
            // Its body is not even looked at.
            let datagram = MessageHeader.datagram(kind: kind.rawValue, id: 5, body: [1, 2, 3])
            #expect(try stage.ask(datagram) == .refused(Refusal(.notPermitted)), "\(kind)")
        }
    }

    @Test func ordersAreTakenWhereTheyAreAdmitted() throws {
        let selection = Selection(name: "w")
        for command in [Command.start(selection), .stop(selection), .restart(selection)] {
            let stage = try Stage()
            try stage.greet()
            stage.mayOrder = true
            #expect(try stage.ask(command) == .refused(Refusal(.notPermitted)))
            guard case .order(let kind, let body)? = stage.asked else {
                Issue.record("no order")
                continue
            }
            #expect(try Command.decode(kind, body: body.span.bytes) == command)
        }
        let stage = try Stage()
        try stage.greet()
        stage.mayOrder = true
        #expect(try stage.ask(.remove(selection)) == .refused(Refusal(.notPermitted)))
        #expect(stage.asked == nil)
    }

    @Test func whatIsNoRequestEndsIt() throws {
        let list = Command.list.encoded(id: 5)[0]
        let hello = Command.hello(.cli, version: Version.text).encoded(id: 5)[0]
        let replies = MessageHeader.datagram(kind: ControlKind.listed.rawValue, id: 5, body: [])
        let part = MessageHeader.datagram(
            kind: ControlKind.info.rawValue, id: 5, flags: .more, body: [1])
        #expect(throws: (any Error).self) { try Stage().ask(list) }
        for datagram in [hello, replies, part, list + [0], [1, 2, 3]] {
            let stage = try Stage()
            try stage.greet()
            #expect(throws: (any Error).self) { try stage.ask(datagram) }
        }
    }

    @Test func anotherVersionIsToldAndEnds() throws {
        let stage = try Stage()
        #expect(throws: (any Error).self) { try stage.ask(.hello(.cli, version: "0.0")) }
    }

    @Test func placesAreAsDocumented() throws {
        let rows = try Documents.table(
            in: "docs/PRIVILEGES.md", headed: ["table", "places", "of one uid", "kept for root"])
        let row = try #require(rows.first { $0[0] == "lookers" })
        let limits = Limits.clients
        #expect(row.dropFirst().map { Int($0) } == [limits.all, limits.ofOne, limits.keptForRoot])
    }

    @Test func whoAsksTooMuchIsPaused() throws {
        let stage = try Stage()
        try stage.greet()
        var answered = 0
        while try stage.ask(.status) != nil, answered < 1000 { answered += 1 }
        #expect(answered >= Int(Limits.burst) - 2 && answered < 1000)
    }
}

extension Showcase {
    /// Of one worker, w, whose settings hold secrets.
    fileprivate static var sample: Showcase {
        var settings = WorkerSettings()
        settings.name = "w"
        settings.exec = "/secret"
        settings.env = ["KEY=SECRET"]
        let instance = InstanceRow(
            number: 1, state: .running, pid: 7, uptimeMilliseconds: 1, restarts: RestartCounts(),
            lastExit: ExitReport())
        let row = WorkerRow(
            name: "w", state: .running, instances: 1, running: 1, pid: 7, uptimeMilliseconds: 1,
            restarts: RestartCounts(), hasRestartPolicy: false, lastExit: ExitReport())
        let info = WorkerInfo(
            settings: settings, endsWholeTree: true, logError: 0, instances: [instance])
        let status = DaemonStatus(
            version: Version.text, pid: 1, uid: 0, uptimeMilliseconds: 1, workers: 1, instances: 1,
            running: 1, notesLost: 0, helpers: [])
        return Showcase(Look(status: status, entries: [Look.Entry(row: row, info: info)]))
    }
}
