// epoll through EventLoop: who is ready, for what, and until when it waits.

import EventLoop
import Glibc
import Posix
import Testing

@Suite struct EventLoopTests {
    private struct Seen: Equatable {
        let token: UInt64
        let readable: Bool
        let writable: Bool
        let hungUp: Bool
    }

    private func events(
        of loop: borrowing EventLoop, within milliseconds: Int64 = 1000
    ) throws -> [Seen] {
        var seen: [Seen] = []
        try loop.wait(until: Clock.monotonicNanoseconds + milliseconds * 1_000_000) {
            seen.append(
                Seen(
                    token: $0.token, readable: $0.isReadable, writable: $0.isWritable,
                    hungUp: $0.isHungUp))
        }
        return seen
    }

    @Test func aReadablePipeIsReportedWithItsToken() throws {
        let loop = try EventLoop()
        let pipe = try DescriptorPair.pipe()
        let reading = Descriptor(owning: pipe.reading)
        let writing = Descriptor(owning: pipe.writing)
        try loop.add(reading.raw, for: .readable, token: .max - 1)
        #expect(write(writing.raw, "x", 1) == 1)
        let wanted = Seen(token: .max - 1, readable: true, writable: false, hungUp: false)
        // Level-triggered: what is not read is reported again.
        #expect(try events(of: loop) == [wanted])
        #expect(try events(of: loop) == [wanted])
    }

    @Test func theEndOfAPipeIsAHangUpEvenWithoutInterest() throws {
        let loop = try EventLoop()
        let pipe = try DescriptorPair.pipe()
        let reading = Descriptor(owning: pipe.reading)
        try loop.add(reading.raw, for: .none, token: 1)
        close(pipe.writing)
        #expect(
            try events(of: loop) == [Seen(token: 1, readable: false, writable: false, hungUp: true)]
        )
    }

    @Test func interestCanBeChangedAndTakenBack() throws {
        let loop = try EventLoop()
        let ends = try DescriptorPair.streamSockets()
        let one = Descriptor(owning: ends.0)
        let other = Descriptor(owning: ends.1)
        try loop.add(one.raw, for: .readable, token: 1)
        #expect(try events(of: loop, within: 1).isEmpty)
        try loop.change(one.raw, to: [.readable, .writable], token: 2)
        #expect(
            try events(of: loop) == [Seen(token: 2, readable: false, writable: true, hungUp: false)]
        )
        loop.remove(one.raw)
        #expect(write(other.raw, "x", 1) == 1)
        #expect(try events(of: loop, within: 1).isEmpty)
    }

    @Test func waitingEndsAtTheDeadlineAndNotBefore() throws {
        let loop = try EventLoop()
        let deadline = Clock.monotonicNanoseconds + 5_500_000
        try loop.wait(until: deadline) { _ in Issue.record("nothing was registered") }
        #expect(Clock.monotonicNanoseconds >= deadline)
        // A deadline that has passed does not wait.
        let before = Clock.monotonicNanoseconds
        try loop.wait(until: before - 1) { _ in Issue.record("nothing was registered") }
        #expect(Clock.monotonicNanoseconds - before < 1_000_000_000)
    }

    @Test func whatCannotBeWaitedForIsAnError() throws {
        let loop = try EventLoop()
        #expect(throws: SystemError("epoll_ctl", code: EBADF)) {
            try loop.add(-1, for: .readable, token: 0)
        }
    }
}
