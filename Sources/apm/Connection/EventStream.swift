// Events as they come, until Ctrl-C, until nobody reads them, or until the daemon ends.

import Control
import Glibc
import Posix

struct EventStream {
    let session: Session
    let isJSON: Bool
    /// Of its log, after an error.
    let lines: UInt16

    /// Returns after Ctrl-C, or when nobody reads what it prints.
    func follow(_ selections: [Selection]) throws(Failure) -> ExitValue {
        let interrupts = Interrupts()
        let connection = try session.reach()
        let first = try connection.askAbout(.events(EventsCommand(selections: selections)))
        guard case .happened = first.reply else { return .failed }
        while true {
            switch interrupts.wait(for: connection.socket.raw, watching: STDOUT_FILENO) {
            case .ready: break
            case .nothing: continue
            case .interrupted: return .interrupted
            case .otherClosed: return .ok
            }
            while let answer = try connection.collect() {
                guard case .happened(let events) = answer.reply else { continue }
                for event in events { try show(event) }
            }
        }
    }

    private func show(_ event: Happening) throws(Failure) {
        let console = session.console
        guard !isJSON else { return try console.print(JSON(event).line) }
        var text = EventReport.text(event, colours: console.colours) + "\n"
        // A connection that waits for its first error would be dropped meanwhile.
        if lines > 0, EventReport.isError(event), let logs = (try? session.find()) ?? nil {
            let last = LogStream.recent(
                of: Selection(name: event.name, instance: event.instance), lines, over: logs)
            text += OutcomeReport.quoted(last, toTerminal: console.outputIsTerminal)
        }
        try console.print(text)
    }
}
