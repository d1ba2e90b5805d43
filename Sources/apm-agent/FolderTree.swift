// Which watch is of which folder. Pure: the kernel's numbers come from elsewhere.

struct FolderTree {
    private struct Folder {
        /// nil: `name` is a whole path.
        var parent: Int32?
        var name: [UInt8]
        var children: [[UInt8]: Int32] = [:]
    }

    private var folders: [Int32: Folder] = [:]

    var count: Int { folders.count }
    func contains(_ watch: Int32) -> Bool { folders[watch] != nil }
    func isRoot(_ watch: Int32) -> Bool { folders[watch].map { $0.parent == nil } ?? false }

    /// A folder by its whole path.
    mutating func addRoot(_ watch: Int32, path: [UInt8]) {
        _ = remove(watch)
        folders[watch] = Folder(parent: nil, name: path)
    }

    /// A folder in another one. One that is known already has moved, with all that is in it. False:
    /// it is the parent, or above it (a mount can make it seem so), or the parent is unknown.
    mutating func add(_ watch: Int32, named name: [UInt8], in parent: Int32) -> Bool {
        guard folders[parent] != nil, !isAtOrAbove(watch, parent) else { return false }
        if let known = folders[watch] {
            // What was given by its path stays so.
            guard let before = known.parent else { return false }
            unlink(watch, named: known.name, from: before)
            folders[watch]?.parent = parent
            folders[watch]?.name = name
        } else {
            folders[watch] = Folder(parent: parent, name: name)
        }
        folders[parent]?.children[name] = watch
        return true
    }

    /// Another folder may have its name by now.
    private mutating func unlink(_ watch: Int32, named name: [UInt8], from parent: Int32) {
        guard folders[parent]?.children[name] == watch else { return }
        folders[parent]?.children[name] = nil
    }

    private func isAtOrAbove(_ watch: Int32, _ other: Int32) -> Bool {
        var next: Int32? = other
        while let current = next {
            if current == watch { return true }
            next = folders[current]?.parent
        }
        return false
    }

    func child(of watch: Int32, named name: [UInt8]) -> Int32? { folders[watch]?.children[name] }

    /// nil: there is no such watch.
    func path(of watch: Int32) -> [UInt8]? {
        var parts: [[UInt8]] = []
        var next: Int32? = watch
        while let current = next {
            guard let folder = folders[current] else { return nil }
            parts.append(folder.name)
            next = folder.parent
        }
        return parts.reversed().reduce(into: []) { path, part in
            if !path.isEmpty, path.last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
            path += part
        }
    }

    /// Forgets a folder and all below it; gives their watches.
    mutating func remove(_ watch: Int32) -> [Int32] {
        guard let folder = folders[watch] else { return [] }
        if let parent = folder.parent { unlink(watch, named: folder.name, from: parent) }
        var removed: [Int32] = []
        var left = [watch]
        while let next = left.popLast() {
            guard let folder = folders.removeValue(forKey: next) else { continue }
            removed.append(next)
            left += folder.children.values
        }
        return removed
    }
}
