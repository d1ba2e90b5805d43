// Symbolic links on the way to a file: whoever sets one of them to something else has changed the
// file, though nothing happens where it lay.

import Glibc

enum LinkTrail {
    /// Each link on the way, by its own real path, and last where the file really lies; nothing
    /// where there is no link.
    static func places(of path: String) -> [String] {
        var links: [String] = []
        var place = ""
        var left = Array(path.split(separator: "/").reversed())
        while let part = left.popLast() {
            if part == "." { continue }
            if part == ".." {
                place = String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)])
                continue
            }
            let next = place + "/" + part
            guard let target = target(of: next) else {
                place = next
                continue
            }
            links.append(next)
            // The kernel follows no more.
            guard links.count < Limits.links else { return links }
            if target.hasPrefix("/") { place = "" }
            left += target.split(separator: "/").reversed()
        }
        return links.isEmpty ? [] : links + [place]
    }

    private static func target(of path: String) -> String? {
        var room = [CChar](repeating: 0, count: Limits.pathBytes)
        let count = readlinkat(AT_FDCWD, path, &room, room.count)
        guard count > 0, count < room.count else { return nil }
        return String(validating: room[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
