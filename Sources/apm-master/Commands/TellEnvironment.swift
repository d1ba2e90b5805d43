// env: what the program of an instance was given; where none runs, what the next one gets.

import Control
import Glibc
import Messages

extension Supervisor {
    func environment(_ selection: Selection, asker: Asker) {
        guard let instance = find(selection, asker)?.first else { return }
        let worker = instance.worker
        guard
            let entries = instance.process?.environment
                ?? worker.prepared.map({ runner.environment(of: instance, $0) })
        else {
            let refusal = Refusal(.environmentUnknown, subject: selection.name)
            return answer(asker, .refused(refusal), nil)
        }
        let bytes = entries.reduce(2) { $0 + $1.utf8.count + 2 }
        guard bytes <= MessageLimits.planBytes, entries.count <= ControlLimits.environment else {
            let refusal = Refusal(.environmentUnknown, subject: selection.name, value: E2BIG)
            return answer(asker, .refused(refusal), nil)
        }
        answer(asker, .environmentTold(entries), nil)
    }
}
