// Keeps the state file up to date. A disk can take its time: a one-shot child writes, one at a
// time, and what changes meanwhile is written by the next one. A single change is written at once,
// a burst of them a few times.

import CLinux
import Glibc
import Posix

final class StateKeeper {
    static let name = "state"

    private let folder: Int32
    private let notes: Notes
    private let reactor: Reactor
    private var notBefore: Int64 = 0
    private var hasChanged = false
    private(set) var writer: pid_t = 0

    /// `folder` stays open as long as this lives.
    init(folder: Int32, reactor: Reactor, notes: Notes) {
        self.folder = folder
        self.reactor = reactor
        self.notes = notes
    }

    /// Nobody writes.
    var isIdle: Bool { writer == 0 }

    func changed() { hasChanged = true }

    /// Once a turn: writes if something has changed and nobody is writing.
    func flush(_ state: () -> SavedState) {
        guard hasChanged, writer == 0 else { return }
        let now = Clock.monotonicNanoseconds
        guard now >= notBefore else {
            return reactor.arm(.stateWrite, after: .nanoseconds(notBefore - now))
        }
        notBefore = now + MasterLimits.statePause.nanoseconds
        hasChanged = false
        let bytes = state().encoded()
        var pidfd: Int32 = -1
        let pid = bytes.withUnsafeBytes {
            apm_spawn_file_writer(folder, Self.name, $0.baseAddress, $0.count, &pidfd)
        }
        guard pid > 0 else {
            return notes.alert("what runs cannot be noted: \(ErrorText.of(-pid))")
        }
        close(pidfd)
        writer = pid
    }

    /// A child has ended; false when it was not the writer.
    func childEnded(_ pid: pid_t, failed: Bool) -> Bool {
        guard pid == writer else { return false }
        writer = 0
        if failed { notes.warning("what runs could not be noted: the disk refuses \(Self.name)") }
        return true
    }

    /// What a dead daemon had noted; nil when there is nothing, or nothing that can be read.
    func load() -> SavedState? {
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
