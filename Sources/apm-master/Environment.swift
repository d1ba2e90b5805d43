// Lists of KEY=value put over each other.

import Glibc

enum Environment {
    /// What stands under a worker's own variables when the daemon itself defines it.
    static func ofDaemon() -> [String] {
        let names = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ"]
        var entries: [String] = []
        for name in names {
            guard let value = getenv(name).flatMap({ String(validatingCString: $0) }),
                !value.isEmpty
            else { continue }
            entries.append("\(name)=\(value)")
        }
        if !entries.contains(where: { $0.hasPrefix("PATH=") }) {
            entries.append("PATH=" + Identity.rootsPath)
        }
        return entries
    }

    static func isAssignment(_ entry: String) -> Bool {
        guard let first = entry.utf8.first, first != UInt8(ascii: "=") else { return false }
        return entry.utf8.contains(UInt8(ascii: "="))
    }

    /// Later lists win over earlier ones, later entries over earlier ones; a key keeps the place at
    /// which it came first.
    static func merged(_ lists: [[String]]) -> [String] {
        var entries: [String] = []
        var places: [Substring: Int] = [:]
        for entry in lists.joined() {
            let key = entry.prefix { $0 != "=" }
            if let place = places[key] {
                entries[place] = entry
            } else {
                places[key] = entries.count
                entries.append(entry)
            }
        }
        return entries
    }
}
