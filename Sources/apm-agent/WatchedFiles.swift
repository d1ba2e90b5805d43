// Which changes count where single files are watched: those files, and what has a name like others
// that are looked for. Pure.

import Config
import Messages

struct WatchedFiles {
    private let files: Set<[UInt8]>
    /// By folder: patterns of names that count in it.
    private let names: [[UInt8]: [GlobPattern]]

    init(_ plan: WatchPlan) {
        files = Set(plan.files.map { Array($0.utf8) })
        names = Dictionary(
            grouping: plan.names.map { Array($0.utf8) }, by: FolderWatch.parent
        ).mapValues { paths in
            paths.map { GlobPattern(String(decoding: FolderWatch.name(of: $0), as: UTF8.self)) }
        }
    }

    /// Through which they are watched.
    var folders: Set<[UInt8]> { Set(files.map(FolderWatch.parent)).union(names.keys) }

    /// Whether a change of what has this path counts.
    func has(_ path: [UInt8]) -> Bool {
        if files.contains(path) { return true }
        guard let patterns = names[FolderWatch.parent(of: path)] else { return false }
        let name = String(decoding: FolderWatch.name(of: path), as: UTF8.self)
        return patterns.contains { $0.matches(name) }
    }
}
