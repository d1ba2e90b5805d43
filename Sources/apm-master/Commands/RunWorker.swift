// run: a new definition, checked as a stranger's, and its start.

import Control
import Glibc
import Messages
import Settings

extension Supervisor {
    func run(_ command: RunCommand, asker: Asker, peer: Peer) {
        if let refusal = refusal(for: command.settings) {
            return answer(asker, .refused(refusal), nil)
        }
        let draft = Draft(
            id: takeId(), asker: asker, waits: command.waits, owner: peer.uid, group: peer.gid,
            settings: command.settings)
        drafts[draft.id] = draft
        advance(draft)
    }

    func refusal(for settings: WorkerSettings) -> Refusal? {
        if isEnding { return Refusal(.ending) }
        if let problem = settings.problem() {
            return Refusal(.badSetting, subject: "\(problem.key) \(problem.text)")
        }
        let isTaken =
            worker(named: settings.name) != nil
            || drafts.values.contains { $0.settings.name == settings.name }
        if isTaken { return Refusal(.nameTaken, subject: settings.name) }
        let drafted = drafts.values.reduce(0) { $0 + Int($1.settings.instances) }
        let others = instanceCount + logs.retiringInstances + drafted
        if others + Int(settings.instances) > MasterLimits.instances {
            return Refusal(
                .limitReached, subject: "instances", value: Int32(MasterLimits.instances))
        }
        if workers.count + drafts.count >= MasterLimits.workers {
            return Refusal(.limitReached, subject: "workers", value: Int32(MasterLimits.workers))
        }
        return nil
    }
}
