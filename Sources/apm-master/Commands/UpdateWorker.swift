// update: other settings for a worker that is there. All of it is looked at first: values, places,
// log files, account, environment file, limits of what runs. Then it is done as a whole, or refused
// and nothing has changed.

import Bytes
import Control
import Glibc
import Messages
import Settings

/// What a draft is for when its worker is there already.
struct WorkerUpdate {
    let worker: Worker
    let changed: SettingKeys
    let values: WorkerSettings
    let restarts: Bool
    /// Restarts also where no changed setting needs it.
    var forces = false

    /// Other log files are opened.
    var opensLogs: Bool { !changed.isDisjoint(with: [.log, .errLog, .accessLog]) }
    /// What runs does so with other settings, or with frames where it had none.
    var needsRestart: Bool {
        !changed.isDisjoint(with: .needingRestart)
            || values.isConnected != worker.settings.isConnected
    }
    /// Something is started with it, now or later, that the account and the file matter to.
    var prepares: Bool {
        needsRestart || Int(values.instances) > worker.instances.count
    }
}

extension Supervisor {
    func update(_ command: UpdateCommand, asker: Asker) {
        guard let worker = changeable(command.name, asker) else { return }
        let settings = worker.settings.taking(command.changed, from: command.settings)
        let changed = settings.differences(from: worker.settings)
        guard !changed.isEmpty else {
            return tell(asker, .updated, .already, worker.instances)
        }
        if let refusal = refusal(for: settings, of: worker) {
            return answer(asker, .refused(refusal), nil)
        }
        let update = WorkerUpdate(
            worker: worker, changed: changed, values: settings, restarts: command.restarts)
        let draft = Draft(
            id: takeId(), asker: asker, waits: command.waits, owner: worker.owner,
            group: worker.group, settings: settings,
            accountUid: changed.contains(.user) ? nil : worker.accountUid, kind: .updated,
            update: update)
        drafts[draft.id] = draft
        advance(draft)
    }

    /// Why a worker may not have these settings; nil when nothing is against it.
    func refusal(for settings: WorkerSettings, of worker: Worker) -> Refusal? {
        if drafts.values.contains(where: { $0.update?.worker === worker }) {
            return Refusal(.beingUpdated, subject: worker.settings.name)
        }
        if let problem = settings.problem() {
            return Refusal(.badSetting, subject: "\(problem.key) \(problem.text)")
        }
        if let refusal = sizeRefusal(of: settings) { return refusal }
        let more = Int(settings.instances) - worker.instances.count
        return (more > 0 ? instanceRefusal(more, owner: worker.owner) : nil)
            ?? draftRefusal(worker.owner)
    }

    func sizeRefusal(of settings: WorkerSettings) -> Refusal? {
        var writer = ByteWriter()
        settings.write(to: &writer)
        // What `info` tells of it goes the same way, with the instances.
        guard writer.bytes.count > MessageLimits.planBytes - MasterLimits.infoBytes else {
            return nil
        }
        return Refusal(
            .badSetting, subject: "params and the environment are together more than 1 MB")
    }

    /// Everything is there that it needs. Its name may have changed meanwhile, nothing else.
    func carryOut(_ update: WorkerUpdate, _ draft: Draft, _ prepared: Prepared) {
        let worker = update.worker
        let settings = worker.settings.taking(update.changed, from: update.values)
        if let refusal = obstacle(to: settings, of: worker) {
            for log in draft.opened.values { logs.removeLog(log) }
            return answer(draft.asker, .refused(refusal), nil)
        }
        let wasUp = worker.instances.contains { $0.state.isWanted }
        let wasAlone = worker.settings.instances == 1
        let needsRestart = update.needsRestart
        worker.settings = settings
        if let source = draft.source { worker.source = source }
        worker.revision += 1
        if update.opensLogs {
            let before = worker.openedLogs
            worker.take(logs: draft.opened)
            logs.replace(logs: before, by: worker.openedLogs, ofWorker: worker.recentSlot)
        }
        if update.prepares {
            worker.prepared = prepared
            worker.accountUid = draft.accountUid ?? prepared.identity?.uid
        }
        proxy.settle(worker)
        renewWatch(of: worker)
        let leaving = shrink(worker)
        let restarts = update.restarts && (update.forces || needsRestart)
        let restarting =
            restarts
            ? worker.instances.filter {
                // What has failed is tried again with other settings.
                $0.state.isWanted || $0.state == .errored || worker.hasStoppedRoll($0)
            } : []
        let made = grow(worker)
        if !update.changed.isDisjoint(with: .style) || wasAlone != (settings.instances == 1) {
            runner.restyle(worker)
        }
        stateChanged(.wishes)
        let keys = update.changed.names.joined(separator: ", ")
        notes.info("\(settings.name) updated: \(keys)")
        feed.tell(.updated, worker, about: keys)
        if update.changed.contains(.dependsOn) { orderChanged(for: [settings.name]) }
        _ = cancelStarts(of: leaving, of: worker)
        if !update.changed.isDisjoint(with: [.rollingDelay, .startupGrace]) {
            rearmRoll(of: worker)
        }
        move(worker, draft, (restarting, wasUp ? made : [], leaving))
        if held[worker.id] != nil { armDependencies(of: worker) }
        releaseHeld()
    }

    private func obstacle(to settings: WorkerSettings, of worker: Worker) -> Refusal? {
        if worker.isBeingRemoved { return Refusal(.beingRemoved, subject: settings.name) }
        if !worker.isStopped, let refusal = proxy.open(worker, as: settings) { return refusal }
        guard let refused = runner.changeLimits(of: worker, to: settings) else { return nil }
        proxy.settle(worker)
        return Refusal(.limitNotSet, subject: refused.file, value: refused.errno)
    }

    /// Brings the instances to where the new settings want them.
    private func move(
        _ worker: Worker, _ draft: Draft,
        _ concerned: (restarting: [Instance], made: [Instance], leaving: [Instance])
    ) {
        let asker = draft.asker
        let starting = concerned.restarting + concerned.made
        let goals = [concerned.restarting, concerned.made, concerned.leaving]
            .filter { !$0.isEmpty }
        let group = WaitGroup(instances: starting.count, waits: goals.count)
        if draft.waits {
            wait(asker, .updated, .running, concerned.made, group: group)
            wait(asker, .updated, .resting, concerned.leaving, group: group)
        }
        for instance in concerned.leaving { apply(.stop, to: instance) }
        renew(concerned.restarting, of: worker) { roll in
            guard draft.waits else { return }
            wait(asker, .updated, .running, concerned.restarting, group: group, roll: roll)
        }
        bringUp(concerned.made, of: worker)
        if draft.waits, !goals.isEmpty {
            arm(asker, for: worker)
        } else {
            tell(asker, .updated, goals.isEmpty ? .done : .begun, starting)
        }
        settle(worker)
    }
}
