// Watches of files: for each of them an agent that runs as whoever may see the files, is started
// again when it ends, and is believed in nothing but that something has changed.

import Control
import EventLoop
import Glibc
import Messages
import Posix

/// What is watched, as whom and for whom.
struct WatchRequest: Equatable {
    let plan: WatchPlan
    /// nil: as the daemon.
    let identity: Identity?
    let owner: uid_t
}

final class FileWatch {
    let id: UInt32
    let request: WatchRequest
    /// As notes call it.
    let name: () -> String
    /// Hears of each change, by a path that is fit to be shown.
    let changed: (String) -> Void
    /// Hears when it begins or fails: what happened before that was not seen.
    let mayHaveChanged: () -> Void
    /// Of its agent; nil: it has none at the moment.
    fileprivate(set) var agent: UInt32?
    fileprivate(set) var report = WatchReport.starting
    fileprivate var startedAt: Int64 = 0
    fileprivate var delay = MasterLimits.watchDelay

    fileprivate init(
        _ id: UInt32, _ request: WatchRequest, name: @escaping () -> String,
        changed: @escaping (String) -> Void, mayHaveChanged: @escaping () -> Void
    ) {
        self.mayHaveChanged = mayHaveChanged
        self.id = id
        self.request = request
        self.name = name
        self.changed = changed
    }
}

final class FileWatches {
    private let agents: Agents
    private let reactor: Reactor
    private let notes: Notes
    /// Gives numbers for agents.
    var takeId: () -> UInt32 = { 0 }
    private var watches: [UInt32: FileWatch] = [:]

    init(agents: Agents, reactor: Reactor, notes: Notes) {
        self.agents = agents
        self.reactor = reactor
        self.notes = notes
    }

    func report(of id: UInt32) -> WatchReport { watches[id]?.report ?? .off }

    /// Watches this from now on, and nothing else by that number. `refusal`: why not.
    func watch(
        _ id: UInt32, _ request: WatchRequest, refusal: WatchFailure.Reason? = nil,
        name: @escaping () -> String, changed: @escaping (String) -> Void,
        mayHaveChanged: @escaping () -> Void = {}
    ) {
        if let known = watches[id], known.request == request, known.agent != nil, refusal == nil {
            return
        }
        stop(id)
        let watch = FileWatch(
            id, request, name: name, changed: changed, mayHaveChanged: mayHaveChanged)
        let reason = refusal ?? (hasPlace(for: request.owner) ? nil : .noPlace)
        watches[id] = watch
        if let reason { fail(watch, WatchFailure(reason)) } else { start(watch) }
    }

    func stop(_ id: UInt32) {
        reactor.disarm(.watchBegin(id))
        guard let watch = watches.removeValue(forKey: id), let agent = watch.agent else { return }
        agents.cancel(agent)
    }

    /// At the daemon's end.
    func stopAll() {
        for id in watches.keys { stop(id) }
    }

    /// A watch whose agent ended has waited long enough.
    func begin(_ id: UInt32) {
        if let watch = watches[id], watch.agent == nil { start(watch) }
    }

    private func hasPlace(for owner: uid_t) -> Bool {
        let owners = watches.values.map { (owner: $0.request.owner, places: 1) }
        return Quota.exceeded(
            by: 1, of: MasterLimits.watches, TableUse(owners, for: owner), uid: owner,
            daemonUid: geteuid()) == nil
    }

    private func start(_ watch: FileWatch) {
        let agent = takeId()
        watch.agent = agent
        watch.startedAt = Clock.monotonicNanoseconds
        agents.run(
            agent,
            AgentTask(
                job: .watch, identity: watch.request.identity,
                questions: [(.watchFiles(watch.request.plan), nil)],
                done: { [unowned self] _ in ended(watch) },
                hears: { [unowned self] message in hear(message, watch) }))
    }

    private func hear(_ message: Message, _ watch: FileWatch) {
        switch message {
        case .fileChanged(let path): watch.changed(path.text)
        case .watching(let folders): stands(watch, folders)
        case .watchFailed(let failure):
            fail(watch, failure)
            watch.mayHaveChanged()
        default: break  // Nothing else comes.
        }
    }

    private func stands(_ watch: FileWatch, _ folders: WatchedFolders) {
        var before: WatchedFolders?
        if case .watching(let known) = watch.report { before = known }
        watch.report = .watching(folders)
        let name = watch.name()
        if before == nil { watch.mayHaveChanged() }
        if before == nil { notes.info("\(name): watching, folders: \(folders.count)") }
        if folders.skipped > 0, (before?.skipped ?? 0) == 0 {
            notes.warning(
                "\(name): \(folders.firstSkipped.text) is not watched: "
                    + ErrorText.of(folders.errno))
        }
    }

    private func fail(_ watch: FileWatch, _ failure: WatchFailure) {
        watch.report = .failed(failure)
        let words = failure.words
        let kernel = failure.needsErrno ? ": " + ErrorText.of(failure.errno) : ""
        notes.warning(
            "\(watch.name()): its files are not watched: \(words.problem)\(kernel); \(words.now)")
    }

    /// Its agent has ended, or is ended because it told what it may not.
    private func ended(_ watch: FileWatch) {
        guard watches[watch.id] === watch else { return }
        watch.agent = nil
        let lived = Clock.monotonicNanoseconds - watch.startedAt
        if lived > MasterLimits.watchYouth.nanoseconds { watch.delay = MasterLimits.watchDelay }
        fail(watch, WatchFailure(.agentEnded))
        reactor.arm(.watchBegin(watch.id), after: watch.delay)
        watch.delay = min(watch.delay * 2, MasterLimits.watchDelayLongest)
    }
}
