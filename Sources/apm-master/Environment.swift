// Lists of KEY=value put over each other.

enum Environment {
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
