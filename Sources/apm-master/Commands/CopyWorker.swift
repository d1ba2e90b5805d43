// copy: a second worker with the definition and the owner of one that there is. It is started if
// that one runs, and rests if not. Log files that are named are shared.

import Control
import Settings

extension Supervisor {
    func copy(_ command: CopyCommand, asker: Asker) {
        guard let worker = changeable(command.name, asker) else { return }
        var settings = worker.settings
        settings.name = command.newName
        if let refusal = refusal(for: settings, owner: worker.owner) ?? draftRefusal(worker.owner) {
            return answer(asker, .refused(refusal), nil)
        }
        let runs = worker.instances.contains { $0.state.isWanted }
        let draft = Draft(
            id: takeId(), asker: asker, waits: command.waits, owner: worker.owner,
            group: worker.group, settings: settings,
            wanted: [Bool](repeating: runs, count: Int(settings.instances)),
            accountUid: worker.accountUid, kind: .copied)
        begin([draft])
    }
}
