// A configuration that was read is carried out: removals first, then changes, then new workers, all
// known to each other before the first is started. Each worker is refused or goes on alone.

import Control
import Messages
import Settings

extension Supervisor {
    /// All of it is read.
    func carryOut(_ loading: Loading) {
        noteTraces(of: loading)
        // It was switched off while this was being read.
        if loading.cause != nil, loading.names == nil, !daemonSettings.autoReload {
            loadings[loading.id] = nil
            return
        }
        if let refusal = loading.refusal {
            loadings[loading.id] = nil
            if let cause = loading.cause { tellRefused(loading, refusal, cause) }
            configWatchesChanged()
            if loading.isOwnBoot { bootIsOver() }
            return answer(loading.asker, .refused(refusal), nil)
        }
        takeDaemonSettings(of: loading)
        switch loading.job {
        case .load(let startsResting): plan(loading, startsResting: startsResting)
        case .reload: planReload(loading)
        case .unload: break
        }
        tellRefused(loading)
        loading.steps.reverse()
        step(loading)
    }

    /// Those that the reader of the file refuses; its messages say why.
    private func tellRefused(_ loading: Loading) {
        let told = Set(loading.report.rows.map(\.name))
        for name in loading.refusedNames.sorted() where !told.contains(name) {
            guard loading.concerns(name) else { continue }
            loading.report.rows.append(LoadRow(name: name, .refuse))
        }
    }

    // MARK: load

    private func plan(_ loading: Loading, startsResting: Bool) {
        var batch: [Draft] = []
        var seen: Set<String> = []
        for planned in loading.planned {
            let name = planned.worker.settings.name
            guard seen.insert(name).inserted else {
                refuse(name, Refusal(.nameTaken, subject: name), loading)
                continue
            }
            if let worker = worker(named: name) {
                meet(worker, planned.worker, loading, startsResting: startsResting)
            } else if drafts.values.contains(where: { $0.settings.name == name }) {
                loading.report.rows.append(LoadRow(name: name, .skip))
            } else if let draft = draft(planned, loading) {
                batch.append(draft)
            }
        }
        begin(batch, of: loading)
    }

    /// load: a worker of that name is there.
    private func meet(
        _ worker: Worker, _ planned: PlannedWorker, _ loading: Loading, startsResting: Bool
    ) {
        let name = worker.settings.name
        let runs = worker.instances.contains { $0.state.isWanted }
        let isOfFile = worker.isOf(planned.source)
        if worker.isBeingRemoved {
            return refuse(name, Refusal(.beingRemoved, subject: name), loading)
        }
        var changed = SettingKeys()
        if isOfFile {
            var wanted = planned.settings
            wanted.baseEnvironment = worker.settings.baseEnvironment
            if wanted != worker.settings { changed = wanted.differences(from: worker.settings) }
        }
        guard isOfFile || runs else {
            return refuse(name, Refusal(.nameTaken, subject: name), loading)
        }
        guard !runs, startsResting else {
            loading.report.rows.append(LoadRow(name: name, .skip, changed: changed))
            return
        }
        let asker = open(LoadRow(name: name, .start, changed: changed), loading)
        loading.steps.append { [unowned self] in
            let request = StartRequest(
                kind: .started, concerned: worker.instances, asker: asker, waits: loading.waits)
            begin(request, of: worker)
        }
    }

    // MARK: reload

    private func planReload(_ loading: Loading) {
        let isBroken = loading.report.refusedFiles > 0
        guard !isBroken, !isMissing(loading) else { return }
        let names = Set(loading.planned.map(\.worker.settings.name))
        let blocks = Dictionary(
            loading.planned.map { ($0.worker.settings.name, $0.worker.source) },
            uniquingKeysWith: { first, _ in first })
        let concerned = workers.filter { worker in
            guard !worker.isBeingRemoved else { return false }
            if worker.isOf(file: loading.file) || isOfMain(worker, loading) { return true }
            return blocks[worker.settings.name].map(worker.isOf) ?? false
        }
        let diff = PlanDiff(
            from: concerned.map {
                PlanDiff.Current(name: $0.settings.name, settings: $0.settings)
            },
            to: loading.planned.map(\.worker), refused: loading.refusedNames)
        let readers = Dictionary(
            loading.planned.map { ($0.worker.settings.name, $0.reader) },
            uniquingKeysWith: { first, _ in first })
        for name in (loading.names ?? []).sorted()
        where !names.contains(name) && !loading.refusedNames.contains(name) {
            refuse(name, Refusal(.notInSource, subject: name), loading)
        }
        perform(diff, readers, loading)
    }

    private func perform(
        _ diff: PlanDiff, _ readers: [String: ConfigReader], _ loading: Loading
    ) {
        var batch: [Draft] = []
        var leaving: [Worker] = []
        for entry in diff.entries where loading.concerns(entry.name) {
            let worker = worker(named: entry.name)
            switch entry.deed {
            case .ignore:
                refuse(entry.name, Refusal(.nameTaken, subject: entry.name), loading)
            case .start(let planned):
                guard let reader = readers[entry.name] else { continue }
                let whole = Loading.Planned(worker: planned, reader: reader)
                if let draft = draft(whole, loading) { batch.append(draft) }
            case .keep(let planned):
                guard let worker else { continue }
                keep(worker, planned, loading)
            case .update(let planned, let keys):
                guard let worker else { continue }
                update(worker, planned, keys, loading)
            case .remove:
                // One that was named is told as missing.
                guard let worker, loading.names == nil else { continue }
                leaving.append(worker)
            }
        }
        remove(leaving, loading)
        begin(batch, of: loading)
    }

    private func keep(_ worker: Worker, _ planned: PlannedWorker, _ loading: Loading) {
        let name = worker.settings.name
        let running = worker.instances.filter(\.state.isWanted)
        if !loading.isDry, worker.source != planned.source {
            worker.source = planned.source
            stateChanged(.wishes)
        }
        guard loading.forces, !running.isEmpty else {
            loading.report.rows.append(LoadRow(name: name, .keep))
            return
        }
        let asker = open(LoadRow(name: name, .restart), loading)
        loading.steps.append { [unowned self] in
            let request = StartRequest(
                kind: .restarted, concerned: running, asker: asker, waits: loading.waits)
            begin(request, of: worker)
        }
    }

    private func update(
        _ worker: Worker, _ planned: PlannedWorker, _ keys: SettingKeys, _ loading: Loading
    ) {
        let name = worker.settings.name
        guard isOwner(loading, of: worker, by: planned.source.file) else {
            return refuse(name, foreign(worker), loading)
        }
        let settings = worker.settings.taking(keys, from: planned.settings)
        if let refusal = refusal(for: settings, of: worker) {
            return refuse(name, refusal, loading, changed: keys)
        }
        let asker = open(LoadRow(name: name, .update, changed: keys), loading)
        loading.steps.append { [unowned self] in
            // Others may have changed it since it was looked at.
            guard let refusal = refusal(for: settings, of: worker) else {
                return change(worker, planned, keys, settings, asker, loading)
            }
            answer(asker, .refused(refusal), nil)
        }
    }

    private func change(
        _ worker: Worker, _ planned: PlannedWorker, _ keys: SettingKeys,
        _ settings: WorkerSettings, _ asker: Asker, _ loading: Loading
    ) {
        let update = WorkerUpdate(
            worker: worker, changed: keys, values: settings, restarts: true,
            forces: loading.forces)
        let draft = Draft(
            id: takeId(), asker: asker, waits: loading.waits, owner: worker.owner,
            group: worker.group, settings: settings,
            accountUid: keys.contains(.user) ? nil : worker.accountUid, kind: .updated,
            update: update, source: planned.source)
        draft.loading = loading
        loading.drafts.insert(draft.id)
        drafts[draft.id] = draft
        advance(draft)
    }

    // MARK: steps

    /// A new worker, its name and places taken; nil: it is refused, and told so.
    private func draft(_ planned: Loading.Planned, _ loading: Loading) -> Draft? {
        var settings = planned.worker.settings
        settings.baseEnvironment = loading.environment
        let owner = planned.reader.uid
        let refusal = refusal(for: settings, owner: owner) ?? sizeRefusal(of: settings)
        if let refusal {
            refuse(settings.name, refusal, loading)
            return nil
        }
        let asker = open(LoadRow(name: settings.name, .start), loading)
        let draft = Draft(
            id: takeId(), asker: asker, waits: loading.waits, owner: owner,
            group: planned.reader.gid, settings: settings, kind: .started,
            source: planned.worker.source)
        draft.isQueued = true
        draft.loading = loading
        if !loading.isDry { drafts[draft.id] = draft }
        return draft
    }

    /// New workers: all are known before the first is looked at.
    private func begin(_ batch: [Draft], of loading: Loading) {
        guard !batch.isEmpty, !loading.isDry else { return }
        orderChanged(for: Set(batch.map(\.settings.name)))
        for draft in batch {
            loading.steps.append { [unowned self] in
                guard drafts[draft.id] != nil else { return }
                draft.isQueued = false
                loading.drafts.insert(draft.id)
                advance(draft)
            }
        }
    }

    /// Goes on with the next turn of the loop, or is done.
    func step(_ loading: Loading) {
        let isBegun = loading.steps.isEmpty && loading.removals == nil
        guard !loading.isDry, !isBegun else {
            if loading.isDry || loading.openRows == 0 { finish(loading) }
            return
        }
        guard loading.drafts.count < MasterLimits.loadingDrafts else { return }
        reactor.arm(.loadStep(loading.id), after: .zero)
    }

    /// Begins as much as one turn may: each start makes a process, and those of the turn before
    /// want to be heard.
    func stepIsDue(_ id: UInt32) {
        guard let loading = loadings[id], removalsAreOver(loading) else { return }
        for _ in 0..<MasterLimits.loadStepsPerTurn {
            guard loading.drafts.count < MasterLimits.loadingDrafts,
                let next = loading.steps.popLast()
            else { break }
            next()
        }
        step(loading)
    }

    /// A draft was defined or dropped: the next one may be looked at.
    func draftLeft(_ draft: Draft) {
        if draft.source != nil { configWatchesChanged() }
        guard let loading = draft.loading else { return }
        loading.drafts.remove(draft.id)
        if loadings[loading.id] != nil { step(loading) }
    }

    func refuse(
        _ name: String, _ refusal: Refusal, _ loading: Loading, changed: SettingKeys = SettingKeys()
    ) {
        loading.report.rows.append(
            LoadRow(name: name, .refuse, changed: changed, refusal: refusal))
    }

    /// A row whose outcome is to come; gives whom it is answered to.
    func open(_ row: LoadRow, _ loading: Loading, leaver: UInt32? = nil) -> Asker {
        loading.report.rows.append(row)
        let request = takeId()
        guard !loading.isDry else { return Asker(client: 0, request: request) }
        loading.openRows += 1
        loadRows[request] = LoadPlace(
            loading: loading, row: loading.report.rows.count - 1, leaver: leaver)
        return Asker(client: Asker.nobody.client, request: request)
    }

    /// What became of one of them.
    func take(_ reply: Reply, _ request: UInt32) {
        guard let place = loadRows.removeValue(forKey: request) else { return }
        let loading = place.loading
        switch reply {
        case .outcome(_, let outcome): loading.report.rows[place.row].outcome = outcome
        case .refused(let refusal):
            loading.report.rows[place.row].deed = .refuse
            loading.report.rows[place.row].refusal = refusal
        default: break
        }
        loading.openRows -= 1
        if let leaver = place.leaver { loading.removals?.leave(leaver) }
        step(loading)
    }

    private func finish(_ loading: Loading) {
        guard loadings.removeValue(forKey: loading.id) != nil else { return }
        let report = loading.report.within(
            messageBytes: MasterLimits.reportMessageBytes,
            rowBytes: MasterLimits.reportRowBytes)
        if !loading.isDry { tellLog(report, loading) }
        configWatchesChanged()
        if loading.isOwnBoot { bootIsOver() }
        answer(loading.asker, .loaded(loading.kind, report), nil)
    }
}
