// Between the tokens: blanks, lines, comments, keys.

extension Parser {
    /// Over blanks, newlines, comments and `;` that end nothing.
    mutating func skipGaps() {
        offset = gapEnd(from: offset)
        while current == Byte.semicolon { offset = gapEnd(from: offset + 1) }
    }

    /// Where the next token begins.
    func gapEnd(from place: Int) -> Int {
        var place = place
        while place < bytes.count {
            if Byte.isGap(bytes[place]) {
                place += 1
            } else if isComment(at: place) {
                place = lineEnd(from: place)
            } else {
                break
            }
        }
        return place
    }

    func isComment(at place: Int) -> Bool {
        if bytes[place] == Byte.hash { return true }
        return bytes[place] == Byte.slash && place + 1 < bytes.count
            && bytes[place + 1] == Byte.slash
    }

    /// The newline, or the end of the file.
    func lineEnd(from place: Int) -> Int {
        var place = place
        while place < bytes.count, bytes[place] != Byte.newline { place += 1 }
        return place
    }

    mutating func skipBlanks() {
        while let byte = current, Byte.isBlank(byte) { offset += 1 }
    }

    /// Whether nothing but blanks and a comment follows in the line of `place`.
    func isLineEnd(after place: Int) -> Bool {
        var next = place + 1
        while next < bytes.count, Byte.isBlank(bytes[next]) { next += 1 }
        return next >= bytes.count || bytes[next] == Byte.newline || isComment(at: next)
    }

    /// After something that makes no sense: behind the next `;`, or to the line's or block's end.
    mutating func skipLine() {
        while let byte = current, byte != Byte.newline, byte != Byte.closing {
            if offset > 0, Byte.isGap(bytes[offset - 1]), isComment(at: offset) {
                offset = lineEnd(from: offset)
                return
            }
            offset += 1
            if byte == Byte.semicolon { return }
        }
    }

    /// The key that stands here, and the colon behind it; nil, after a message: there is none.
    mutating func key() -> String? {
        let start = offset
        var end = start
        while end < bytes.count, Byte.isKey(bytes[end]) { end += 1 }
        guard end > start, Byte.isLetter(bytes[start]), endsKey(end) else {
            tellBadKey(at: start)
            skipLine()
            return nil
        }
        offset = end
        skipColon()
        let dash = UInt8(ascii: "-")
        return String(
            decoding: bytes[start..<end].lazy.map { $0 == dash ? UInt8(ascii: "_") : $0 },
            as: UTF8.self)
    }

    private func endsKey(_ place: Int) -> Bool {
        guard place < bytes.count else { return true }
        let byte = bytes[place]
        return Byte.isGap(byte) || Byte.isQuote(byte) || byte == Byte.colon
            || byte == Byte.semicolon || byte == Byte.opening || byte == Byte.closing
    }

    /// `name: x` and `name : x`; in `server :8080` the colon is the value's.
    private mutating func skipColon() {
        if current == Byte.colon {
            offset += 1
            return
        }
        var place = offset
        while place < bytes.count, Byte.isBlank(bytes[place]) { place += 1 }
        guard place + 1 < bytes.count, bytes[place] == Byte.colon, Byte.isGap(bytes[place + 1])
        else { return }
        offset = place + 1
    }

    private mutating func tellBadKey(at start: Int) {
        var end = start
        while end < bytes.count, !Byte.isGap(bytes[end]), bytes[end] != Byte.semicolon { end += 1 }
        let text = Excerpt.quoted(String(decoding: bytes[start..<end], as: UTF8.self))
        let advice =
            bytes[start..<end].contains(Byte.equals)
            ? "write key value; without a '='" : "a key begins with a letter: key value;"
        error(at: start, "\(text) is not a key", now: advice)
    }

    /// Whether the next token, behind a line's end, begins a statement of this block or ends it:
    /// then the value before it is over, and its `;` is missing.
    func nextBeginsStatement(at place: Int, in kind: BlockKind) -> Bool {
        guard place < bytes.count, bytes[place] != Byte.closing else { return true }
        var end = place
        while end < bytes.count, Byte.isKey(bytes[end]) { end += 1 }
        guard end > place, endsKey(end) else { return false }
        let key = String(decoding: bytes[place..<end], as: UTF8.self)
        return Grammar.shape(of: key, in: kind) != nil || Grammar.shape(of: key, in: .top) != nil
    }
}
