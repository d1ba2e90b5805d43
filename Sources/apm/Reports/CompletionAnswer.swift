// What the completion scripts ask for: candidates, one a line, with a tab before the help where
// there is some; or `:files`. Never starts a daemon, never says what went wrong.

import Control
import Glibc
import Settings

enum CompletionAnswer {
    static func give(to shell: String, _ words: [String], in session: Session) -> ExitValue {
        // A shell that waits for a daemon that hangs would hang with it.
        alarm(2)
        let joined = shell == "bash" ? Self.joined(words) : words
        let completion = Completion.of(joined) { workers(in: session) }
        try? session.console.print(text(completion, cutting: joined == words ? nil : joined.last))
        return .ok
    }

    /// `whole`: where bash has cut a word at its `=`, and takes only what follows it.
    static func text(_ completion: Completion, cutting whole: String?) -> String {
        if completion.wantsFiles { return ":files\n" }
        let prefix = whole.map { $0.prefix { $0 != "=" }.count + 1 } ?? 0
        return completion.candidates.map { candidate in
            let text = Visible.text(String(candidate.text.dropFirst(prefix)))
            return candidate.help.isEmpty ? "\(text)\n" : "\(text)\t\(candidate.help)\n"
        }.joined()
    }

    /// bash breaks `--color=al` into three words.
    static func joined(_ words: [String]) -> [String] {
        if words.count > 2, words[words.count - 2] == "=" {
            let word = words.suffix(3).joined()
            return words.dropLast(3) + [word]
        }
        if words.count > 1, words.last == "=" {
            return words.dropLast(2) + [words.suffix(2).joined()]
        }
        return words
    }

    private static func workers(in session: Session) -> [Completion.Worker] {
        guard let connection = (try? session.view()) ?? nil,
            case .listed(let rows)? = try? connection.ask(.list).reply
        else { return [] }
        // A daemon that is somebody else's may tell what is no name: no shell gets to see it.
        return rows.filter { WorkerName.problem($0.name) == nil }
            .map { Completion.Worker(name: $0.name, instances: $0.instances) }
    }
}
