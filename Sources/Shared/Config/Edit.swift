// Changes to a text, and what stands on the lines around a place.

/// Bytes that take the place of others.
struct Edit: Equatable {
    var range: Range<Int>
    var text: String
}

extension SourceText {
    /// What ends the first line.
    var newline: String {
        guard let first = bytes.firstIndex(of: Byte.newline), first > 0 else { return "\n" }
        return bytes[first - 1] == 0x0D ? "\r\n" : "\n"
    }

    /// What ends the line of a place, or else the first line.
    func newline(near place: Int) -> String {
        guard let end = bytes[place...].firstIndex(of: Byte.newline), end > 0 else {
            return newline
        }
        return bytes[end - 1] == 0x0D ? "\r\n" : "\n"
    }

    /// Edits at the same place stay in their order.
    func applying(_ edits: [Edit]) -> [UInt8] {
        let sorted = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        var result: [UInt8] = []
        var place = 0
        for (_, edit) in sorted {
            result += bytes[place..<max(place, edit.range.lowerBound)]
            result += Array(edit.text.utf8)
            place = max(place, edit.range.upperBound)
        }
        return result + bytes[place...]
    }

    func lineStart(of place: Int) -> Int {
        var start = place
        while start > 0, bytes[start - 1] != Byte.newline { start -= 1 }
        return start
    }

    /// Behind the newline, or the end of the text.
    func nextLine(after place: Int) -> Int {
        var end = place
        while end < bytes.count, bytes[end] != Byte.newline { end += 1 }
        return min(end + 1, bytes.count)
    }

    /// The blanks that a line begins with, when nothing else stands before `place`; nil otherwise.
    func indentation(before place: Int) -> String? {
        let blanks = bytes[lineStart(of: place)..<place]
        return blanks.allSatisfy(Byte.isBlank) ? String(decoding: blanks, as: UTF8.self) : nil
    }

    /// Whether nothing but blanks and a comment stands behind `place` in its line.
    func endsLine(at place: Int) -> Bool {
        var next = place
        while next < bytes.count, Byte.isBlank(bytes[next]) { next += 1 }
        guard next < bytes.count else { return true }
        return bytes[next] == Byte.newline || bytes[next] == Byte.hash
            || bytes[next...].starts(with: [Byte.slash, Byte.slash])
    }

    /// The removal of a statement: with its lines, comment included, where it has them to itself,
    /// and with a blank line below where one stands above too.
    func removal(of range: Range<Int>) -> Edit {
        let start = lineStart(of: range.lowerBound)
        if indentation(before: range.lowerBound) != nil, endsLine(at: range.upperBound) {
            var end = nextLine(after: range.upperBound)
            if start == 0 || isBlankLine(at: lineStart(of: start - 1)), end < bytes.count,
                isBlankLine(at: end)
            {
                end = nextLine(after: end)
            }
            return Edit(range: start..<end, text: "")
        }
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while upper < bytes.count, Byte.isBlank(bytes[upper]), bytes[upper] != 0x0D { upper += 1 }
        if endsLine(at: upper) {
            while lower > start, Byte.isBlank(bytes[lower - 1]) { lower -= 1 }
            upper = range.upperBound
        }
        return Edit(range: lower..<upper, text: "")
    }

    private func isBlankLine(at start: Int) -> Bool {
        var place = start
        while place < bytes.count, Byte.isBlank(bytes[place]) { place += 1 }
        return place >= bytes.count || bytes[place] == Byte.newline
    }
}
