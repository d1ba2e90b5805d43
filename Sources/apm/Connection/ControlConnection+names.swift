// Help with names: which worker may have been meant, and which there are.

import Control
import Settings

extension ControlConnection {
    /// As `ask`; when there is no such worker, the failure suggests one that there is.
    func askAbout(
        _ command: Command, waits: Bool = false, to word: String = ""
    ) throws(Failure) -> (reply: Reply, descriptors: [Int32]) {
        do {
            return try ask(command, waits: waits)
        } catch {
            guard case .unknownWorker(let name) = error.refusal else { throw error }
            var failure = error
            failure.now = Names.hint(for: name, among: names(), to: word)
            throw failure
        }
    }

    /// As `askAbout`, for what gives a worker a new name: it may be taken.
    func askNaming(
        _ name: String, as command: String, _ request: Command, waits: Bool = false
    ) throws(Failure) -> (reply: Reply, descriptors: [Int32]) {
        do {
            return try askAbout(request, waits: waits)
        } catch {
            guard error.refusal == .nameTaken else { throw error }
            var failure = error
            failure.now =
                "choose a name that apm list does not show: "
                + "apm \(command) \(Visible.text(name)) NEW"
            throw failure
        }
    }

    /// Tells at once that what a worker is to depend on is not defined; `name`: the worker's.
    func noteUnknown(_ dependencies: [String], but name: String, _ session: Session) {
        guard !dependencies.isEmpty else { return }
        let known = names()
        for unknown in dependencies where unknown != name && !known.contains(unknown) {
            let near = NearMiss.nearest(to: unknown, in: known)
            let hint = near.map { "; did you mean \(Visible.text($0))?" } ?? ""
            session.console.note(
                "depends_on: no worker is called \(Visible.text(unknown))\(hint)")
        }
    }

    /// The names of all workers; none when they cannot be had.
    func names() -> [String] {
        guard case .listed(let rows)? = try? ask(.list).reply else { return [] }
        return rows.map(\.name)
    }
}

extension Session {
    /// The one name among what stands after a command.
    func worker(of names: [String], for command: String) throws(Failure) -> String {
        guard let first = names.first else { throw nameMissing(for: command) }
        guard names.count == 1 else {
            throw .usage(
                "\(command) takes one worker",
                now: "one after the other: apm \(command) \(Visible.text(first)), then the next")
        }
        return first
    }

    /// The two names that a command takes: of a worker, and another one.
    func twoNames(
        of names: [String], for command: String
    ) throws(Failure) -> (name: String, other: String) {
        guard let first = names.first else { throw nameMissing(for: command) }
        guard names.count == 2 else {
            throw .usage(
                "\(command) takes a worker's name and a new one",
                now: "apm \(command) \(Visible.text(first)) NEW")
        }
        let name = try WorkerReference.readWhole(first, for: command).name
        if let problem = WorkerName.problem(names[1]) {
            throw .usage(
                "no worker can be called '\(Visible.text(names[1]))': the name \(problem)",
                now: "apm \(command) \(Visible.text(name)) NEW, with \(RunPlan.nameRule)")
        }
        return (name, names[1])
    }

    /// A command without the name that it needs. Tells the names, but starts no daemon for that.
    func nameMissing(for command: String) -> Failure {
        let found = try? view()
        let names = found.map { $0.names() } ?? []
        let known = names.isEmpty ? "" : "; there are: \(Names.shortened(names))"
        return .usage("\(command) needs a worker's name", now: "apm \(command) NAME\(known)")
    }
}

enum Names {
    static let shown = 8

    /// What to do when there is no worker of this name; `word`: what it was to be done with it.
    static func hint(for name: String, among names: [String], to word: String = "") -> String {
        if names.isEmpty { return "there are no workers; start one with: apm run <program>" }
        if name == "all", word == "stop" { return "apm stopall stops all workers" }
        if name == "all", !word.isEmpty {
            return "name each of them, one after the other: apm \(word) \(listed(names))"
        }
        if let near = NearMiss.nearest(to: name, in: names) {
            return "did you mean \(Visible.text(near))?"
        }
        return "there are: \(shortened(names))"
    }

    private static func listed(_ names: [String]) -> String {
        let first = names.prefix(shown).map { Visible.text($0) }.joined(separator: " ")
        return names.count > shown ? first + " …" : first
    }

    static func shortened(_ names: [String]) -> String {
        let first = names.prefix(shown).map { Visible.text($0) }.joined(separator: ", ")
        return names.count > shown ? "\(first) and \(names.count - shown) more (apm list)" : first
    }
}
