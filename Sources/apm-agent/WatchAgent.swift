// Watches for one worker until it is ended: waits for the master and the kernel, tells a change
// when nothing has changed for a while, and begins again when it could not go on. With nothing to
// do it sleeps without a deadline.

import Confinement
import Glibc
import Messages
import Posix

struct WatchAgent {
    private let link: MasterLink
    private var watch: FolderWatch?
    private var debounce = Debounce(delayMilliseconds: 0)
    /// When it is begun again; nil: it stands.
    private var retryAt: Int64?
    private var retryDelay = Limits.retryNanoseconds
    private var openedAt: Int64 = 0
    private var standsSince: Int64?
    /// What was told last: so that nothing is told twice.
    private var toldFailure: WatchFailure?
    private var toldFolders: WatchedFolders?
    private var countAt: Int64?

    init(_ link: MasterLink) {
        self.link = link
    }

    /// Gives the exit status.
    mutating func run() -> Int32 {
        while true {
            var ready = [
                pollfd(
                    fd: MasterLink.descriptor,
                    events: Int16(POLLIN) | (link.hasUnsent ? Int16(POLLOUT) : 0), revents: 0),
                // A negative one is left out.
                pollfd(fd: watch?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ready, 2, milliseconds) >= 0 || errno == EINTR else { return 1 }
            link.flush()
            if ready[0].revents != 0, let status = listen() { return status }
            if ready[1].revents != 0 { readEvents() }
            doWhatIsDue(Clock.monotonicNanoseconds)
        }
    }

    private var milliseconds: Int32 {
        guard let next = [debounce.due, retryAt, countAt].compactMap({ $0 }).min() else {
            return -1
        }
        let left = next - Clock.monotonicNanoseconds
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }

    /// The exit status, when this is the end.
    private mutating func listen() -> Int32? {
        switch link.receive() {
        case .none, .message(.hello, _): return nil
        case .closed: return 0
        case .message(.watchFiles(let plan), _) where watch == nil:
            watch = FolderWatch(plan)
            debounce = Debounce(delayMilliseconds: plan.delayMilliseconds)
            open()
            return nil
        case .message: return 1
        case .breach(let reason):
            complain(reason)
            return 1
        }
    }

    private mutating func open() {
        guard let watch else { return }
        let now = Clock.monotonicNanoseconds
        openedAt = now
        retryAt = nil
        do {
            try watch.open()
            standsSince = now
            toldFailure = nil
            tellFolders()
        } catch {
            fail(error)
        }
        noteChange()
    }

    private mutating func fail(_ failure: WatchFailure) {
        if toldFailure?.reason != failure.reason { link.send(.watchFailed(failure)) }
        toldFailure = failure
        toldFolders = nil
        countAt = nil
        let now = Clock.monotonicNanoseconds
        if let since = standsSince, now - since > Limits.steadyNanoseconds {
            retryDelay = Limits.retryNanoseconds
        }
        standsSince = nil
        retryAt = now + retryDelay
        retryDelay = min(retryDelay * 2, Limits.longestRetryNanoseconds)
    }

    private mutating func tellFolders() {
        guard let folders = watch?.folders, folders != toldFolders else { return }
        link.send(.watching(folders))
        toldFolders = folders
        countAt = nil
    }

    private mutating func readEvents() {
        guard let watch else { return }
        do {
            let isLost = try watch.read()
            noteChange()
            if watch.wantsReopening { beginAgain(after: Limits.retryNanoseconds) }
            if isLost { beginAgain(after: Limits.rescanNanoseconds) }
        } catch {
            watch.giveUp()
            noteChange()
            fail(error)
        }
        if retryAt == nil, watch.folders != toldFolders, countAt == nil {
            countAt = Clock.monotonicNanoseconds + Limits.countNanoseconds
        }
    }

    /// Not sooner than so long after the last time, whatever happens.
    private mutating func beginAgain(after pause: Int64) {
        let soon = max(Clock.monotonicNanoseconds, openedAt + pause)
        retryAt = min(retryAt ?? .max, soon)
    }

    private mutating func noteChange() {
        if watch?.notesChange() == true { debounce.changed(at: Clock.monotonicNanoseconds) }
    }

    private mutating func doWhatIsDue(_ now: Int64) {
        if let retryAt, retryAt <= now { open() }
        if let countAt, countAt <= now { tellFolders() }
        if debounce.isDue(at: now), let watch {
            link.send(.fileChanged(watch.lastChange))
        }
    }
}
