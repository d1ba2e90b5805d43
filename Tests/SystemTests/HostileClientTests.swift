// 64 connections that send garbage, floods, half messages, nothing, or descriptors whose closing
// blocks: a good client does not notice, and the daemon does not grow.

import CLinux
import Control
import Glibc
import Messages
import Posix
import Synchronization
import Testing

/// One hostile connection after another, each doing its worst, until told to stop.
final class HostileClients: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let running = Atomic<Int>(0)

    func start(_ count: Int, at path: String, _ misdeed: @escaping @Sendable (Int32) -> Void) {
        for _ in 0..<count {
            running.add(1, ordering: .relaxed)
            let box = Unmanaged.passRetained(
                Work { [self] in
                    while !isOver.load(ordering: .relaxed) {
                        guard let socket = try? ControlPeer.connect(path) else {
                            usleep(1000)
                            continue
                        }
                        misdeed(socket)
                        close(socket)
                    }
                    running.subtract(1, ordering: .relaxed)
                })
            var thread = pthread_t()
            pthread_create(&thread, nil, runWork, box.toOpaque())
            pthread_detach(thread)
        }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        while running.load(ordering: .relaxed) > 0 { usleep(1000) }
    }

    var goesOn: Bool { !isOver.load(ordering: .relaxed) }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runWork(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let raw { Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body() }
    return nil
}

/// Made once: what the attackers spend on making it is not what the daemon is measured by.
private let garbage: [UInt8] = (0..<65536).map { _ in UInt8.random(in: 0...255) }

private func sendRaw(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    PacketSocket.send(bytes, over: socket) != .failed(EPIPE)
}

extension SystemTests {
    @Suite struct HostileClientTests {
        enum Misdeed: String, CaseIterable, Sendable {
            case garbage, floods, halves, stalls, connects, descriptors, unread
        }

        static func commit(
            _ misdeed: Misdeed, _ socket: Int32, isOver: () -> Bool
        ) {
            let hello = Command.hello(.cli, version: Version.text).encoded(id: 1)[0]
            switch misdeed {
            case .garbage:
                let length = Int.random(in: 1...4000)
                let start = Int.random(in: 0..<garbage.count - length)
                _ = sendRaw(socket, Array(garbage[start..<start + length]))
                usleep(500)
            case .floods:
                _ = sendRaw(socket, hello)
                for id in 0..<20_000 {
                    let list = Command.list.encoded(id: UInt32(id))[0]
                    // As fast as the daemon takes it: what it does not read holds the sender back.
                    while PacketSocket.send(list, over: socket) == .full {
                        var room = pollfd(fd: socket, events: Int16(POLLOUT | POLLIN), revents: 0)
                        poll(&room, 1, 100)
                        drain(socket)
                        if isOver() { return }
                    }
                }
            case .halves:
                _ = sendRaw(socket, hello)
                _ = sendRaw(
                    socket,
                    MessageHeader.datagram(
                        kind: ControlKind.run.rawValue, id: 2, flags: .more, body: [1, 2, 3]))
                usleep(300_000)
            case .stalls: usleep(300_000)
            case .connects: usleep(500)
            case .descriptors: sendLingering(over: socket, with: hello, seconds: 30)
            case .unread:
                _ = sendRaw(socket, hello)
                for id in 0..<2000 { _ = sendRaw(socket, Command.list.encoded(id: UInt32(id))[0]) }
                usleep(100_000)
            }
        }

        static func drain(_ socket: Int32) {
            var room = [UInt8](repeating: 0, count: 20_000)
            while recv(socket, &room, room.count, Int32(MSG_DONTWAIT)) > 0 {}
        }

        /// A connected TCP socket with unsent data and SO_LINGER: who closes it last, waits.
        /// This process's own copy is closed as soon as the message is under way. Gives the
        /// listener that keeps the data unsent, to be closed when the test is done with it.
        @discardableResult
        static func sendLingering(
            over socket: Int32, with message: [UInt8], seconds: Int32, keepsListener: Bool = false
        ) -> Int32 {
            let listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let client = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size)
                    listen(listener, 1)
                    getsockname(listener, $0, &size)
                    connect(client, $0, size)
                }
            }
            var lingers = linger(l_onoff: 1, l_linger: seconds)
            setsockopt(
                client, SOL_SOCKET, SO_LINGER, &lingers, socklen_t(MemoryLayout<linger>.size))
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            let fill = [UInt8](repeating: 0, count: 65536)
            for _ in 0..<200 where send(client, fill, fill.count, 0) <= 0 { break }
            if PacketSocket.send(message, descriptors: [client], over: socket) != .sent {
                // The kernel refuses it: not this process must wait for its end.
                var off = linger(l_onoff: 0, l_linger: 0)
                setsockopt(
                    client, SOL_SOCKET, SO_LINGER, &off, socklen_t(MemoryLayout<linger>.size))
            }
            close(client)
            if !keepsListener { close(listener) }
            return listener
        }

        @Test(arguments: Misdeed.allCases)
        func aGoodClientDoesNotNotice(_ misdeed: Misdeed) throws {
            let daemon = try TestDaemon()
            daemon.run("w", ["--instances", "3"], probe: "sleep")
            let before = ProcessTable.privateKilobytes(daemon.pid)
            let hostile = HostileClients()
            hostile.start(64, at: daemon.control) { socket in
                Self.commit(misdeed, socket) { !hostile.goesOn }
            }
            usleep(200_000)
            let control = try ControlPeer(daemon)
            let echo = EchoProcess()
            var times: [Double] = []
            var floor: [Double] = []
            for round in 0..<300 {
                let queued = Self.waitedForProcessor(daemon)
                let started = Moment.now
                try control.send(.list, id: UInt32(round + 2))
                let reply = try control.receive(seconds: 5)
                let took = Moment.now.milliseconds(since: started)
                #expect(reply != nil, "no answer in round \(round)")
                if reply == nil { break }
                times.append(max(0, took - (Self.waitedForProcessor(daemon) - queued)))
                floor.append(echo.answer())
                usleep(2000)
            }
            hostile.stop()
            echo.end()
            let p99 = Self.percentile99(times)
            // A machine that stands still now and then is not the daemon's doing.
            let machine = Self.percentile99(floor)
            #expect(p99 < 50 + machine, "p99 \(p99) ms, of the machine itself \(machine) ms")
            let after = ProcessTable.privateKilobytes(daemon.pid)
            #expect(after - before < 4096, "grew from \(before) to \(after) KB")
            print(
                "hostile \(misdeed): p99 \(p99) ms (machine \(machine) ms),",
                "memory \(before) -> \(after) KB")
            control.leave()
            daemon.end()
        }

        /// 64 attackers on few processors make everybody wait for one: that is the attackers' work
        /// on this machine, and not the daemon's.
        private static func waitedForProcessor(_ daemon: TestDaemon) -> Double {
            ProcessTable.waitedForProcessor(daemon.pid) + ProcessTable.waitedForProcessor(nil)
        }

        private static func percentile99(_ times: [Double]) -> Double {
            guard !times.isEmpty else { return 0 }
            return times.sorted()[min(times.count - 1, times.count * 99 / 100)]
        }

        @Test(.enabled(if: isRoot, "becoming another uid needs root"))
        func anotherUidCannotEvenConnect() throws {
            let daemon = try TestDaemon()
            let finished = Program.run(
                TestDaemon.publicExecutables + "/apm", ["stop", "w"],
                environment: daemon.environment, uid: 65_534)
            #expect(finished.status == 77, "\(finished.errors)")
            #expect(finished.errors.split(separator: "\n").count == 2, "\(finished.errors)")
            daemon.end()
        }

        @Test func theTableOfClientsIsNeverFullForAGoodOne() throws {
            let daemon = try TestDaemon()
            var held: [Int32] = []
            for _ in 0..<400 {
                if let socket = try? ControlPeer.connect(daemon.home + "/control") {
                    held.append(socket)
                }
            }
            let started = Moment.now
            #expect(daemon.apm("list").status == 0)
            #expect(Moment.now.milliseconds(since: started) < 1000)
            for socket in held { close(socket) }
            daemon.end()
        }

        /// Once closed as anybody would, which takes its time, and once elsewhere.
        @Test func descriptorsAreClosedElsewhereWithoutWaiting() throws {
            let before = Set(ProcessTable.children(of: getpid()))
            #expect(try Self.closingTime { close($0) } > 800)
            #expect(try Self.closingTime { _ = apm_close_elsewhere([$0], 1) } < 500)
            let children = ProcessTable.children(of: getpid()).filter { !before.contains($0) }
            for child in children { waitpid(child, nil, 0) }
        }

        /// Milliseconds that a received descriptor which lingers for a second holds its closer up.
        private static func closingTime(_ closing: (Int32) -> Void) throws -> Double {
            let pair = try DescriptorPair.packetSockets()
            let listener = sendLingering(over: pair.0, with: [1], seconds: 1, keepsListener: true)
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
            defer {
                room.deallocate()
                for descriptor in [listener, pair.0, pair.1] { close(descriptor) }
            }
            let received = try PacketSocket.receive(into: room, from: pair.1)?.descriptors ?? []
            try #require(received.count == 1)
            let started = Moment.now
            closing(received[0])
            return Moment.now.milliseconds(since: started)
        }
    }
}
