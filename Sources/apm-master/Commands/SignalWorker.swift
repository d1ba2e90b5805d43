// A signal by hand: to the program of each instance that is meant, by pidfd. It is no stop: what it
// ends, the restart policy judges like any end that nobody asked apm for.

import Control
import Glibc
import Settings

extension Supervisor {
    func signal(_ command: SignalCommand, asker: Asker) {
        guard let concerned = find(command.selection, asker) else { return }
        let name = command.selection.name
        var reached = 0
        var refused: Int32?
        for instance in concerned {
            guard let process = instance.process, process.isExecuted else { continue }
            switch SignalInstance.deliver(Int32(command.signal), to: process.pidfd.raw) {
            case 0: reached += 1
            case ESRCH: continue  // It has ended, and is about to be reaped.
            case let code: refused = code
            }
        }
        if let refused {
            return answer(
                asker, .refused(Refusal(.signalRefused, subject: name, value: refused)), nil)
        }
        guard reached > 0 else {
            return answer(asker, .refused(Refusal(.notRunning, subject: name)), nil)
        }
        notes.info("\(name) got \(SignalName.text(command.signal)), instances: \(reached)")
        let outcome = Outcome(result: .done, instances: UInt16(reached))
        answer(asker, .outcome(.signalled, outcome), nil)
    }
}
