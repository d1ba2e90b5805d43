// What somebody may have meant: the nearest word by optimal string alignment (insert, delete,
// replace, swap of neighbours).

public enum NearMiss {
    /// The word of `known` nearest to `word`; nil when none is near or `word` is itself known. One
    /// byte is near nothing: every other byte would be as near.
    public static func nearest(to word: String, in known: [String]) -> String? {
        let bytes = Array(word.utf8)
        guard (2...64).contains(bytes.count) else { return nil }
        let most = bytes.count < 5 ? 1 : 2
        var best: (distance: Int, word: String)?
        for candidate in known {
            if candidate == word { return nil }
            if candidate.utf8.count < 2 { continue }
            let distance = Self.distance(bytes, Array(candidate.utf8))
            if distance <= most, distance < best?.distance ?? .max { best = (distance, candidate) }
        }
        return best?.word
    }

    /// Edits between two words.
    public static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let change = last[column] + (left[row] == right[column] ? 0 : 1)
                var least = min(change, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
