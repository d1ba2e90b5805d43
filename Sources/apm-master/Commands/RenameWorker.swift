// rename: another name for a worker. Its processes, its logs and its recent lines stay; new lines
// have the new name where no prefix was set.

import Control
import Settings

extension Supervisor {
    func rename(_ command: RenameCommand, asker: Asker) {
        guard let worker = changeable(command.name, asker) else { return }
        if let problem = WorkerName.problem(command.newName) {
            let refusal = Refusal(.badSetting, subject: "name \(problem)")
            return answer(asker, .refused(refusal), nil)
        }
        let outcome = Outcome(result: .done, instances: UInt16(worker.instances.count))
        guard command.newName != command.name else {
            return tell(asker, .renamed, .already, worker.instances)
        }
        guard !isTaken(command.newName) else {
            let refusal = Refusal(.nameTaken, subject: command.newName)
            return answer(asker, .refused(refusal), nil)
        }
        rename(worker, to: command.newName)
        runner.restyle(worker)
        notes.info("\(command.name) is called \(command.newName) now")
        answer(asker, .outcome(.renamed, outcome), nil)
    }

    /// The worker of this name, where it can be changed; answers and gives nil where not.
    func changeable(_ name: String, _ asker: Asker) -> Worker? {
        guard let worker = find(Selection(name: name), asker)?.first?.worker else { return nil }
        var refusal: Refusal?
        if isEnding {
            refusal = Refusal(.ending)
        } else if worker.isBeingRemoved {
            refusal = Refusal(.beingRemoved, subject: name)
        }
        guard let refusal else { return worker }
        answer(asker, .refused(refusal), nil)
        return nil
    }
}
