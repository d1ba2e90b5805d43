// Ctrl-C while apm waits. SIGINT becomes readable instead of deadly, so that apm can say what goes
// on without it.

import CLinux
import Glibc

final class Interrupts {
    /// -1 when signals cannot be had so: then Ctrl-C just ends apm.
    private let signals: Int32

    /// From now on Ctrl-C shows in `wait`.
    init() {
        signals = max(-1, apm_signal_descriptor())
        // Only SIGINT is of interest; the others shall do what they always do.
        var others = sigset_t()
        sigemptyset(&others)
        sigaddset(&others, SIGTERM)
        sigaddset(&others, SIGHUP)
        sigaddset(&others, SIGCHLD)
        sigprocmask(SIG_UNBLOCK, &others, nil)
    }

    deinit {
        if signals >= 0 { close(signals) }
    }

    enum Event {
        case ready
        case interrupted
        /// `other` was closed at its far end.
        case otherClosed
        /// The time is over.
        case nothing
    }

    /// Waits until `descriptor` is readable, Ctrl-C comes, nobody reads `other` any more, or the
    /// time is over; -1 milliseconds never are.
    func wait(
        for descriptor: Int32, watching other: Int32 = -1, atMost milliseconds: Int32 = -1
    ) -> Event {
        var ready: [Int] = []
        return wait(
            forAny: [descriptor], ready: &ready, watching: other, atMost: milliseconds)
    }

    /// The same for several descriptors; gives the places of those that are readable.
    func wait(
        forAny descriptors: [Int32], ready: inout [Int], watching other: Int32 = -1,
        atMost milliseconds: Int32 = -1
    ) -> Event {
        var entries = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: 0, revents: 0),
        ]
        entries += descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let count = poll(&entries, nfds_t(entries.count), milliseconds)
            if count < 0, errno == EINTR { continue }
            if count == 0 { return .nothing }
            if entries[0].revents != 0 { return .interrupted }
            ready = descriptors.indices.filter { entries[$0 + 2].revents != 0 }
            return ready.isEmpty ? .otherClosed : .ready
        }
    }
}
