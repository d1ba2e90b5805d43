// From words to an exit code. `list` and `status` are answered before swift-argument-parser is
// touched: building its tables costs more than asking the daemon.

import ArgumentParser
import Glibc

enum CommandLineTool {
    /// Does what the process was called for; gives its exit code.
    static func run() -> Int32 {
        // A reader that has gone shows as EPIPE, not as a death.
        signal(SIGPIPE, SIG_IGN)
        let surroundings = Surroundings.ofProcess()
        var console = Console(wish: .auto, surroundings: surroundings)
        do throws(Failure) {
            let invocation = try Invocation.read(try words())
            console = Console(wish: invocation.colour, surroundings: surroundings)
            for note in invocation.notes { console.note(note) }
            let session = Session(
                surroundings: try surroundings.choosing(invocation.choice), console: console,
                choice: invocation.choice)
            do throws(Failure) {
                return try perform(invocation.action, in: session).rawValue
            } catch {
                throw session.explained(error)
            }
        } catch {
            console.report(error)
            return error.status.rawValue
        }
    }

    private static func perform(
        _ action: Invocation.Action, in session: Session
    ) throws(Failure) -> ExitValue {
        switch action {
        case .list(let json): return try ListReport.show(json: json, in: session)
        case .status(let json): return try StatusReport.show(json: json, in: session)
        case .version(let json): return try VersionReport.show(json: json, in: session)
        case .help(let isFull):
            try session.console.print(isFull ? Help.full : Help.common)
            return .ok
        case .complete(let shell, let words):
            return CompletionAnswer.give(to: shell, words, in: session)
        case .signal(let name, let words):
            return try SendSignal.act(name, words: words, in: session.telling(deeds: true))
        case .parse(let words): return try parse(words, in: session)
        }
    }

    private static func parse(
        _ words: [String], in session: Session
    ) throws(Failure) -> ExitValue {
        let act: any Act
        do {
            var command = try RootCommand.parseAsRoot(words)
            guard let parsed = command as? any Act else {
                // The parser's own help command: running it throws the text.
                try command.run()
                return .ok
            }
            act = parsed
        } catch {
            return try explain(error, words: words, in: session)
        }
        let isDeed = !CommandTable.onlyRead.contains(words.first ?? "")
        return try act.act(in: session.telling(deeds: isDeed))
    }

    /// Help goes to standard output; a mistake becomes the two lines and exit code 2 (the parser
    /// itself would say 64).
    private static func explain(
        _ error: any Error, words: [String], in session: Session
    ) throws(Failure) -> ExitValue {
        if RootCommand.exitCode(for: error) == .success {
            try session.console.print(RootCommand.fullMessage(for: error) + "\n")
            return .ok
        }
        let command = words.first ?? ""
        let text = RootCommand.message(for: error)
        let first = text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? text
        let what = first.hasSuffix(".") ? String(first.dropLast()) : first
        throw .usage("\(command): \(what)", now: "apm \(command) -h shows how it is written")
    }

    /// The arguments. What is not UTF-8 would arrive changed at the program, so it is refused.
    private static func words() throws(Failure) -> [String] {
        var words: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let raw = CommandLine.unsafeArgv[index] else { break }
            guard let word = String(validatingCString: raw) else {
                throw .usage(
                    "argument \(index) is not UTF-8: \(Visible.text(String(cString: raw)))",
                    now: "names and arguments that apm passes on must be UTF-8")
            }
            words.append(word)
        }
        return words
    }
}
