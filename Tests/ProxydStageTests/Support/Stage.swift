// The built apm-proxyd, started as the master starts it, with the test in the master's place. It
// ends every test with the same questions: does it live, has it lost nothing, does it end by
// itself. The release executable is needed: `make test` builds it first.

import CLinux
import Children
import Glibc
import Messages
import Posix
import Settings
import Testing

final class Stage {
    let figures: Figures
    private var link: Int32 = -1
    private(set) var pid: pid_t = -1
    private var phase = Phase.greeting
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)
    private var workers: [UInt16: ProxiedWorker] = [:]
    private var servers: [UInt16: Listener] = [:]
    private var logs: [UInt16: Int32] = [:]
    private var places: UInt16 = 0
    /// Those that are open, as the proxy's successor gets them.
    private(set) var instances: [Instance] = []
    /// What came and was not asked for yet.
    private var events: [Message] = []
    private(set) var notes: [String] = []
    private(set) var alerts: [String] = []

    private struct Listener {
        let server: ProxiedServer
        let descriptor: Int32
    }

    /// The one that is shipped; with PROXYD=debug the one that checks itself.
    static var executable: String {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let build = getenv("PROXYD").map { String(cString: $0) } ?? "release"
        return "/\(root)/.build/\(build)/apm-proxyd"
    }

    private init() throws {
        var before: UInt64 = 0
        _ = apm_raise_open_files(&before)
        apm_ignore_pipe_signal()
        figures = try Figures()
        try start()
    }

    /// Runs a test on a stage of its own: worker 0 with `settings` and one server.
    static func run(
        _ settings: ServerSettings = ServerSettings(), isExpected: Bool = true,
        alerts: Bool = false, _ body: (Stage) throws -> Void
    ) throws {
        let stage = try Stage()
        defer { stage.strike() }
        stage.openWorker(settings, isExpected: isExpected)
        try stage.openServer()
        try body(stage)
        try stage.finish(alerts: alerts)
    }

    deinit {
        buffer.deallocate()
    }

    /// Starts it, or the next one; that one is told all that is open.
    func start() throws {
        let missing = "\(Self.executable) is missing: `make test` builds it first"
        try #require(access(Self.executable, X_OK) == 0, Comment(rawValue: missing))
        let (ours, theirs) = try DescriptorPair.packetSockets()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { for descriptor in [theirs, null] { close(descriptor) } }
        // What it says before it dies is to be seen.
        pid = try Child.spawn(
            [Self.executable], environment: ["SWIFT_BACKTRACE=enable=no", "TZ=UTC"],
            descriptors: (null, null, STDERR_FILENO, theirs))
        link = ours
        phase = .greeting
        events = []
        send(.hello(.master, version: Version.text))
        send(.openFigures, [figures.descriptor])
        for worker in workers.values { send(parts: .openWorker(worker)) }
        for log in logs { send(.openAccessLog(worker: log.key), [log.value]) }
        for server in servers.values { send(.openServer(server.server), [server.descriptor]) }
        for instance in instances { send(.openInstance(instance.plan), instance.passed) }
    }

    /// Ends it as nothing can end it worse.
    func kill() {
        _ = Glibc.kill(pid, SIGKILL)
        _ = Child.waitForEnd(of: pid)
        close(link)
        link = -1
        pid = -1
    }

    var isAlive: Bool { pid > 0 && Glibc.kill(pid, 0) == 0 && waitpid(pid, nil, WNOHANG) == 0 }

    /// Bytes of memory that it has.
    func residentBytes() throws -> Int {
        let file = open("/proc/\(pid)/statm", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var room = [UInt8](repeating: 0, count: 128)
        let count = read(file, &room, room.count)
        try #require(count > 0, "/proc/\(pid)/statm")
        let words = room[..<count].text.split(separator: " ")
        return (Int(words[1]) ?? 0) * 4096
    }

    // MARK: what the master says

    func openWorker(
        _ settings: ServerSettings = ServerSettings(), worker: UInt16 = 0, isExpected: Bool = true
    ) {
        let plan = ProxiedWorker(
            worker: worker, name: "w\(worker)", isExpected: isExpected, settings: settings)
        workers[worker] = plan
        send(parts: .openWorker(plan))
    }

    func closeWorker(_ worker: UInt16) {
        workers[worker] = nil
        send(.closeWorker(worker))
    }

    /// A listener on a free port of `host`.
    func openServer(_ server: UInt16 = 0, worker: UInt16 = 0, host: String = "127.0.0.1") throws {
        let socket = try ListenSocket(host: host)
        let address = host.contains(":") ? "http://[\(host)]:\(socket.port)" : host
        let text = host.contains(":") ? address : "http://\(host):\(socket.port)"
        let plan = ProxiedServer(
            server: server, worker: worker, address: try #require(ServerAddress(text)))
        servers[server] = Listener(server: plan, descriptor: socket.descriptor)
        send(.openServer(plan), [socket.descriptor])
    }

    func closeServer(_ server: UInt16 = 0) {
        if let listener = servers.removeValue(forKey: server) { close(listener.descriptor) }
        send(.closeServer(server))
    }

    /// A start of an instance; with `greets` it is ready when this returns.
    @discardableResult
    func openInstance(
        worker: UInt16 = 0, greets: Bool = true, textPipeBytes: Int32? = nil
    ) throws -> Instance {
        places = (places + 1) % UInt16(MessageLimits.connectedInstances)
        let number = UInt16(instances.count(where: { $0.plan.worker == worker }) + 1)
        let instance = try Instance(
            place: places, worker: worker, number: number, textPipeBytes: textPipeBytes)
        figures.clear(instance: places)
        instances.append(instance)
        send(.openInstance(instance.plan), instance.passed)
        if greets {
            try instance.greet()
            try expect(.instanceReady(instance.place))
        }
        return instance
    }

    /// As when the master sees its processes end; its ends of the pipes are closed before.
    func closeInstance(_ instance: Instance) throws {
        instance.die()
        send(.closeInstance(instance.place))
        try expect(.instanceClosed(instance.place))
        instances.removeAll { $0 === instance }
        instance.closePassed()
    }

    func drain(_ instance: Instance) {
        send(.drainInstance(instance.place))
    }

    /// The reading end of a pipe for the access log.
    func openAccessLog(worker: UInt16 = 0, pipeBytes: Int32? = nil) throws -> Int32 {
        let pipe = try Pipe(bytes: pipeBytes)
        logs[worker] = pipe.writing
        send(.openAccessLog(worker: worker), [pipe.writing])
        return pipe.reading
    }

    func send(_ message: Message, _ descriptors: [Int32] = []) {
        send(message.encoded(), descriptors)
    }

    func send(_ datagram: [UInt8], _ descriptors: [Int32] = []) {
        let deadline = Deadline.patient
        while true {
            let result = PacketSocket.send(datagram, descriptors: descriptors, over: link)
            if result == .sent { return }
            guard result == .full, Wait.writable(link, deadline) else {
                Issue.record("the proxy takes no messages: \(result)")
                return
            }
        }
    }

    private func send(parts message: Message) {
        for datagram in message.encodedParts() { send(datagram) }
    }

    // MARK: what the proxy says

    /// The next message, sorted; false when none comes in time.
    @discardableResult
    func receive(_ deadline: Deadline) throws -> Bool {
        guard Wait.readable(link, deadline),
            let packet = try PacketSocket.receive(into: buffer, from: link)
        else { return false }
        guard packet.byteCount > 0 else { throw StageError("apm-proxyd has ended") }
        let message = try Message.decode(
            UnsafeRawBufferPointer(rebasing: buffer[..<packet.byteCount]).bytes, from: .proxyd,
            in: phase, descriptors: 0)
        phase = .open
        switch message {
        case .hello, .working: break
        case .proxyNoted(let level, let text):
            notes.append(text)
            if level == .alert { alerts.append(text) }
        default: events.append(message)
        }
        return true
    }

    /// Waits for this message; others stay for later.
    func expect(_ wanted: Message, within milliseconds: Int = 15_000) throws {
        let deadline = Deadline(milliseconds: milliseconds)
        while true {
            if let place = events.firstIndex(of: wanted) {
                events.remove(at: place)
                return
            }
            guard try receive(deadline) else {
                throw StageError("no \(wanted); but \(events)")
            }
        }
    }

    /// Whether this message has come by now.
    func hasCome(_ wanted: Message) throws -> Bool {
        try ping()
        return events.contains(wanted)
    }

    /// Waits for a note with these words.
    func expectNote(_ words: String...) throws {
        let deadline = Deadline.patient
        while !notes.contains(where: { note in words.allSatisfy { note.contains($0) } }) {
            guard try receive(deadline) else {
                throw StageError("no note with \(words); but \(notes.suffix(8))")
            }
        }
    }

    func forgetNotes() { notes = [] }

    /// It has done what it was told before, and answers.
    func ping() throws {
        send(.ping)
        try expect(.ponged)
    }

    /// The figures once it has done all that came before.
    var settled: Figures {
        get throws {
            try ping()
            return figures
        }
    }

    /// The port of a server.
    func port(_ server: UInt16 = 0) -> UInt16 { servers[server]?.server.address.port ?? 0 }

    func connect(_ server: UInt16 = 0, receiveBytes: Int32? = nil) throws -> Client {
        guard let address = servers[server]?.server.address else {
            throw StageError("server \(server) is closed")
        }
        return try Client(to: address.address.text, port: address.port, receiveBytes: receiveBytes)
    }

    // MARK: the end

    /// It lives, answers, has no session and no connection left, and ends when the master does.
    private func finish(alerts admitted: Bool) throws {
        try #require(isAlive, "apm-proxyd has died")
        for instance in instances { try closeInstance(instance) }
        for worker in workers.keys {
            let drained = Wait.until { figures.open(worker: worker) == 0 }
            let left = figures.open(worker: worker)
            #expect(drained, "\(left) connections of worker \(worker) were leaked")
        }
        try ping()
        #expect(admitted || alerts.isEmpty, "\(alerts)")
        close(link)
        link = -1
        let code = Child.waitForEnd(of: pid)
        pid = -1
        #expect(code == 0, "the end of the master is no failure")
    }

    /// Takes all of it away, however the test ended.
    private func strike() {
        if pid > 0 {
            _ = Glibc.kill(pid, SIGKILL)
            _ = Child.waitForEnd(of: pid)
        }
        if link >= 0 { close(link) }
        for listener in servers.values { close(listener.descriptor) }
        for instance in instances {
            instance.die()
            instance.closePassed()
        }
    }
}
