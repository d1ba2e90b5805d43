// Lines for the daemon's own log. Clients and workers cause them, so only some go out in a second;
// how many did not is said when there is room again.

import Confinement
import Messages

final class Notes {
    private let link: MasterLink
    private var left = Limits.notesBurst
    private var countedAt: Int64 = 0
    private var suppressed = 0

    init(link: MasterLink) {
        self.link = link
    }

    /// The text is made only where it is sent.
    func note(_ level: NoteLevel, at now: Int64, _ text: @autoclosure () -> String) {
        left = min(
            Limits.notesBurst, left + Double(max(0, now - countedAt)) / 1e9 * Limits.notesRate)
        countedAt = now
        guard left >= 1 else {
            suppressed += 1
            return
        }
        left -= 1
        if suppressed > 0 {
            send(.warning, "\(suppressed) lines were left out here: there were too many at once")
            suppressed = 0
        }
        send(level, text())
    }

    /// Who does not read has more to do than to look at notes.
    private func send(_ level: NoteLevel, _ text: String) {
        guard !link.hasUnsent else { return }
        link.send(.proxyNoted(level, String(text.unicodeScalars.prefix(500))))
    }
}
