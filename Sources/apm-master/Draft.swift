// A worker on its way to its definition: its log files are opened, one after the other, by one-shot
// children. Until then its name is taken and nothing of it runs.

import Control
import EventLoop
import Glibc
import Posix
import Settings

final class Draft {
    let id: UInt32
    /// Nobody: it is one of a dead daemon, which is started again.
    let asker: Asker
    /// False also when whoever asked has left meanwhile.
    var waits: Bool
    /// What is answered to.
    let kind: ControlKind
    /// For a worker that is there; nil: it becomes a new one.
    let update: WorkerUpdate?
    /// Somebody wants it stopped before it was started.
    var isOvertaken = false
    let owner: uid_t
    let group: gid_t
    var settings: WorkerSettings
    /// Which instances are started; nil = all.
    let wanted: [Bool]?
    /// Paths still to be opened.
    var pending: [String]
    /// Log ids by path.
    var opened: [String: UInt32] = [:]
    var opener: LogOpener?
    /// How often a file could not be opened.
    var attempts = 0
    /// uid of its account when it was defined for the first time.
    let accountUid: uid_t?
    var preparation: UInt32?
    /// Where its definition stands; nil: as before.
    let source: WorkerSource?
    /// The configuration that it is a part of.
    var loading: Loading?
    /// Its files are not looked at yet.
    var isQueued = false

    init(
        id: UInt32, asker: Asker, waits: Bool, owner: uid_t, group: gid_t,
        settings: WorkerSettings, wanted: [Bool]? = nil, accountUid: uid_t? = nil,
        kind: ControlKind = .ran, update: WorkerUpdate? = nil,
        source: WorkerSource? = nil
    ) {
        self.source = source
        self.kind = kind
        self.update = update
        self.accountUid = accountUid
        self.id = id
        self.asker = asker
        self.waits = waits
        self.owner = owner
        self.group = group
        self.settings = settings
        self.wanted = wanted
        pending = []
        guard update?.opensLogs ?? true else { return }
        for path in [settings.log, settings.errLog, settings.accessLog]
        where !path.isEmpty && !pending.contains(path) {
            pending.append(path)
        }
    }

    /// Those that it adds.
    var newInstances: Int {
        max(0, Int(settings.instances) - (update?.worker.instances.count ?? 0))
    }
}

extension Supervisor {
    /// Defines and starts several workers together: each sees the names of all of them, whichever
    /// is defined first, and waits for those that it depends on. Checked before.
    func begin(_ batch: [Draft]) {
        for draft in batch { drafts[draft.id] = draft }
        orderChanged(for: Set(batch.map(\.settings.name)))
        for draft in batch { advance(draft) }
    }

    /// Opens the next file of a draft, or turns it into a worker.
    func advance(_ draft: Draft) {
        guard let path = draft.pending.first else { return prepare(draft) }
        do {
            let opener = try LogOpener.start(
                path: path, definer: draft.owner, group: draft.group)
            draft.opener = opener
            try reactor.watch(opener.reply, as: .logOpener(draft.id))
            reactor.arm(.logOpener(draft.id), after: MasterLimits.logOpenDeadline)
        } catch {
            refuse(draft, path: path, .log, error.code)
        }
    }

    /// The opener of a draft has answered.
    func logAnswered(_ id: UInt32) {
        guard let draft = drafts[id], let opener = draft.opener else { return }
        let path = draft.pending[0]
        switch opener.answer() {
        case .notYet: return
        case .failed(let step, let errno):
            closeOpener(of: draft)
            refuse(draft, path: path, step, errno)
        case .opened(let file):
            closeOpener(of: draft)
            guard let log = logs.addLog(path: path, file: file) else {
                return refuse(draft, path: path, .log, ENFILE)
            }
            draft.opened[path] = log
            draft.pending.removeFirst()
            advance(draft)
        }
    }

    func logOpenerTimedOut(_ id: UInt32) {
        guard let draft = drafts[id], draft.opener != nil else { return }
        closeOpener(of: draft, abandoning: true)
        refuse(draft, path: draft.pending[0], .deadline, ETIMEDOUT)
    }

    private func closeOpener(of draft: Draft, abandoning: Bool = false) {
        guard let opener = draft.opener else { return }
        reactor.forget(opener.reply)
        reactor.disarm(.logOpener(draft.id))
        abandoning ? opener.abandon() : opener.finish()
        draft.opener = nil
    }

    /// A draft of a dead daemon is not given up at once: its disk may be on its way.
    private func refuse(
        _ draft: Draft, path: String, _ step: ExitReport.Step, _ errno: Int32
    ) {
        if draft.asker == .nobody, draft.attempts < MasterLimits.restoreAttempts {
            return tryAgainLater(draft, "\(path): \(ErrorText.of(errno))")
        }
        drop(draft)
        if draft.asker == .nobody {
            notes.alert(
                "\(draft.settings.name) is not started again: \(path): \(ErrorText.of(errno))")
        }
        answer(
            draft.asker,
            .refused(Refusal(.logNotOpened, subject: path, value: errno, step: step)), nil)
    }

    private func tryAgainLater(_ draft: Draft, _ reason: String) {
        if draft.attempts == 0 {
            notes.warning("\(draft.settings.name) waits to be started again: \(reason)")
        }
        let pause = MasterLimits.restorePause * (1 << min(draft.attempts, 10))
        draft.attempts += 1
        reactor.arm(.draftRetry(draft.id), after: min(pause, MasterLimits.restorePauseLongest))
    }

    func retryDraft(_ id: UInt32) {
        if let draft = drafts[id] { advance(draft) }
    }

    /// What waits to be started again, of this name.
    func waitingDraft(named name: String) -> Draft? {
        drafts.values.first { $0.asker == .nobody && $0.settings.name == name }
    }

    /// Gives a worker up that waits to be started again; false when there is none of that name.
    func forgetDraft(named name: String) -> Bool {
        guard let draft = waitingDraft(named: name) else { return false }
        closeOpener(of: draft, abandoning: true)
        if let preparation = draft.preparation { preparer.cancel(preparation) }
        drop(draft)
        stateChanged(.wishes)
        return true
    }

    private func drop(_ draft: Draft) {
        reactor.disarm(.draftRetry(draft.id))
        drafts[draft.id] = nil
        knownOrder = nil
        defer { draftLeft(draft) }
        for log in draft.opened.values { logs.removeLog(log) }
    }

    func abandonDrafts() {
        for draft in drafts.values {
            closeOpener(of: draft, abandoning: true)
            if let preparation = draft.preparation { preparer.cancel(preparation) }
            drop(draft)
            answer(draft.asker, .refused(Refusal(.ending)), nil)
        }
    }

    /// Its files are open: whom it runs as, and with which environment, is found out.
    private func prepare(_ draft: Draft) {
        let needs = draft.settings.needPreparation(of: draft.owner)
        guard needs, draft.update?.prepares ?? true else {
            return define(draft, Prepared())
        }
        let preparation = Preparation(
            id: takeId(), settings: draft.settings, owner: draft.owner, group: draft.group,
            accountUid: draft.accountUid
        ) { [unowned self] outcome in
            switch outcome {
            case .ready(let prepared): define(draft, prepared)
            case .refused(let refusal): refuse(draft, refusal)
            }
        }
        draft.preparation = preparation.id
        preparer.begin(preparation)
    }

    /// A new definition is dropped; one that is restored stays, so that it can be started when what
    /// is wrong has been put right.
    private func refuse(_ draft: Draft, _ refusal: Refusal) {
        guard draft.asker == .nobody else {
            drop(draft)
            return answer(draft.asker, .refused(refusal), nil)
        }
        notes.alert("\(draft.settings.name) is not started again: \(refusal.text)")
        define(draft, nil)
    }

    /// What a dead daemon had started may have the address still, but not for long.
    private func refuseAddress(_ draft: Draft, _ refusal: Refusal) {
        if draft.asker == .nobody, refusal.value == EADDRINUSE,
            draft.attempts < MasterLimits.restoreAttempts
        {
            return tryAgainLater(draft, refusal.text)
        }
        refuse(draft, refusal)
    }

    /// Without what its starts need, it is defined and nothing of it is started.
    private func define(_ draft: Draft, _ prepared: Prepared?) {
        if let update = draft.update {
            drafts[draft.id] = nil
            defer { draftLeft(draft) }
            return carryOut(update, draft, prepared ?? Prepared())
        }
        guard let slot = logs.takeWorkerSlot() else {
            drop(draft)
            let refusal = Refusal(
                .limitReached, subject: "workers", value: Int32(MasterLimits.workers))
            return answer(draft.asker, .refused(refusal), nil)
        }
        // The draft's own number: who waits for whom stays as it is.
        let worker = Worker(
            id: draft.id, owner: draft.owner, group: draft.group, settings: draft.settings,
            recentSlot: slot, logs: draft.opened,
            accountUid: draft.accountUid ?? prepared?.identity?.uid)
        worker.prepared = prepared
        worker.source = draft.source ?? WorkerSource()
        let starts =
            prepared != nil && !draft.isOvertaken && draft.wanted?.contains(true) != false
        if starts, let refusal = proxy.open(worker, as: worker.settings) {
            logs.give(workerSlot: slot)
            return refuseAddress(draft, refusal)
        }
        drafts[draft.id] = nil
        defer { draftLeft(draft) }
        add(worker)
        renewWatch(of: worker)
        guard prepared != nil else { return }
        let concerned = worker.instances.filter { draft.wanted?[Int($0.number) - 1] ?? true }
        if draft.isOvertaken { return tell(draft.asker, draft.kind, .overtaken, concerned) }
        // A copy of what rests.
        if concerned.isEmpty { return tell(draft.asker, draft.kind, .done, []) }
        start(concerned, asker: draft.asker, waits: draft.waits, kind: draft.kind)
    }
}
