// A connection to the daemon: asks one thing after the other. Hello and the first command go out
// back to back, so that a command costs one round trip.

import Bytes
import CLinux
import Control
import Glibc
import Messages
import Posix

final class ControlConnection {
    /// How long the daemon may take for what needs no waiting.
    private static let patience: Int32 = 10_000

    let socket: Descriptor
    let home: DaemonHome
    /// Waiting ends here, whatever it is for; nil = each wait has its own patience.
    private var deadline: Int64?
    /// The daemon's process.
    let pid: Int32
    /// It is to the look socket: nothing can be asked but what may be looked at.
    let isLook: Bool
    /// To the look socket because the control socket is closed to the caller: what is said when
    /// the daemon does not let everybody operate it.
    var closedDoor: Failure?
    /// What goes on while an outcome is waited for.
    var waiting: Waiting?
    /// Requests whose replies `collect` takes, with the kind expected.
    var posted: [UInt32: ControlKind] = [:]
    /// A reply of which parts have come.
    var incoming = Incoming()
    private(set) var isGreeted = false
    private(set) var lastID: UInt32 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)

    private init(
        _ socket: consuming Descriptor, _ home: DaemonHome, pid: Int32, isLook: Bool = false
    ) {
        self.socket = socket
        self.home = home
        self.pid = pid
        self.isLook = isLook
    }

    deinit {
        buffer.deallocate()
    }

    /// Connects; nil when no daemon listens there.
    static func open(_ home: DaemonHome, uid: UInt32) throws(Failure) -> ControlConnection? {
        try Trust.checkFolder(home.folder, uid: uid)
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(AF_UNIX, type, 0)
        guard number >= 0 else {
            throw unreachable("cannot make a socket: \(ErrorText.of(errno))", home)
        }
        let socket = Descriptor(owning: number)
        // Bounds connect too, which waits when the daemon does not accept.
        var patience = timeval(tv_sec: Int(Self.patience / 1000), tv_usec: 0)
        setsockopt(
            socket.raw, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        switch connect(socket.raw, home.control) {
        case 0: break
        case ENOENT, ECONNREFUSED, ENOTDIR: return nil
        case EACCES, EPERM: throw closedDoor(home)
        case let code:
            throw unreachable(
                "cannot connect to \(Visible.text(home.control)): \(ErrorText.of(code))", home)
        }
        let pid = try Trust.checkPeer(of: socket.raw, home.control, uid: uid)
        return ControlConnection(socket, home, pid: pid)
    }

    private static func closedDoor(_ home: DaemonHome) -> Failure {
        var failure = Failure(
            "you may not use the daemon at \(Visible.text(home.folder))",
            now: home == .system
                ? "leave --system out for a daemon of your own, or have root put you into group apm"
                : "unset APM_HOME, or set it to a folder of yours, for a daemon of your own",
            .notPermitted)
        failure.refusal = .closedDoor
        return failure
    }

    /// Connects to where a daemon may be looked at; nil when nobody listens there, or not within
    /// so many milliseconds.
    static func look(
        at address: LookAddress, _ home: DaemonHome, within milliseconds: Int32 = patience
    ) throws(Failure) -> ControlConnection? {
        let deadline = Clock.monotonicNanoseconds + Int64(milliseconds) * 1_000_000
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(AF_UNIX, type, 0)
        guard number >= 0 else { return nil }
        let socket = Descriptor(owning: number)
        var limit = timeval(
            tv_sec: Int(milliseconds / 1000), tv_usec: Int(milliseconds % 1000) * 1000)
        setsockopt(
            socket.raw, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var target = sockaddr_un()
        let length = address.address(&target)
        guard connect(socket.raw, &target, length) == 0 else { return nil }
        let pid = try Trust.checkPeer(of: socket.raw, "@" + address.name, uid: address.owner)
        let connection = ControlConnection(socket, home, pid: pid, isLook: true)
        if milliseconds < patience { connection.deadline = deadline }
        return connection
    }

    /// Connects to a daemon that has just said that it listens.
    static func openStarted(_ home: DaemonHome, uid: UInt32) throws(Failure) -> ControlConnection {
        for attempt in 0..<50 {
            if let connection = try open(home, uid: uid) { return connection }
            usleep(attempt < 10 ? 2_000 : 20_000)
        }
        throw unreachable("the daemon was started, but does not listen", home)
    }

    private static func connect(_ socket: Int32, _ path: String) -> Int32 {
        var address = sockaddr_un()
        return connect(socket, &address, apm_unix_address(path, &address))
    }

    private static func connect(
        _ socket: Int32, _ address: inout sockaddr_un, _ length: socklen_t
    ) -> Int32 {
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, length)
            }
        }
        return result == 0 ? 0 : errno
    }

    /// Asks, and gives the reply with the descriptors that came along, which the caller owns from
    /// then on. A refusal is thrown. With `waits` the daemon may take as long as it likes, and
    /// Ctrl-C ends the waiting.
    func ask(
        _ command: Command, waits: Bool = false
    ) throws(Failure) -> (reply: Reply, descriptors: [Int32]) {
        let greetsFirst = !isGreeted
        if greetsFirst { send(.hello(.cli, version: Version.text)) }
        let helloID = lastID
        send(command)
        if greetsFirst {
            _ = try receive(.welcome, id: helloID, waits: false)
            isGreeted = true
        }
        guard let kind = command.kind.reply else { throw broken("no reply to \(command.kind)") }
        let answer = try receive(kind, id: lastID, waits: waits)
        if kind == .happened { posted[lastID] = kind }
        return answer
    }

    func failure(_ refusal: Refusal) -> Failure {
        if refusal.reason == .notPermitted, let closedDoor { return closedDoor }
        return Refusals.failure(refusal)
    }

    /// Waits until the daemon has closed the connection, for a while.
    func waitForEnd() {
        while waitReadable(Self.patience) {
            // Nothing is expected but the end: 0 bytes, or an error.
            guard recv(socket.raw, buffer.baseAddress, buffer.count, 0) > 0 else { return }
        }
    }

    /// A failure to send shows as one to receive: a daemon that refuses a greeting closes at once,
    /// and its reason can still be read.
    func send(_ command: Command) {
        lastID += 1
        for datagram in command.encoded(id: lastID) {
            while PacketSocket.send(datagram, over: socket.raw) == .full {
                var entry = pollfd(fd: socket.raw, events: Int16(POLLOUT), revents: 0)
                guard poll(&entry, 1, Self.patience) > 0 else { return }
            }
        }
    }

    private func receive(
        _ expected: ControlKind, id: UInt32, waits: Bool
    ) throws(Failure) -> (reply: Reply, descriptors: [Int32]) {
        var collector = PartCollector()
        var descriptors: [Int32] = []
        while true {
            let packet = try nextPacket(waits: waits)
            descriptors += packet.descriptors
            let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount]).bytes
            do {
                let header = try MessageHeader(decoding: datagram)
                let kind = try Self.checked(header, expected, id, received: descriptors.count)
                let part = datagram.extracting(MessageHeader.byteCount..<datagram.byteCount)
                guard let body = try collector.add(header, body: part) else { continue }
                let reply = try Reply.decode(kind, body: body.span.bytes)
                if case .refused(let refusal) = reply { throw failure(refusal) }
                return (reply, descriptors)
            } catch {
                for descriptor in descriptors { close(descriptor) }
                if let failure = error as? Failure { throw failure }
                throw broken("its answer is not understood (\(error))")
            }
        }
    }

    /// The next datagram, in `buffer`.
    private func nextPacket(waits: Bool) throws(Failure) -> ReceivedPacket {
        var wasReset = false
        while true {
            try waitForReply(waits: waits)
            do {
                guard let packet = try PacketSocket.receive(into: buffer, from: socket.raw) else {
                    continue
                }
                guard packet.byteCount > 0 else { throw broken("it closed the connection") }
                return packet
            } catch let error as SystemError {
                // A peer that closed with something unread resets; what it sent comes after that.
                guard error.code == ECONNRESET, !wasReset else { throw broken(error.text) }
                wasReset = true
            } catch {
                throw error as? Failure ?? broken("\(error)")
            }
        }
    }

    func waitForReply(waits: Bool) throws(Failure) {
        guard waits else {
            if waitReadable(Self.patience) { return }
            throw Failure(
                "the daemon, pid \(pid), does not answer",
                now: "look into \(Visible.text(home.log)); if it hangs: kill -9 \(pid)",
                .unreachable)
        }
        let interrupts = Interrupts()
        defer { waiting?.clear() }
        while true {
            switch interrupts.wait(for: socket.raw, atMost: waiting?.pause ?? -1) {
            case .ready, .otherClosed: return
            case .nothing: try waiting?.pass()
            case .interrupted: throw Self.interrupted
            }
        }
    }

    static let interrupted = Failure(
        "interrupted", now: "the daemon goes on with it; apm list shows how it stands",
        .interrupted)

    private func waitReadable(_ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
        while true {
            let left = deadline.map { max(0, ($0 - Clock.monotonicNanoseconds) / 1_000_000) }
            let result = poll(&entry, 1, min(milliseconds, Int32(clamping: left ?? .max)))
            if result < 0, errno == EINTR { continue }
            return result > 0
        }
    }

    /// The kind, when this datagram may come now.
    static func checked(
        _ header: MessageHeader, _ expected: ControlKind, _ id: UInt32, received: Int
    ) throws(DecodeError) -> ControlKind {
        guard let kind = ControlKind(rawValue: header.kind), header.id == id,
            kind == expected || kind == .refused
        else { throw .unexpectedKind(header.kind) }
        let most =
            switch kind {
            case .ran, .started, .restarted, .copied, .updated, .logOpened: 1
            default: 0
            }
        guard received <= most else { throw .wrongDescriptorCount }
        return kind
    }

    func broken(_ reason: String) -> Failure {
        guard !isLook else {
            return Failure(
                "what shows the daemon, pid \(pid), is gone: \(reason)",
                now: "repeat the command: another apm-guid is there by then", .unreachable)
        }
        return Self.unreachable("the daemon, pid \(pid), is gone: \(reason)", home)
    }

    private static func unreachable(_ what: String, _ home: DaemonHome) -> Failure {
        Failure(
            what, now: "its log may say why: \(Visible.text(home.log))", .unreachable)
    }
}
