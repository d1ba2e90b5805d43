// An agent as the master starts it, with a test in the master's place.

import Glibc
import Messages
import Posix
import Testing

@testable import apm_master

final class AgentPeer {
    let pid: pid_t
    private let spawned: SpawnedHelper
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)

    /// nobody, by numbers that hold on every Debian.
    static let nobody = Identity(
        name: "nobody", uid: 65_534, gid: 65_534, groups: [65_534], home: "/",
        shell: "/usr/sbin/nologin", searchPath: "/bin")

    /// Started and greeted.
    init(_ job: AgentJob, as identity: Identity? = nil) throws {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        spawned = try HelperExecutable(.agent, beside: TestDaemon.executables)
            .spawn(HelperPlan(agent: job, as: identity, nullDevice: null))
        pid = spawned.pid
        guard case .hello(.agent, Version.text)? = try receive(in: .greeting) else {
            throw SystemError("greeting", code: EPROTO)
        }
        send(.hello(.master, version: Version.text))
    }

    deinit {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        for descriptor in [spawned.pidfd, spawned.link, spawned.report] { close(descriptor) }
        buffer.deallocate()
    }

    func send(_ message: Message, _ descriptor: Int32? = nil) {
        let passed = descriptor.map { [$0] } ?? []
        #expect(
            PacketSocket.send(message.encoded(), descriptors: passed, over: spawned.link) == .sent)
    }

    /// nil: it has ended.
    func receive(in phase: Phase = .open) throws -> Message? {
        var ready = pollfd(fd: spawned.link, events: Int16(POLLIN), revents: 0)
        try #require(poll(&ready, 1, 10_000) == 1, "no answer")
        guard let packet = try PacketSocket.receive(into: buffer, from: spawned.link),
            packet.byteCount > 0
        else { return nil }
        let datagram = UnsafeRawBufferPointer(rebasing: buffer[0..<packet.byteCount])
        return try Message.decode(datagram.bytes, from: .agent, in: phase, descriptors: 0)
    }

    /// It has given up what it gives up, and waits for the master.
    func settle(_ sourceLocation: SourceLocation = #_sourceLocation) {
        eventually("the agent waits, confined", sourceLocation: sourceLocation) {
            ProcessTable.status(pid, "Seccomp") == "2" && ProcessTable.state(pid) == "S"
        }
    }

    func perform(_ call: String, _ arguments: [Int64]) -> InjectedCall {
        InjectedCall(call, arguments, of: pid)
    }
}
