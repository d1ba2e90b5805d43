// auto_reload and watch_conf: when a file changes that configuration depends on, it is read again
// and carried out as `reload` would, by nobody's order. While it is under way, however many changes
// make one more.

import Control
import Glibc
import Messages
import Settings

extension Supervisor {
    /// The file of the watch that a file belongs to: those of the folder beside the main
    /// configuration are read with it.
    func watchedFile(_ file: String) -> String {
        file.hasPrefix(configuration + ".d/") ? configuration : file
    }

    /// Something that decides what is watched has changed.
    func configWatchesChanged() {
        let isNeeded =
            daemonSettings.autoReload || !configWatches.isEmpty
            || workers.contains { $0.settings.watchConf }
        if isNeeded, !isEnding { reactor.arm(.configWatches, after: .zero) }
    }

    /// Brings all watches to where they should be, and begins what is due.
    func renewConfigWatches() {
        guard !isEnding else { return }
        let concerned = workers.filter { worker in
            !worker.isBeingRemoved && !worker.source.file.isEmpty
                && (daemonSettings.autoReload || worker.settings.watchConf)
        }
        let groups = Dictionary(grouping: concerned) { watchedFile($0.source.file) }
        for (file, workers) in groups where configWatches[file] == nil && !isUnderWay(file) {
            watchAgain(file, workers)
        }
        for watch in configWatches.values {
            let workers = groups[watch.file] ?? []
            renew(watch, workers)
            begin(watch, workers)
        }
        dropNeedless(Set(groups.keys))
    }

    /// Of a daemon that died: nobody knows what its file includes, or has become.
    private func watchAgain(_ file: String, _ workers: [Worker]) {
        guard let first = workers.first(where: { $0.source.file == file }) ?? workers.first else {
            return
        }
        let watch = ConfigWatch(
            file: file, id: takeId(), reader: ConfigReader(uid: first.owner, gid: first.group),
            environment: first.settings.baseEnvironment)
        watch.cause = .unseen
        configWatches[file] = watch
    }

    /// Files without workers are forgotten when there are too many.
    private func dropNeedless(_ needed: Set<String>) {
        guard configWatches.count > MasterLimits.configWatches else { return }
        let inUse = Set(workers.map { watchedFile($0.source.file) }).union(needed)
        for file in configWatches.keys where !inUse.contains(file) && file != configuration {
            forgetConfigWatch(of: file)
        }
    }

    func forgetConfigWatch(of file: String) {
        guard let watch = configWatches.removeValue(forKey: file) else { return }
        watches.stop(watch.id)
    }

    // MARK: watching

    private func renew(_ watch: ConfigWatch, _ workers: [Worker]) {
        guard daemonSettings.autoReload || !workers.isEmpty else {
            if watch.request != nil { watches.stop(watch.id) }
            watch.request = nil
            watch.cause = nil
            return
        }
        let plan =
            daemonSettings.autoReload
            ? watch.plan(mainFolder: watch.file == configuration ? configuration + ".d" : nil)
            : ConfigWatch.plan(workers.flatMap { [$0.source.file, $0.source.blockFile] })
        let uid = watch.reader.uid
        let request = WatchRequest(
            plan: plan,
            identity: daemonUid != 0 ? nil : uid == 0 ? .root : watch.reader.identity,
            owner: uid)
        guard request != watch.request else { return }
        watch.request = request
        watches.watch(
            watch.id, request, name: { "config \(watch.file)" },
            changed: { [unowned self] path in note(.changed(path), watch) },
            mayHaveChanged: { [unowned self] in note(.unseen, watch) })
    }

    private func note(_ cause: ConfigCause, _ watch: ConfigWatch) {
        watch.note(cause)
        configWatchesChanged()
    }

    // MARK: reading again

    private func isUnderWay(_ file: String) -> Bool {
        loadings.values.contains { watchedFile($0.file) == file }
            || drafts.values.contains { $0.source.map { watchedFile($0.file) } == file }
    }

    private func begin(_ watch: ConfigWatch, _ workers: [Worker]) {
        guard let cause = watch.cause, !isUnderWay(watch.file) else { return }
        watch.cause = nil
        let reader = watch.reader
        let loading = Loading(
            id: takeId(), asker: .nobody,
            peer: Peer(pid: getpid(), uid: reader.uid, gid: reader.gid, groups: reader.groups),
            job: .reload(forces: false, isDry: false), kind: .reloaded, waits: false,
            environment: watch.environment, file: watch.file,
            isMain: watch.file == configuration,
            names: daemonSettings.autoReload ? nil : Set(workers.map(\.settings.name)),
            cause: cause)
        begin(loading) {
            guard daemonUid == 0, reader.uid != 0 else {
                let own = ConfigReader(uid: daemonUid, gid: getegid())
                return read(watch.file, as: own, for: loading, isMain: loading.isMain)
            }
            readAsOwner(reader.uid, watch.file, for: loading)
        }
    }

    /// What a reading depended on is watched from now on. Of a file that could not be read it is
    /// known no better than before.
    func noteTraces(of loading: Loading) {
        guard !loading.isDry else { return }
        for (file, traces) in loading.traces {
            let key = watchedFile(file)
            guard let watch = configWatches[key] ?? newWatch(key, file, loading) else { continue }
            let reader = loading.sources[file] ?? watch.parts[file]?.reader ?? watch.reader
            if !loading.sources.keys.contains(file), traces.files.isEmpty { continue }
            watch.parts[file] = (reader, traces)
            guard file == key, let reader = loading.sources[file] else { continue }
            watch.reader = reader
            if loading.cause == nil, loading.names == nil {
                watch.environment = loading.environment
            }
        }
        guard loading.isMain, loading.failedFiles.isEmpty else { return }
        let watch = configWatches[configuration]
        for file in watch?.parts.keys.filter({ loading.traces[$0] == nil }) ?? [] {
            watch?.parts[file] = nil
        }
    }

    /// For a file that was read as a whole.
    private func newWatch(_ key: String, _ file: String, _ loading: Loading) -> ConfigWatch? {
        guard loading.names == nil, let reader = loading.sources[file] else { return nil }
        let isMain = key == configuration
        let watch = ConfigWatch(
            file: key, id: takeId(),
            reader: isMain ? ConfigReader(uid: daemonUid, gid: getegid()) : reader,
            environment: loading.environment)
        configWatches[key] = watch
        return watch
    }

    // MARK: the main configuration

    /// Whether a worker is from the main configuration, in one of its files.
    func isOfMain(_ worker: Worker, _ loading: Loading) -> Bool {
        loading.isMain && !worker.source.file.isEmpty
            && watchedFile(worker.source.file) == configuration
    }

    /// A main file that is gone says nothing, and nobody has asked to end its workers.
    func isMissing(_ loading: Loading) -> Bool {
        guard loading.cause != nil, loading.isMain, loading.sources[loading.file] == nil,
            workers.contains(where: { $0.source.file == loading.file })
        else { return false }
        loading.report.refusedFiles += 1
        loading.report.messages.append(
            ConfigMessage(
                .error, file: loading.file, "is not there any more",
                now: "put it back, or: apm unload \(loading.file)"))
        return true
    }
}
