// The real process, confined: killed again and again in the middle of a stream, with logs that
// fail, with clients, and with a master that breaks the protocol.

import Children
import Glibc
import Messages
import Posix
import Testing

@Suite(.serialized)
struct LoggerProcessTests {
    /// 1,000,000 lines of 100 bytes, as a child prints them.
    private static let count = 1_000_000
    private static let padding = String(repeating: "n", count: 88)

    private func spawnPrinter() throws -> (pid: pid_t, pipe: Int32) {
        let pipe = try DescriptorPair.pipe()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { for descriptor in [pipe.writing, null] { close(descriptor) } }
        let pid = try Child.spawn(
            ["seq", "-f", "%010.0f \(Self.padding)", "0", "\(Self.count - 1)"], environment: [],
            descriptors: (null, pipe.writing, null, -1))
        return (pid, pipe.reading)
    }

    @Test func everyLineOnceThoughKilledAgainAndAgain() throws {
        let log = try AppendedFile()
        let printer = try spawnPrinter()
        let logger = try LoggerProcess()
        var ended: UInt64?
        var kills = 0
        while true {
            logger.send(.openLog(5, path: "log"), [log.descriptor])
            logger.send(.openStream(streamPlan(9, log: 5)), [printer.pipe])
            // Killed when the log has grown by some more, at an instruction nobody chose.
            let goal = log.size + Int.random(in: 100_000...2_500_000)
            while ended == nil, log.size < goal {
                if case .streamEnded(9, let lines) = try logger.receive(within: 1) { ended = lines }
            }
            if ended != nil { break }
            for case .streamEnded(9, let lines) in logger.kill() { ended = lines }
            if ended != nil { break }
            kills += 1
            try logger.start()
        }
        #expect(kills >= 30)
        // A kill after the place was cleared, and before the end was told, takes the count along.
        #expect(ended == UInt64(Self.count) || ended == 0)
        close(printer.pipe)
        #expect(Child.waitForEnd(of: printer.pid) == 0)
        expectEveryLineOnce(in: log.content)
    }

    private func expectEveryLineOnce(in content: [UInt8]) {
        let head = Array("\u{1B}[38;5;1mp\u{1B}[0m ".utf8)
        var expected = head + Array("0000000000 \(Self.padding)\n".utf8)
        #expect(content.count == Self.count * expected.count)
        content.withUnsafeBytes { bytes in
            for number in 0..<min(Self.count, bytes.count / expected.count) {
                var rest = number
                var place = head.count + 9
                while rest > 0 {
                    expected[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                    place -= 1
                }
                let start = bytes.baseAddress.map { $0 + number * expected.count }
                guard let start, memcmp(start, expected, expected.count) != 0 else { continue }
                Issue.record("line \(number) is missing, cut or doubled")
                return
            }
        }
    }

    @Test func failingLogIsToldOnceAndOthersGoOn() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        let log = try AppendedFile()
        let first = try DescriptorPair.pipe()
        let second = try DescriptorPair.pipe()
        defer {
            for descriptor in [full, first.reading, first.writing, second.reading] {
                close(descriptor)
            }
        }
        let logger = try LoggerProcess()
        logger.send(.openLog(1, path: "full"), [full])
        logger.send(.openLog(2, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 1)), [first.reading])
        logger.send(.openStream(streamPlan(2, log: 2)), [second.reading])
        #expect(write(first.writing, "lost?\n", 6) == 6)
        #expect(try logger.next() == .logFailed(1, errno: ENOSPC))
        #expect(write(second.writing, "on\n", 3) == 3)
        close(second.writing)
        #expect(try logger.next() == .streamEnded(2, lines: 1))
        #expect(log.content.text == "\u{1B}[38;5;1mp\u{1B}[0m on\n")
        // Tries again every 250 ms, and says nothing as long as nothing changes.
        #expect(try logger.receive(within: 600) == nil)
    }

    @Test func notesAndStartAndTail() throws {
        let log = try AppendedFile()
        let pipe = try DescriptorPair.pipe()
        let logger = try LoggerProcess()
        logger.send(.note(.warning, "before\nits \u{1B}]0;x\u{7}\u{9B}2J\u{7F}\tlög"))
        logger.send(.openLog(0, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 0, keepsStart: true)), [pipe.reading])
        close(pipe.reading)
        #expect(write(pipe.writing, "one\ntwo", 7) == 7)
        close(pipe.writing)
        #expect(try logger.next() == .streamEnded(1, lines: 2))
        let lines = "\u{1B}[38;5;1mp\u{1B}[0m one\n\u{1B}[38;5;1mp\u{1B}[0m two\n"
        #expect(
            log.content.text.hasSuffix(
                "warning\u{1B}[0m before\\x0aits \\x1b]0;x\\x07\\x9b2J\\x7f\\x09lög\n" + lines))
        #expect(try answer(to: .showStart(1), from: logger) == "one\ntwo")
        logger.send(.forgetStart(1))
        #expect(try answer(to: .showStart(1), from: logger) == "")
        let request = TailRequest(lines: 5, follows: false, instance: 0, workers: [0], uid: 0)
        #expect(try answer(to: .tailLog(request), from: logger) == lines)
        logger.send(.forgetRecent(worker: 0))
        #expect(try answer(to: .tailLog(request), from: logger) == "")
        #expect(logger.waitForEnd() == 0)
    }

    /// All that comes over a socket passed with `message`, until it is closed.
    private func answer(to message: Message, from logger: LoggerProcess) throws -> String {
        let (ours, theirs) = try DescriptorPair.streamSockets()
        defer { close(ours) }
        logger.send(message, [theirs])
        close(theirs)
        var entry = pollfd(fd: ours, events: Int16(POLLIN), revents: 0)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while poll(&entry, 1, 10_000) > 0 {
            let count = read(ours, &piece, piece.count)
            if count <= 0 { return bytes.text }
            bytes += piece[..<count]
        }
        Issue.record("\(message.kind) was not answered to the end")
        return bytes.text
    }

    @Test func anEndedPipeIsHeldUntilItIsReleased() throws {
        let log = try AppendedFile()
        let pipe = try DescriptorPair.pipe()
        let logger = try LoggerProcess()
        logger.send(.openLog(0, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 0)), [pipe.reading])
        logger.send(.closeStream(1))
        #expect(try logger.next() == .streamEnded(1, lines: 0))
        close(pipe.reading)
        logger.send(.ping)
        #expect(try logger.next() == .ponged)
        var end = pollfd(fd: pipe.writing, events: 0, revents: 0)
        #expect(poll(&end, 1, 0) == 0, "somebody could read it still")
        logger.send(.releaseStream(1))
        #expect(poll(&end, 1, 5000) == 1)
        #expect(Int32(end.revents) & Int32(POLLERR) != 0)
        close(pipe.writing)
        #expect(logger.waitForEnd() == 0)
    }

    @Test func aLogDoesNotWaitForAStreamThatNeverComes() throws {
        let log = try AppendedFile()
        let pipe = try DescriptorPair.pipe()
        defer { close(pipe.reading) }
        let logger = try LoggerProcess()
        logger.damage()
        logger.send(.openLog(1, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 1)), [pipe.reading])
        #expect(write(pipe.writing, "on\n", 3) == 3)
        close(pipe.writing)
        logger.send(.ping)
        #expect(try logger.next() == .ponged)
        #expect(try logger.next() == .streamEnded(1, lines: 1))
    }

    @Test func closedStreamIsDrainedThoughItsPipeStaysOpen() throws {
        let log = try AppendedFile()
        let pipe = try DescriptorPair.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let logger = try LoggerProcess()
        logger.send(.openLog(1, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 1)), [pipe.reading])
        #expect(write(pipe.writing, "left\nover", 9) == 9)
        logger.send(.closeStream(1))
        #expect(try logger.next() == .streamEnded(1, lines: 2))
        #expect(log.content.text.hasSuffix(" over\n"))
        // It ended by itself before: no breach.
        logger.send(.closeStream(1))
        logger.send(.closeLog(1))
        #expect(logger.waitForEnd() == 0)
    }

    @Test func masterThatCloses() throws {
        let log = try AppendedFile()
        let pipe = try DescriptorPair.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        let logger = try LoggerProcess()
        logger.send(.openLog(1, path: "log"), [log.descriptor])
        logger.send(.openStream(streamPlan(1, log: 1)), [pipe.reading])
        #expect(write(pipe.writing, "last", 4) == 4)
        #expect(logger.waitForEnd() == 0)
        #expect(log.content.text.hasSuffix(" last\n"))
    }

    @Test(arguments: [
        Message.closeLog(7), .openStream(streamPlan(1, log: 7)), .hello(.master, version: "0"),
        .openJournal,
    ])
    func breachEndsIt(_ message: Message) throws {
        let logger = try LoggerProcess()
        let descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let carries = message.kind == .openStream || message.kind == .openJournal
        logger.send(message, carries ? [descriptor] : [])
        #expect(logger.waitForEnd() == EX_SOFTWARE)
    }
}
