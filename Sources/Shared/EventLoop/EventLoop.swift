// epoll, level-triggered, one thread. A source is registered with a token that its owner chose; the
// owner switches over the tokens of the ready ones.

import CLinux
import Glibc
import Posix

/// What a descriptor is waited for.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let readable = Interest(rawValue: EPOLLIN.rawValue)
    public static let writable = Interest(rawValue: EPOLLOUT.rawValue)
    /// A kernel file has changed (cgroup.events).
    public static let priority = Interest(rawValue: EPOLLPRI.rawValue)
    /// Nothing but errors and hang-ups, which always come.
    public static let none: Interest = []
    /// Both directions, told when something changes and not for as long as it is so: whoever asks
    /// for it remembers what it was told.
    public static let edges = Interest(
        rawValue: EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue)
}

public struct ReadyEvent: Sendable {
    public let token: UInt64
    public let isReadable: Bool
    public let isWritable: Bool
    /// The peer is gone or the descriptor is broken.
    public let isHungUp: Bool
    /// The peer will send no more; told to those who asked for `edges`.
    public let isHalfClosed: Bool
}

public struct EventLoop: ~Copyable {
    private let epoll: Descriptor
    private let room: UnsafeMutablePointer<epoll_event>
    private let eventsAtOnce: Int

    public init(eventsAtOnce: Int = 64) throws(SystemError) {
        let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1", code: errno) }
        epoll = Descriptor(owning: descriptor)
        room = .allocate(capacity: eventsAtOnce)
        self.eventsAtOnce = eventsAtOnce
    }

    deinit {
        room.deallocate()
    }

    public func add(_ descriptor: Int32, for interest: Interest, token: UInt64) throws(SystemError)
    {
        try control(EPOLL_CTL_ADD, descriptor, interest, token)
    }

    public func change(
        _ descriptor: Int32, to interest: Interest, token: UInt64
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, interest, token)
    }

    /// Before the descriptor is closed: a duplicate elsewhere would keep the registration alive.
    public func remove(_ descriptor: Int32) {
        _ = epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, nil)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data(u64: token))
        guard epoll_ctl(epoll.raw, operation, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl", code: errno)
        }
    }

    /// Waits until something is ready or `deadline` (monotonic nanoseconds; nil = for ever) has
    /// come, and hands over each ready event.
    public func wait(
        until deadline: Int64?, _ body: (ReadyEvent) -> Void
    ) throws(SystemError) {
        let count = epoll_wait(
            epoll.raw, room, Int32(eventsAtOnce), Self.milliseconds(until: deadline))
        if count < 0 {
            guard errno == EINTR else { throw SystemError("epoll_wait", code: errno) }
            return
        }
        for index in 0..<Int(count) {
            let event = room[index]
            body(
                ReadyEvent(
                    token: event.data.u64,
                    isReadable: event.events & (EPOLLIN.rawValue | EPOLLPRI.rawValue) != 0,
                    isWritable: event.events & EPOLLOUT.rawValue != 0,
                    isHungUp: event.events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0,
                    isHalfClosed: event.events & EPOLLRDHUP.rawValue != 0))
        }
    }

    /// Rounded up, so that nobody wakes before the deadline only to sleep again.
    private static func milliseconds(until deadline: Int64?) -> Int32 {
        guard let deadline else { return -1 }
        let left = deadline - Clock.monotonicNanoseconds
        guard left > 0 else { return 0 }
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }
}
