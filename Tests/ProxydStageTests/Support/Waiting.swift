// Waiting with an end: nothing in these tests blocks for ever, and none sleeps to wait for an
// event.

import Glibc
import Posix

/// What did not come in time, or came in its place.
struct StageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A point in time.
struct Deadline {
    private let end: Int64

    /// From now on.
    init(milliseconds: Int) {
        end = Clock.monotonicNanoseconds + Int64(milliseconds) * 1_000_000
    }

    /// Long enough for whatever is expected at all, on a busy machine.
    static var patient: Deadline { Deadline(milliseconds: 15_000) }

    var millisecondsLeft: Int32 {
        Int32(clamping: (end - Clock.monotonicNanoseconds + 999_999) / 1_000_000)
    }

    var hasPassed: Bool { millisecondsLeft <= 0 }
}

enum Wait {
    /// False when the time has passed first.
    static func readable(_ descriptor: Int32, _ deadline: Deadline) -> Bool {
        ready(descriptor, POLLIN, deadline)
    }

    static func writable(_ descriptor: Int32, _ deadline: Deadline) -> Bool {
        ready(descriptor, POLLOUT, deadline)
    }

    private static func ready(_ descriptor: Int32, _ events: Int32, _ deadline: Deadline) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&entry, 1, max(0, deadline.millisecondsLeft))
            if count > 0 { return true }
            if count == 0 || errno != EINTR { return false }
        }
    }

    /// Asks again and again, for what tells nobody when it changes: figures in shared memory.
    static func until(
        _ deadline: Deadline = .patient, _ condition: () throws -> Bool
    ) rethrows -> Bool {
        while true {
            if try condition() { return true }
            if deadline.hasPassed { return false }
            usleep(1000)
        }
    }
}

/// Milliseconds since it was made.
struct Stopwatch {
    private let start = Clock.monotonicNanoseconds
    var milliseconds: Int { Int((Clock.monotonicNanoseconds - start) / 1_000_000) }
}

extension Sequence where Element == UInt8 {
    var text: String { String(decoding: Array(self), as: UTF8.self) }
}
