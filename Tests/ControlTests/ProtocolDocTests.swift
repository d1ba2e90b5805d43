// docs/PROTOCOL.md against the enums and permit tables: numbers, names, directions, descriptors.

import FoundationEssentials
import Messages
import Settings
import Testing

@testable import Control

/// One row of a table of messages: `0x0016` | `openStream` | master → logd | body | 1: what.
struct DocumentedKind: Hashable {
    let number: UInt16
    let name: String
    let direction: String
    let descriptors: String
}

enum ProtocolDocument {
    static var root: URL {
        URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The rows of the table under `heading`.
    static func rows(under heading: String) throws -> [DocumentedKind] {
        let text = try text(of: "docs/PROTOCOL.md")
        let sections = text.components(separatedBy: "\n## ")
        let section = try #require(sections.first { $0.hasPrefix(heading + "\n") })
        return section.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { trimmed($0) }
            guard cells.count == 5, cells[0].hasPrefix("0x"),
                let number = UInt16(cells[0].dropFirst(2), radix: 16)
            else { return nil }
            let count = cells[4].prefix { $0 != ":" }
            return DocumentedKind(
                number: number, name: cells[1], direction: cells[2], descriptors: String(count))
        }
    }
}

/// Without the blanks and backquotes around it.
private func trimmed(_ text: some StringProtocol) -> String {
    let isEdge = { (character: Character) in character == " " || character == "`" }
    return String(String(text.drop(while: isEdge).reversed()).drop(while: isEdge).reversed())
}

@Suite struct ProtocolDocTests {
    private func direction(of kind: MessageKind) -> String {
        let senders = Role.allCases.filter { sender in
            Phase.allCases.contains { Permit.row(for: kind, from: sender, in: $0) != nil }
        }
        switch senders {
        case [.master]: return "master → \(kind.helper.map { "\($0)" } ?? "logd, proxyd")"
        case let helpers where !helpers.contains(.master):
            return helpers.map { "\($0)" }.joined(separator: ", ") + " → master"
        default: return "both ways"
        }
    }

    @Test func theTableOfMessagesIsTheEnum() throws {
        let documented = try ProtocolDocument.rows(under: "Master and helpers")
        let actual = try MessageKind.allCases.map { kind in
            let rows = Role.allCases.flatMap { sender in
                Phase.allCases.compactMap { Permit.row(for: kind, from: sender, in: $0) }
            }
            return DocumentedKind(
                number: kind.rawValue, name: kind.name, direction: direction(of: kind),
                descriptors: String(try #require(rows.first).descriptors))
        }
        #expect(documented == actual)
    }

    @Test func theTableOfCommandsIsTheEnum() throws {
        let documented = try ProtocolDocument.rows(under: "apm and master")
        let carried = try descriptorsInTheSource()
        let actual = ControlKind.allCases.map { kind in
            DocumentedKind(
                number: kind.rawValue, name: kind.name,
                direction: kind.isRequest ? "apm → master" : "master → apm",
                descriptors: carried[kind.name] ?? "0")
        }
        #expect(documented == actual)
    }

    /// What the comment over each case of ControlKind says that it carries.
    private func descriptorsInTheSource() throws -> [String: String] {
        var carried: [String: String] = [:]
        var comment = ""
        let source = try ProtocolDocument.text(of: "Sources/Shared/Control/ControlKind.swift")
        for line in source.components(separatedBy: "\n") {
            let words = trimmed(line)
            if words.hasPrefix("///") {
                comment += words.dropFirst(3)
            } else if words.hasPrefix("case "), words.contains("= 0x") {
                let name = String(words.dropFirst(5).prefix { $0 != " " })
                if comment.contains("Carries 1 descriptor where") { carried[name] = "0–1" }
                if comment.contains("Carries 1 descriptor:") { carried[name] = "1" }
                comment = ""
            } else {
                comment = ""
            }
        }
        return carried
    }

    @Test func theLimitsInTheTextAreThoseOfTheSource() throws {
        let text = try ProtocolDocument.text(of: "docs/PROTOCOL.md")
        #expect(text.contains("at most 16,384 bytes") && MessageLimits.messageBytes == 16384)
        #expect(text.contains("at most 1,064,960 bytes") && MessageLimits.planBytes == 1_064_960)
        #expect(text.contains("streams 0–\(MessageLimits.streams - 1)"))
        #expect(text.contains("logs 0–\(MessageLimits.logs - 1)"))
        #expect(text.contains("slots 0–\(MessageLimits.workers - 1)"))
        #expect(text.contains("list of worker rows (≤ \(ControlLimits.rows))"))
        #expect(text.contains("list of instance rows (≤ \(SettingsLimits.instances))"))
        #expect(text.contains("list of worker figures (≤ \(ControlLimits.rows))"))
        #expect(text.contains("list of happenings (≤ \(ControlLimits.happenings))"))
        #expect(text.contains("list of selections (≤ \(ControlLimits.selections))"))
        #expect(text.contains("list of groups u32 (≤ \(MessageLimits.groups))"))
        #expect(text.contains("list of text (≤ \(MessageLimits.environmentEntries), each"))
        #expect(text.contains("list of helper rows (≤ \(ControlLimits.helpers))"))
    }

    @Test func enumsInTheTextAreThoseOfTheSource() throws {
        let text = try ProtocolDocument.text(of: "docs/PROTOCOL.md")
            .components(separatedBy: "\n").map(trimmed)
            .joined(separator: " ")
        let lists: [[String]] = [
            Role.allCases.map { "\($0.rawValue) \($0.processName)" },
            Outcome.Result.allCases.map { "\($0.rawValue) \($0)" },
            ExitReport.Cause.allCases.map { "\($0.rawValue) \($0)" },
            ExitReport.Step.allCases.map { "\($0.rawValue) \($0)" },
            Refusal.Reason.allCases.map { "\($0.rawValue) \($0)" },
            Happening.Kind.allCases.map { "\($0.rawValue) \($0)" },
            Happening.Cause.allCases.map { "\($0.rawValue) \($0)" },
            RunState.allCases.map { "\($0.rawValue) \($0)" },
            AccountAnswer.Result.allCases.map { "\($0.rawValue) \($0)" },
            LoginPath.Source.allCases.map { "\($0.rawValue) \($0)" },
            EnvironmentFile.Result.allCases.map { "\($0.rawValue) \($0)" },
            WatchPlan.Mode.allCases.map { "\($0.rawValue) \($0)" },
            WatchFailure.Reason.allCases.map { "\($0.rawValue) \($0)" },
            GroupAnswer.Result.allCases.map { "\($0.rawValue) \($0)" },
            SourceReport.Result.allCases.map { "\($0.rawValue) \($0)" },
            ConfigMessage.Level.allCases.map { "\($0.rawValue) \($0)" },
            LoadRow.Deed.allCases.map { "\($0.rawValue) \($0)" },
            NoteLevel.allCases.map { "\($0.rawValue) \($0)" },
            WorkerSettings.StandardInput.allCases.map { "\($0.rawValue) \($0)" },
        ]
        for list in lists {
            let words = list.joined(separator: ", ")
            #expect(text.contains(words), "\(words)")
        }
    }
}
