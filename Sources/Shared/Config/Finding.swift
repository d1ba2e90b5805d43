// What was found wrong, and the collection of what is told. Errors and warnings have a limit each,
// so that a flood of warnings hides no error.

import Settings

/// Something about a place in one file.
struct Finding: Equatable, Sendable {
    var level: ConfigMessage.Level
    /// In bytes; nil = the file as a whole.
    var offset: Int?
    var text: String
    var advice: String

    init(
        _ level: ConfigMessage.Level, at offset: Int?, _ text: String, now advice: String
    ) {
        self.level = level
        self.offset = offset
        self.text = text
        self.advice = advice
    }
}

/// Messages in the order in which they were found.
struct Findings: Sendable {
    private(set) var messages: [ConfigMessage] = []
    private var kept: [ConfigMessage.Level: Int] = [:]
    private var left: [ConfigMessage.Level: Int] = [:]

    var hasErrors: Bool { kept[.error] != nil }

    mutating func add(_ finding: Finding, in source: SourceText) {
        let position = finding.offset.map(source.position)
        add(
            ConfigMessage(
                finding.level, file: source.path, line: UInt32(position?.line ?? 0),
                column: UInt32(position?.column ?? 0), finding.text, now: finding.advice))
    }

    mutating func add(_ message: ConfigMessage) {
        guard kept[message.level, default: 0] < ConfigLimits.messages else {
            left[message.level, default: 0] += 1
            return
        }
        kept[message.level, default: 0] += 1
        var message = message
        message.file = Excerpt.cut(message.file, atMost: SettingsLimits.pathBytes)
        message.text = Excerpt.cut(message.text, atMost: SettingsLimits.messageBytes)
        message.advice = Excerpt.cut(message.advice, atMost: SettingsLimits.messageBytes)
        messages.append(message)
    }

    /// All that is told: what was collected, and how much more there is.
    func told(of file: String) -> [ConfigMessage] {
        var all = messages
        for level in ConfigMessage.Level.allCases.reversed() {
            guard let count = left[level] else { continue }
            let noun = level == .error ? "error" : "warning"
            all.append(
                ConfigMessage(
                    level, file: file, "\(count) more \(noun)\(count == 1 ? "" : "s")",
                    now: "set right what is named above, then run 'apm check' again"))
        }
        return all
    }
}

/// Pieces of a file's text, fit to be repeated in a message.
enum Excerpt {
    /// In quotes, of bounded length, without what moves a terminal's cursor.
    static func quoted(_ text: String) -> String {
        "'\(shown(cut(text, atMost: ConfigLimits.quotedBytes)))'"
    }

    /// With `?` for each character that is none to look at.
    static func shown(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var view = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { view.append(isControl(scalar) ? "?" : scalar) }
        return String(view)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || scalar.properties.generalCategory == .format
            || scalar.properties.generalCategory == .lineSeparator
            || scalar.properties.generalCategory == .paragraphSeparator
    }

    /// At most so many bytes, in whole characters; an ellipsis stands for the rest.
    static func cut(_ text: String, atMost limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var kept = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > limit - 3 { break }
            kept.unicodeScalars.append(scalar)
        }
        return kept + "…"
    }
}
