// The daemon's own log. Lines go to apm-logd, which stamps and writes them; while it is away they
// wait here, bounded, and what did not fit is counted and told.

import Messages

final class Notes {
    private var waiting: [(NoteLevel, String)] = []
    private var skipped = 0
    /// Lines lost since the start of the daemon.
    private(set) var lost: UInt32 = 0
    /// Takes a line when apm-logd can; false = not now.
    var deliver: ((NoteLevel, String) -> Bool)?

    var areWaiting: Bool { !waiting.isEmpty }

    func info(_ text: String) { add(.info, text) }
    func warning(_ text: String) { add(.warning, text) }
    func alert(_ text: String) { add(.alert, text) }

    /// Hands over what waits.
    func flush() {
        guard let deliver, !waiting.isEmpty else { return }
        var done = 0
        while done < waiting.count, deliver(waiting[done].0, waiting[done].1) { done += 1 }
        waiting.removeFirst(done)
        if waiting.isEmpty, skipped > 0 {
            let text = "\(skipped) lines of this log are lost: apm-logd was away"
            skipped = 0
            add(.warning, text)
        }
    }

    func add(_ level: NoteLevel, _ text: String) {
        let line = Self.cut(text, to: MessageLimits.noteBytes)
        if waiting.isEmpty, let deliver, deliver(level, line) { return }
        guard waiting.count < MasterLimits.notes else {
            skipped += 1
            lost.countUp()
            return
        }
        waiting.append((level, line))
    }

    /// Within so many bytes, at a character's edge.
    static func cut(_ text: String, to bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var short = text.prefix(bytes / 4)
        while short.utf8.count > bytes { short.removeLast() }
        return String(short)
    }
}
