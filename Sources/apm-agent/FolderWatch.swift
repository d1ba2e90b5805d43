// Watches folders with inotify: adds a watch before it looks into a folder, so that nothing is
// missed between, and leaves ignored folders out before they cost a watch. Symbolic links are not
// followed, but for the folder that was named. What counts is a change of contents or names: a
// file closed after writing, made, removed or renamed; not reading, and not rights or times.

import CLinux
import Glibc
import Messages
import Patterns
import Posix

final class FolderWatch {
    private let plan: WatchPlan
    private let rules: FileRules
    /// Of `files`: what counts.
    private let files: WatchedFiles
    /// Folders of files that may not be looked into.
    private var denied: Set<[UInt8]> = []
    private var watcher: Descriptor?
    private var tree = FolderTree()
    /// What is waited for in a folder: this name in it concerns that root.
    private struct Awaited {
        let name: [UInt8]
        let root: [UInt8]
    }

    /// Watches of folders in which something is waited for.
    private var sentinels: [Int32: [Awaited]] = [:]
    /// Watches of the folders that were named, where they are there.
    private var roots: [[UInt8]: Int32] = [:]
    /// Roots of which nobody knows what has changed since they were seen last, or that were not
    /// there: what is found in them counts as changed.
    private var uncertain: Set<[UInt8]> = []
    /// The kernel could not keep all that it had to tell.
    private var isIncomplete = false
    private(set) var skipped = WatchedFolders(count: 0)
    /// What changed last and counts.
    private var changed: [UInt8] = [] {
        didSet { hasNew = true }
    }
    private var hasNew = false
    /// Something in the way of the watch has changed: it is to be begun again.
    private(set) var wantsReopening = false
    /// Whether files that are found count as changed.
    private var countsFound = false
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(Limits.eventBytes, Limits.entryBytes), alignment: 16)

    private static let contents = UInt32(
        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
    private static let own = UInt32(IN_DELETE_SELF | IN_MOVE_SELF)
    private static let appearing = UInt32(IN_CREATE | IN_MOVED_TO) | own
    /// Others' watches of the same folder, here as sentinel and as part of the tree, stay.
    private static let added = UInt32(IN_MASK_ADD)
    static let slash = UInt8(ascii: "/")

    init(_ plan: WatchPlan) {
        self.plan = plan
        rules = FileRules(wanted: plan.wanted, ignored: plan.ignored, folder: plan.folder)
        files = WatchedFiles(plan)
    }

    deinit {
        room.deallocate()
    }

    var descriptor: Int32? { watcher.number }

    var folders: WatchedFolders {
        var folders = skipped
        folders.count = UInt32(tree.count)
        return folders
    }

    /// Whether something that counts has changed since this was asked last.
    func notesChange() -> Bool {
        defer { hasNew = false }
        return hasNew
    }

    /// What has changed last.
    var lastChange: ShownPath {
        ShownPath(plan.mode == .files ? changed[...] : rules.shown(changed))
    }

    // MARK: begin

    /// Begins, or begins again. Of files alone, the folders that are watched stay so.
    func open() throws(WatchFailure) {
        wantsReopening = false
        if plan.mode == .tree || isIncomplete { close() }
        if watcher == nil { try begin() }
        do {
            try enterAll()
        } catch {
            // What waits for a folder to appear goes on; else nothing is kept that others lack.
            if error.reason != .folderMissing { close() }
            throw error
        }
    }

    private func begin() throws(WatchFailure) {
        isIncomplete = false
        denied = []
        skipped = WatchedFolders(count: 0)
        let number = apm_watcher()
        guard number >= 0 else {
            throw WatchFailure(
                number == -EMFILE ? .instanceLimit : .failed, errno: -number, path: shownFolder)
        }
        watcher = Descriptor(owning: number)
    }

    /// Gives up in the middle: what changes until it is begun again will count.
    func giveUp() {
        uncertain.formUnion(roots.keys)
        close()
    }

    private func close() {
        watcher = nil
        tree = FolderTree()
        sentinels = [:]
        roots = [:]
    }

    private var shownFolder: ShownPath { ShownPath(plan.folder.utf8) }

    private func enterAll() throws(WatchFailure) {
        switch plan.mode {
        case .tree:
            let folder = Self.trimmed(Array(plan.folder.utf8))
            if rules.ignoresFolder(folder) {
                throw WatchFailure(.allIgnored, path: ShownPath(folder))
            }
            try enter(folder)
        case .files:
            var failure: WatchFailure?
            for folder in files.folders where roots[folder] == nil {
                do { try enterFolderOfFiles(folder) } catch {
                    switch error.reason {
                    case .folderMissing, .notPermitted: failure = failure ?? error
                    default: throw error
                    }
                }
            }
            // One that is there is enough: the others are waited for.
            if let failure, roots.isEmpty { throw failure }
        }
    }

    private func enterFolderOfFiles(_ folder: [UInt8]) throws(WatchFailure) {
        do {
            try enter(folder)
        } catch {
            switch error.reason {
            // It may have come before anybody waited for it.
            case .folderMissing: try enter(folder)
            case .notPermitted:
                if denied.insert(folder).inserted { skip(folder, error.errno) }
                throw error
            default: throw error
            }
        }
    }

    private func enter(_ root: [UInt8]) throws(WatchFailure) {
        let watch = add(root, Self.contents | Self.own | Self.added, follows: true)
        switch -watch {
        case ...0:
            tree.addRoot(watch, path: root)
            roots[root] = watch
            watchLink(root)
            countsFound = uncertain.contains(root)
            try look(into: watch)
            uncertain.remove(root)
        case ENOENT, ENOTDIR:
            uncertain.insert(root)
            awaitFolder(root)
            throw WatchFailure(.folderMissing, errno: -watch, path: ShownPath(root))
        default: throw failure(-watch, root)
        }
    }

    private func failure(_ errno: Int32, _ path: [UInt8]) -> WatchFailure {
        let reason: WatchFailure.Reason =
            switch errno {
            case ENOSPC: .watchLimit
            case EMFILE: .instanceLimit
            case EACCES, EPERM: .notPermitted
            default: .failed
            }
        return WatchFailure(reason, errno: errno, path: ShownPath(path))
    }

    /// A link in the place of the folder can be set to another one, which the folder itself does
    /// not notice.
    private func watchLink(_ root: [UInt8]) {
        let watch = add(root, Self.contents | Self.own | Self.added, follows: false)
        // It is the folder itself.
        guard watch < 0 else { return }
        watchAppearance(in: Self.parent(of: root), of: Self.name(of: root), for: root)
    }

    /// In the nearest folder above that is there.
    private func awaitFolder(_ root: [UInt8]) {
        var path = root
        while path != [Self.slash] {
            let name = Self.name(of: path)
            path = Self.parent(of: path)
            if watchAppearance(in: path, of: name, for: root) { return }
        }
    }

    @discardableResult
    private func watchAppearance(
        in folder: [UInt8], of name: [UInt8], for root: [UInt8]
    ) -> Bool {
        let watch = add(folder, Self.appearing | Self.added, follows: true)
        guard watch >= 0 else { return false }
        let isKnown = sentinels[watch, default: []].contains { $0.root == root && $0.name == name }
        if !isKnown { sentinels[watch, default: []].append(Awaited(name: name, root: root)) }
        return true
    }

    private func add(_ path: [UInt8], _ events: UInt32, follows: Bool) -> Int32 {
        guard let watcher = watcher.number, path.count < Limits.pathBytes else {
            return -ENAMETOOLONG
        }
        return Self.withCPath(path) { apm_watch_folder(watcher, $0, events, follows) }
    }

    // MARK: look

    /// Watches all below a watched folder.
    private func look(into first: Int32) throws(WatchFailure) {
        var waiting = [first]
        var looks = 0
        while let watch = waiting.popLast() {
            looks += 1
            // Mounts can make more of few folders; the end is the same.
            guard looks <= Limits.folders, tree.count <= Limits.folders else {
                throw WatchFailure(.tooManyFolders, path: shownFolder)
            }
            guard let path = tree.path(of: watch) else { continue }
            try eachEntry(of: path, follows: tree.isRoot(watch)) { entry throws(WatchFailure) in
                if let found = try take(entry, in: watch, path) { waiting.append(found) }
            }
        }
    }

    private func eachEntry(
        of path: [UInt8], follows: Bool,
        _ body: (FolderEntry) throws(WatchFailure) -> Void
    ) throws(WatchFailure) {
        let number = Self.withCPath(path) { apm_open_folder($0, follows) }
        guard number >= 0 else {
            // Gone or replaced since: its event comes.
            if ![ENOENT, ENOTDIR, ELOOP].contains(-number) { skip(path, -number) }
            return
        }
        let folder = Descriptor(owning: number)
        while true {
            let count = apm_read_folder(folder.raw, room.baseAddress, Limits.entryBytes)
            guard count > 0 else {
                if count < 0, count != -Int(ENOENT) { skip(path, Int32(-count)) }
                return
            }
            let bytes = UnsafeRawBufferPointer(rebasing: room[0..<count])
            for entry in FolderEntry.list(in: bytes.bytes) { try body(entry) }
        }
    }

    /// An entry of a folder; gives the watch of a folder that is to be looked into.
    private func take(
        _ entry: FolderEntry, in parent: Int32, _ folder: [UInt8]
    ) throws(WatchFailure) -> Int32? {
        let path = Self.joined(folder, entry.name)
        if entry.kind != .file, plan.mode == .tree {
            switch try enter(entry.name, in: parent, path) {
            case .entered(let watch): return watch
            case .leftOut: return nil
            case .noFolder: break
            }
        }
        if countsFound, entry.kind != .folder || plan.mode == .files { consider(path) }
        return nil
    }

    private enum Entering {
        case entered(Int32)
        case leftOut
        case noFolder
    }

    private func enter(
        _ name: [UInt8], in parent: Int32, _ path: [UInt8]
    ) throws(WatchFailure) -> Entering {
        if rules.ignoresFolder(path) { return .leftOut }
        let watch = add(path, Self.contents | Self.added, follows: false)
        switch -watch {
        case ...0: return tree.add(watch, named: name, in: parent) ? .entered(watch) : .leftOut
        case ENOENT: return .leftOut
        case ENOTDIR, ELOOP: return .noFolder
        case EACCES, EPERM, ENAMETOOLONG:
            skip(path, -watch)
            return .leftOut
        default: throw failure(-watch, path)
        }
    }

    private func skip(_ path: [UInt8], _ errno: Int32) {
        if skipped.skipped == 0 {
            skipped.errno = errno
            skipped.firstSkipped = ShownPath(rules.shown(path))
        }
        skipped.skipped += 1
    }

    private func consider(_ path: [UInt8]) {
        let counts = plan.mode == .files ? files.has(path) : rules.wantsFile(path)
        if counts { changed = path }
    }

    // MARK: events

    /// Takes what the kernel has to tell. `isLost`: it could not keep all of it.
    func read() throws(WatchFailure) -> Bool {
        guard let watcher = watcher.number else { return false }
        let count = Glibc.read(watcher, room.baseAddress, Limits.eventBytes)
        guard count > 0 else { return false }
        let bytes = UnsafeRawBufferPointer(rebasing: room[0..<count])
        var isLost = false
        // The room is used again when a new folder is looked into.
        for event in FolderEvent.list(in: bytes.bytes) {
            if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                isLost = true
                isIncomplete = true
                changed = Array(plan.folder.utf8)
            } else {
                try take(event)
            }
        }
        return isLost
    }

    private func take(_ event: FolderEvent) throws(WatchFailure) {
        let mask = event.mask
        let isGone = mask & (UInt32(IN_IGNORED | IN_UNMOUNT) | Self.own) != 0
        for awaited in sentinels[event.watch] ?? [] where isGone || awaited.name == event.name {
            lose(awaited.root)
        }
        if mask & UInt32(IN_IGNORED) != 0 { sentinels[event.watch] = nil }
        guard tree.contains(event.watch) else { return }
        if isGone {
            if tree.isRoot(event.watch), let root = tree.path(of: event.watch) { lose(root) }
            if mask & UInt32(IN_IGNORED) != 0 { forget(event.watch) }
            return
        }
        guard !event.name.isEmpty, let folder = tree.path(of: event.watch) else { return }
        let path = Self.joined(folder, event.name)
        // Of files, a folder may have the name of one, or of a part of its path.
        if mask & UInt32(IN_ISDIR) == 0 || plan.mode == .files { return consider(path) }
        try takeFolder(mask, path, event)
    }

    /// Another folder may be in its place, or soon will.
    private func lose(_ root: [UInt8]) {
        wantsReopening = true
        uncertain.insert(root)
        if let watch = roots.removeValue(forKey: root) { forget(watch) }
    }

    /// A folder was made, removed or renamed.
    private func takeFolder(
        _ mask: UInt32, _ path: [UInt8], _ event: FolderEvent
    ) throws(WatchFailure) {
        if mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0,
            let child = tree.child(of: event.watch, named: event.name)
        {
            forget(child)
            // What was in it is not there any more, and not known one by one.
            if mask & UInt32(IN_MOVED_FROM) != 0 { changed = path }
        }
        guard mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 else { return }
        countsFound = true
        if case .entered(let watch) = try enter(event.name, in: event.watch, path) {
            try look(into: watch)
        }
    }

    private func forget(_ watch: Int32) {
        guard let watcher = watcher.number else { return }
        for removed in tree.remove(watch) where sentinels[removed] == nil {
            apm_forget_folder(watcher, removed)
        }
    }
}
