// load, reload, boot: a file is read by an agent that runs as whoever asked, or as whom the file
// belongs to. No byte of it comes here: what comes are plans, checked like a stranger's.

import Control
import Glibc
import Messages
import Posix
import Settings

extension Supervisor {
    func load(_ command: LoadCommand, asker: Asker, peer: Peer) {
        let loading = Loading(
            id: takeId(), asker: asker, peer: peer, job: .load(startsResting: true),
            kind: .loaded, waits: command.waits, environment: command.environment,
            file: command.file)
        begin(loading) { read(command.file, as: reader(of: peer), for: loading) }
    }

    func boot(_ command: BootCommand, asker: Asker, peer: Peer) {
        boot(
            environment: command.environment, waits: command.waits, asker: asker, peer: peer,
            startsResting: true)
    }

    /// Of a daemon that starts: what somebody had stopped before it died stays so.
    func bootItself(environment: [String]) {
        let peer = Peer(pid: getpid(), uid: daemonUid, gid: getegid())
        boot(
            environment: environment, waits: false, asker: .nobody, peer: peer,
            startsResting: false)
    }

    private func boot(
        environment: [String], waits: Bool, asker: Asker, peer: Peer, startsResting: Bool
    ) {
        let loading = Loading(
            id: takeId(), asker: asker, peer: peer, job: .load(startsResting: startsResting),
            kind: .booted, waits: waits, environment: environment, file: configuration,
            isMain: true)
        // Root reads a user's own like that user would.
        let reader = ConfigReader(uid: daemonUid, gid: getegid())
        begin(loading) { read(configuration, as: reader, for: loading, isMain: true) }
    }

    func reload(_ command: ReloadCommand, asker: Asker, peer: Peer) {
        let job = Loading.Job.reload(forces: command.forces, isDry: command.isDry)
        guard command.file.isEmpty else {
            let loading = Loading(
                id: takeId(), asker: asker, peer: peer, job: job, kind: .reloaded,
                waits: command.waits, environment: command.environment, file: command.file)
            return begin(loading) { read(command.file, as: reader(of: peer), for: loading) }
        }
        guard let worker = changeable(command.name, asker) else { return }
        guard !worker.source.file.isEmpty else {
            return answer(asker, .refused(Refusal(.noSource, subject: command.name)), nil)
        }
        let loading = Loading(
            id: takeId(), asker: asker, peer: peer, job: job, kind: .reloaded,
            waits: command.waits, environment: worker.settings.baseEnvironment,
            file: worker.source.file, names: [command.name])
        begin(loading) {
            // Whoever asks: the file is its owner's to read.
            guard daemonUid == 0, worker.owner != 0, worker.owner != peer.uid else {
                let own = worker.owner == peer.uid ? reader(of: peer) : reader(ofUid: daemonUid)
                return read(loading.file, as: own, for: loading)
            }
            readAsOwner(worker.owner, loading.file, for: loading)
        }
    }

    func reader(of peer: Peer) -> ConfigReader {
        peer.uid == 0
            ? reader(ofUid: daemonUid)
            : ConfigReader(uid: peer.uid, gid: peer.gid, groups: peer.groups)
    }

    private func reader(ofUid uid: uid_t) -> ConfigReader { ConfigReader(uid: uid, gid: uid) }

    func begin(_ loading: Loading, _ start: () -> Void) {
        let path = loading.file
        var refusal: Refusal?
        if isEnding {
            refusal = Refusal(.ending)
        } else if !path.hasPrefix("/") {
            refusal = Refusal(.badSetting, subject: "the file is not an absolute path")
        } else if loading.asker != .nobody {
            refusal = loadingRefusal(loading.peer.uid)
        }
        if let refusal { return answer(loading.asker, .refused(refusal), nil) }
        loadings[loading.id] = loading
        start()
    }

    // MARK: reading

    func read(
        _ path: String, as reader: ConfigReader, for loading: Loading, isMain: Bool = false
    ) {
        let request = ConfigRequest(
            path: path, checksOwners: daemonUid == 0, isMain: isMain,
            settles: loading.cause != nil, environment: loading.environment)
        let task = AgentTask(
            job: .config, identity: daemonUid == 0 ? reader.identity : nil,
            questions: [(.readConfig(request), nil)], deadline: MasterLimits.configDeadline
        ) { [unowned self] outcome in
            haveRead(request, as: reader, outcome, for: loading)
        }
        ask(task, for: loading)
    }

    private func ask(_ task: AgentTask, for loading: Loading) {
        let id = takeId()
        loading.readings.insert(id)
        let done = task.done
        let counted = AgentTask(
            job: task.job, identity: task.identity, questions: task.questions,
            deadline: task.deadline
        ) { [unowned self] outcome in
            loading.readings.remove(id)
            guard loadings[loading.id] != nil else { return }
            done(outcome)
            if loading.readings.isEmpty { carryOut(loading) }
        }
        agents.run(id, counted)
    }

    private func haveRead(
        _ request: ConfigRequest, as reader: ConfigReader, _ outcome: AgentOutcome,
        for loading: Loading
    ) {
        guard case .answered(let pieces) = outcome,
            let answer = ConfigAnswer(pieces, to: request)
        else {
            let isLate = if case .late = outcome { true } else { false }
            let refusal = Refusal(
                .configUnread, subject: request.path, value: isLate ? ETIMEDOUT : 0)
            return fail(refusal, request.path, for: loading)
        }
        keep(answer.messages, as: reader, for: loading)
        loading.traces.merge(answer.traces) { $1 }
        loading.daemon.merge(answer.daemon) { $1 }
        loading.refusedNames.formUnion(answer.sources.flatMap(\.refused))
        for source in answer.sources { note(source, as: reader, for: loading) }
        loading.planned += answer.workers.filter { loading.sources[$0.source.file] != nil }
            .map { Loading.Planned(worker: $0, reader: reader) }
    }

    /// What a file holds is told to who may read it.
    func keep(
        _ messages: [ConfigMessage], as reader: ConfigReader, for loading: Loading
    ) {
        let uid = loading.peer.uid
        if uid == 0 || uid == daemonUid || uid == reader.uid {
            loading.report.messages += messages
        } else {
            loading.report.messagesLeft &+= UInt32(messages.count)
        }
    }

    private func note(_ source: SourceReport, as reader: ConfigReader, for loading: Loading) {
        switch source.result {
        case .read: loading.sources[source.file] = reader
        case .broken:
            loading.failedFiles.insert(source.file)
            loading.report.refusedFiles += 1
        case .notRead:
            let refusal = Refusal(.configNotRead, subject: source.file, value: source.value)
            fail(refusal, source.file, for: loading)
        case .open:
            fail(Refusal(.configOpen, subject: source.subject), source.file, for: loading)
        case .belongs:
            let owner = uid_t(bitPattern: source.value)
            // Root may have it read as whom it belongs to; nobody else may become somebody else.
            guard reader.uid == 0, owner != 0 else {
                let refusal = Refusal(
                    .configForeign, subject: source.file, value: source.value)
                return fail(refusal, source.file, for: loading)
            }
            readAsOwner(owner, source.file, for: loading)
        }
    }

    /// By an agent of that user, with the groups that the account has.
    func readAsOwner(_ owner: uid_t, _ path: String, for loading: Loading) {
        let task = AgentTask(
            job: .account, identity: nil, questions: [(.resolveUid(owner), nil)]
        ) { [unowned self] outcome in
            guard case .answered(let answers) = outcome,
                case .uidResolved(let answer)? = answers.first, answer.result == .found,
                case .success(let identity) = Identity.checked(answer, for: owner)
            else {
                let refusal = Refusal(
                    .configForeign, subject: path, value: Int32(bitPattern: owner))
                return fail(refusal, path, for: loading)
            }
            let reader = ConfigReader(
                uid: identity.uid, gid: identity.gid, groups: identity.groups)
            read(path, as: reader, for: loading)
        }
        ask(task, for: loading)
    }

    /// Of a main configuration one file alone is told; else it is all that was asked for.
    private func fail(_ refusal: Refusal, _ path: String, for loading: Loading) {
        loading.failedFiles.insert(path)
        guard loading.isMain else {
            loading.refusal = refusal
            return
        }
        loading.report.refusedFiles += 1
        loading.report.messages.append(
            ConfigMessage(
                .error, file: path, "is not loaded: \(refusal.text)",
                now: "put this right, then: apm boot"))
    }

    /// The daemon ends.
    func abandonLoadings() {
        for loading in loadings.values {
            for reading in loading.readings { agents.cancel(reading) }
            loading.steps = []
            reactor.disarm(.loadStep(loading.id))
            answer(loading.asker, .refused(Refusal(.ending)), nil)
        }
        loadings = [:]
        loadRows = [:]
    }
}
