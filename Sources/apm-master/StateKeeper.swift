// Keeps the state file up to date. A disk can take its time: a one-shot child writes, one at a
// time, and what changes meanwhile is written by the next one. A single change is written at once,
// a burst of them a few times; what the disk refuses is written again until it takes it.

import CLinux
import Glibc
import Posix

final class StateKeeper {
    static let name = "state"
    /// What a writer has not given its name yet.
    static let unfinished = "state.new"

    enum Change {
        /// What is defined, or what is to run.
        case wishes
        /// Pids alone.
        case processes
    }

    private let folder: Int32
    private let notes: Notes
    private let reactor: Reactor
    private var lastWriting = Int64.min / 2
    /// When the next writing is due; nil = nothing has changed.
    private var dueAt: Int64?
    private var failures = 0
    private(set) var writer: pid_t = 0

    /// `folder` stays open as long as this lives.
    init(folder: Int32, reactor: Reactor, notes: Notes) {
        self.folder = folder
        self.reactor = reactor
        self.notes = notes
    }

    /// Nobody writes.
    var isIdle: Bool { writer == 0 }

    func changed(_ change: Change) {
        let pause =
            switch change {
            case .wishes: MasterLimits.statePause
            case .processes: MasterLimits.statePauseOfProcesses
            }
        dueAt = min(dueAt ?? .max, lastWriting + pause.nanoseconds)
    }

    /// Once a turn: writes if something has changed and nobody is writing.
    func flush(_ state: () -> SavedState) {
        guard let dueAt, writer == 0 else { return }
        let now = Clock.monotonicNanoseconds
        guard now >= dueAt else {
            return reactor.arm(.stateWrite, after: .nanoseconds(dueAt - now))
        }
        lastWriting = now
        self.dueAt = nil
        let bytes = state().encoded()
        var pidfd: Int32 = -1
        let pid = bytes.withUnsafeBytes {
            apm_spawn_file_writer(folder, Self.name, $0.baseAddress, $0.count, &pidfd)
        }
        guard pid > 0 else { return failed(ErrorText.of(-pid)) }
        close(pidfd)
        writer = pid
    }

    /// A child has ended; false when it was not the writer.
    func childEnded(_ pid: pid_t, failed: Bool) -> Bool {
        guard pid == writer else { return false }
        writer = 0
        if failed {
            self.failed("the disk refuses \(Self.name)")
        } else if failures > 0 {
            failures = 0
            notes.info("what runs is noted again")
        }
        return true
    }

    private func failed(_ reason: String) {
        if failures == 0 { notes.warning("what runs cannot be noted: \(reason); tried again") }
        let pause = MasterLimits.stateRetry * (1 << min(failures, 10))
        failures += 1
        let wait = min(pause, MasterLimits.stateRetryLongest)
        dueAt = Clock.monotonicNanoseconds + wait.nanoseconds
    }

    /// What a dead daemon had noted; nil when there is nothing, or nothing that can be read.
    func load() -> SavedState? {
        _ = unlinkat(folder, Self.unfinished, 0)
        let number = openat(folder, Self.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard number >= 0 else { return nil }
        let file = Descriptor(owning: number)
        var information = stat()
        guard fstat(file.raw, &information) == 0, information.st_uid == geteuid(),
            information.st_mode & S_IFMT == S_IFREG,
            (0...MasterLimits.stateBytes).contains(Int(information.st_size))
        else { return refuse("is not what a daemon writes") }
        var bytes = [UInt8](repeating: 0, count: Int(information.st_size))
        guard read(file.raw, &bytes, bytes.count) == bytes.count else {
            return refuse("cannot be read")
        }
        do {
            return try SavedState.decode(bytes.span.bytes)
        } catch {
            return refuse("is damaged (\(error))")
        }
    }

    private func refuse(_ reason: String) -> SavedState? {
        notes.alert("\(Self.name) \(reason): what ran before is not started again")
        return nil
    }
}
