// The built apm-logd, started as the master starts it, with the test in the master's place. The
// release executable is needed: `make test` builds it first.

import CLinux
import Children
import Glibc
import Messages
import Posix
import Testing

final class LoggerProcess {
    private let journal: Descriptor
    private var link: Int32 = -1
    private var pid: pid_t = -1
    private var phase = Phase.greeting
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: MessageLimits.messageBytes, alignment: 16)

    static var executable: String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/.build/release/apm-logd"
    }

    init() throws {
        journal = Descriptor(owning: apm_memfd("journal", false))
        try #require(ftruncate(journal.raw, off_t(JournalLayout.byteCount)) == 0)
        try start()
    }

    deinit {
        kill()
        buffer.deallocate()
    }

    /// Starts it, on the journal that an earlier one left.
    func start() throws {
        let missing = "\(Self.executable) is missing: `make test` builds it first"
        try #require(access(Self.executable, X_OK) == 0, Comment(rawValue: missing))
        let (ours, theirs) = try DescriptorPair.packetSockets()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { for descriptor in [theirs, null] { close(descriptor) } }
        pid = try Child.spawn(
            [Self.executable], environment: ["SWIFT_BACKTRACE=enable=no", "TZ=UTC"],
            descriptors: (null, null, null, theirs))
        link = ours
        phase = .greeting
        send(.hello(.master, version: Version.text))
        send(.openJournal, [journal.raw])
    }

    /// Notes in the journal that stream 2 is writing to log 1.
    func damage() {
        put(UInt32(1), at: 2 * JournalLayout.headerBytes + 16)
        put(UInt32(1), at: 2 * JournalLayout.headerBytes + 28)
        put(UInt32(3), at: JournalLayout.logHeadersOffset + JournalLayout.logHeaderBytes)
    }

    private func put(_ word: UInt32, at offset: Int) {
        withUnsafeBytes(of: word) {
            _ = pwrite(journal.raw, $0.baseAddress, $0.count, off_t(offset))
        }
    }

    /// Kills it. What it had sent before is still in the socket, and counts.
    @discardableResult
    func kill() -> [Message] {
        guard link >= 0 else { return [] }
        _ = Glibc.kill(pid, SIGKILL)
        _ = Child.waitForEnd(of: pid)
        var last: [Message] = []
        while let message = try? receive(within: 0) { last.append(message) }
        close(link)
        link = -1
        return last
    }

    /// The exit code once it ends; nil when a signal ended it. Closes the link first.
    func waitForEnd() -> Int32? {
        close(link)
        link = -1
        return Child.waitForEnd(of: pid)
    }

    func send(_ message: Message, _ descriptors: [Int32] = []) {
        let result = PacketSocket.send(message.encoded(), descriptors: descriptors, over: link)
        #expect(result == .sent)
    }

    /// apm-logd has closed its end.
    struct Ended: Error {}

    /// The next message, or nil when none comes within `milliseconds`.
    func receive(within milliseconds: Int32) throws -> Message? {
        var entry = pollfd(fd: link, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, milliseconds) > 0,
            let packet = try PacketSocket.receive(into: buffer, from: link)
        else { return nil }
        guard packet.byteCount > 0 else { throw Ended() }
        let message = try Message.decode(
            UnsafeRawBufferPointer(rebasing: buffer[..<packet.byteCount]).bytes, from: .logd,
            in: phase, descriptors: 0)
        phase = .open
        return message
    }

    /// The next message that is not its hello.
    func next() throws -> Message {
        while true {
            let message = try #require(try receive(within: 10_000), "no message for 10 s")
            if message.kind != .hello, message.kind != .working { return message }
        }
    }
}

/// A plan with what the tests do not care about filled in.
func streamPlan(_ stream: UInt32, log: UInt32, keepsStart: Bool = false) -> StreamPlan {
    StreamPlan(
        stream: stream, log: log, worker: 0, instance: 1, source: .standardOutput,
        stripsANSI: false, keepsStart: keepsStart, prefix: "ç1-pçR-", timeFormat: "")
}

/// A file for appending that has no name, and its content.
final class AppendedFile {
    let descriptor: Int32

    init() throws {
        descriptor = Glibc.open("/tmp", O_RDWR | O_APPEND | O_CLOEXEC | 0o20_200_000, 0o600)
        try #require(descriptor >= 0, "O_TMPFILE in /tmp")
    }

    deinit { close(descriptor) }

    var size: Int { Int(apm_file_size(descriptor)) }

    var content: [UInt8] {
        let wanted = size
        return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + count }, wanted - count, off_t(count))
                guard got > 0 else { return }
                count += got
            }
        }
    }
}
