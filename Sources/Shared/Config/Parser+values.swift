// What stands between a key and its `;`.

extension Parser {
    /// The values of a key, which is left behind its `;`. nil, after a message: nothing can be made
    /// of it. A value of an unknown key (no shape) ends before a `{` as well.
    mutating func values(
        of key: String, _ shape: ValueShape?, in kind: BlockKind, from start: Int
    ) -> [Word]? {
        skipBlanks()
        braces = 0
        if current == Byte.equals, offset + 1 < bytes.count, Byte.isGap(bytes[offset + 1]) {
            error(
                at: offset, "a '=' stands before the value of '\(key)'",
                now: "write \(key) VALUE;")
            skipLine()
            return nil
        }
        switch shape {
        case .list, .words, .command:
            return manyValues(of: key, shape ?? .list, in: kind, from: start)
        case .scalar, .colour, .block, nil:
            return oneValue(of: key, shape, from: start)
        }
    }

    // MARK: One value

    private mutating func oneValue(
        of key: String, _ shape: ValueShape?, from start: Int
    ) -> [Word]? {
        guard let byte = current, byte != Byte.newline, byte != Byte.closing,
            !isComment(at: offset) || (shape == .colour && isColour(at: offset))
        else {
            tellNoValue(key, at: start)
            return nil
        }
        if byte == Byte.semicolon {
            offset += 1
            return []
        }
        if Byte.isQuote(byte) { return quotedValue(of: key) }
        let first = offset
        let end = runToEnd(stopsAtBlock: shape == nil)
        let word = Word(
            text: String(decoding: bytes[first..<end], as: UTF8.self), range: first..<end,
            isQuoted: false)
        if current == Byte.semicolon {
            offset += 1
            return [word]
        }
        if shape == nil, current == Byte.opening { return [word] }
        tellMissing(key, at: end)
        return nil
    }

    /// `#` and 3 to 8 hexadecimal digits.
    private func isColour(at place: Int) -> Bool {
        guard bytes[place] == Byte.hash else { return false }
        var end = place + 1
        while end < bytes.count, Byte.isHexDigit(bytes[end]) { end += 1 }
        guard (3...8).contains(end - place - 1), end < bytes.count else { return false }
        return bytes[end] == Byte.semicolon || Byte.isGap(bytes[end])
    }

    private mutating func quotedValue(of key: String) -> [Word]? {
        guard let word = quotedWord() else { return nil }
        skipBlanks()
        switch current {
        case Byte.semicolon:
            offset += 1
            return [word]
        case nil, Byte.newline, Byte.closing: tellMissing(key, at: word.range.upperBound)
        default: tellMoreBehind(word)
        }
        return nil
    }

    /// To the `;`, the line's end, or a `}` that no `{` of the value opened; returns where the
    /// value ends, without the blanks behind it.
    private mutating func runToEnd(stopsAtBlock: Bool) -> Int {
        var end = offset
        while let byte = current, byte != Byte.semicolon, byte != Byte.newline {
            if byte == Byte.closing, braces == 0 { break }
            if byte == Byte.opening {
                if stopsAtBlock, Byte.isBlank(bytes[offset - 1]) { break }
                braces += 1
            }
            if byte == Byte.closing { braces -= 1 }
            offset += 1
            if !Byte.isBlank(byte) { end = offset }
        }
        return end
    }

    // MARK: Many values

    private mutating func manyValues(
        of key: String, _ shape: ValueShape, in kind: BlockKind, from start: Int
    ) -> [Word]? {
        var words: [Word] = []
        var end = offset
        var needsComma = false
        while true {
            let next = gapEndInValue()
            let isNextLine = bytes[offset..<next].contains(Byte.newline)
            let isOver = next >= bytes.count || (bytes[next] == Byte.closing && braces == 0)
            if isOver || (isNextLine && nextBeginsStatement(at: next, in: kind)) {
                if words.isEmpty {
                    tellNoValue(key, at: start)
                } else {
                    tellMissing(key, at: end)
                }
                return nil
            }
            let byte = bytes[next]
            if byte == Byte.semicolon || (byte == Byte.comma && shape != .command) {
                offset = next + 1
                end = offset
                if byte == Byte.semicolon { return words }
                needsComma = false
                continue
            }
            offset = next
            if needsComma, let last = words.last {
                if isNextLine { tellMissing(key, at: end) } else { tellMoreBehind(last) }
                return nil
            }
            guard let word = shape == .list ? item() : shellWord(shape) else { return nil }
            end = word.range.upperBound
            // A line that is continued within a command leaves a word of nothing.
            if !word.text.isEmpty || word.isQuoted { words.append(word) }
            needsComma = shape == .list
        }
    }

    /// A value of a list: between quotes, or up to a comma, with quotes behind a `=`.
    private mutating func item() -> Word? {
        if let byte = current, Byte.isQuote(byte) { return quotedWord() }
        let start = offset
        var end = start
        var text: [UInt8] = []
        var solid = 0
        var isQuoted = false
        while let byte = current, byte != Byte.semicolon, byte != Byte.newline,
            byte != Byte.comma, byte != Byte.closing || braces > 0
        {
            if Byte.isQuote(byte), bytes[offset - 1] == Byte.equals {
                guard quotedText(into: &text) else { return nil }
                isQuoted = true
                (end, solid) = (offset, text.count)
                continue
            }
            take(byte, into: &text)
            if !Byte.isBlank(byte) { (end, solid) = (offset, text.count) }
        }
        let kept = String(decoding: text[..<solid], as: UTF8.self)
        return Word(text: kept, range: start..<end, isQuoted: isQuoted)
    }

    /// A word up to a blank (or a comma, except in a command), with quotes anywhere in it. In a
    /// command a backslash makes the next byte stand for itself, as in a shell.
    private mutating func shellWord(_ shape: ValueShape) -> Word? {
        let start = offset
        var text: [UInt8] = []
        var isQuoted = false
        while let byte = current, byte != Byte.semicolon, !Byte.isGap(byte),
            byte != Byte.comma || shape == .command, byte != Byte.closing || braces > 0
        {
            if Byte.isQuote(byte) {
                guard quotedText(into: &text) else { return nil }
                isQuoted = true
            } else if byte == Byte.backslash, shape == .command, offset + 1 < bytes.count {
                offset += 1
                if bytes[offset] != Byte.newline { text.append(bytes[offset]) }
                offset += 1
            } else {
                take(byte, into: &text)
            }
        }
        return Word(
            text: String(decoding: text, as: UTF8.self), range: start..<offset, isQuoted: isQuoted)
    }

    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
        if byte == Byte.opening { braces += 1 }
        if byte == Byte.closing { braces -= 1 }
        text.append(byte)
        offset += 1
    }

    /// Over what stands between two values of one key.
    private mutating func gapEndInValue() -> Int {
        var place = offset
        while place < bytes.count {
            if Byte.isGap(bytes[place]) {
                place += 1
                continue
            }
            guard isComment(at: place) else { break }
            let end = lineEnd(from: place)
            if bytes[place..<end].contains(Byte.semicolon) {
                warn(
                    at: place, "a comment begins here; the ';' in it ends nothing",
                    now: "put the value in quotes, or a ';' before the comment")
            }
            place = end
        }
        return place
    }

    // MARK: Quotes

    /// All that stands between the quote here and the next one of its kind.
    mutating func quotedWord() -> Word? {
        let start = offset
        var text: [UInt8] = []
        guard quotedText(into: &text) else { return nil }
        return Word(
            text: String(decoding: text, as: UTF8.self), range: start..<offset, isQuoted: true)
    }

    /// Between double quotes `\"` and `\\` stand for the second byte; other backslashes, and all
    /// between other quotes, for themselves. Lines may end in between.
    private mutating func quotedText(into text: inout [UInt8]) -> Bool {
        let start = offset
        let quote = bytes[start]
        offset += 1
        while let byte = current {
            offset += 1
            if byte == quote { return true }
            if byte == Byte.backslash, quote == Byte.double, let next = current,
                next == Byte.double || next == Byte.backslash
            {
                text.append(next)
                offset += 1
            } else {
                text.append(byte)
            }
        }
        giveUp(
            at: start, "the text that begins with this quote has no end",
            now: "put a \(Character(Unicode.Scalar(quote))) behind its last character")
        return false
    }

    /// What a block is called: between quotes, or what stands before the `{`.
    mutating func labelWord() -> Word? {
        guard let byte = current, byte != Byte.semicolon, byte != Byte.closing else { return nil }
        if Byte.isQuote(byte) { return quotedWord() }
        let start = offset
        var end = start
        while let byte = current, byte != Byte.opening, byte != Byte.newline,
            byte != Byte.semicolon, byte != Byte.closing
        {
            offset += 1
            if !Byte.isBlank(byte) { end = offset }
        }
        return Word(
            text: String(decoding: bytes[start..<end], as: UTF8.self), range: start..<end,
            isQuoted: false)
    }

    // MARK: Messages

    private mutating func tellMissing(_ key: String, at end: Int) {
        error(at: end, "the value of '\(key)' has no ';' behind it", now: "put a ';' here")
    }

    private mutating func tellNoValue(_ key: String, at start: Int) {
        let isComment = offset < bytes.count && isComment(at: offset)
        error(
            at: start, "'\(key)' has no value",
            now: isComment
                ? "a comment begins here; put a value that begins so in quotes"
                : "write \(key) VALUE;")
        skipLine()
    }

    /// More stands behind a closing quote than a `;` or a comma.
    private mutating func tellMoreBehind(_ word: Word) {
        let lineEnd = lineEnd(from: word.range.lowerBound)
        if word.isQuoted, lineEnd < word.range.upperBound {
            error(
                at: word.range.lowerBound,
                "the text that begins with this quote goes on over lines, and more stands "
                    + "behind it",
                now: "close it where it should end, or put the whole value in quotes")
            offset = lineEnd
        } else {
            error(
                at: offset, "more stands behind the closing quote",
                now: "end the value with ';', or put the whole of it in quotes")
            skipLine()
        }
    }
}
