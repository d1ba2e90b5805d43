// update, rename, copy, stopall, env: what changes workers that are there, and what their programs
// have.

import ArgumentParser
import Control
import Settings

struct Update: Act {
    static let configuration = CommandConfiguration(
        entry: "update",
        discussion: """
            Takes the flags of run; what is not given stays. A list is replaced as a whole, and an \
            empty value sets the default again. What the running processes can have at once they \
            get; for the rest they are restarted, unless --no-restart leaves it to their next \
            start. --instances starts further ones, or stops those of the highest numbers. What a \
            file says of it is changed by apm saveconf alone.
            """)

    @OptionGroup var flags: WorkerFlags
    @Flag(help: "Leave what needs a restart to the next start.") var noRestart = false
    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: .name("A worker.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "update")
        let selection = try WorkerReference.readWhole(name, for: "update")
        var command = try UpdatePlan.command(
            for: selection.name, flags, session.surroundings)
        command.waits = !noWait
        command.restarts = !noRestart
        let connection = try session.reach()
        connection.noteUnknown(command.settings.dependsOn, but: command.name, session)
        Kept.note(command.settings, session)
        if !noWait { connection.waiting = Waiting(.restart, selection, timeout: nil, in: session) }
        let answer = try connection.askAbout(.update(command), waits: !noWait)
        let status = try OutcomeReport(
            selection: selection, done: .updated, session: session, defined: command.settings,
            showsInstances: command.restarts && !command.changed.isDisjoint(with: .needingRestart)
        ).show(answer, connection)
        let later = command.changed.intersection(.needingRestart).names
        if noRestart, !later.isEmpty {
            let keys = later.joined(separator: ", ")
            session.console.note("in force from the next start on: \(keys)")
        }
        noteFile(answer.reply, selection.name, connection, session)
        return status
    }
}

extension Update {
    /// What comes from a file says something else there now.
    private func noteFile(
        _ reply: Reply, _ name: String, _ connection: ControlConnection, _ session: Session
    ) {
        guard case .outcome(_, let outcome) = reply, outcome.result != .already,
            case .informed(let info)? = try? connection.ask(.info(Selection(name: name))).reply,
            !info.source.blockFile.isEmpty
        else { return }
        session.console.note("saved with: apm saveconf \(Visible.text(name))")
    }
}

struct Rename: Act {
    static let configuration = CommandConfiguration(entry: "rename")

    @Argument(help: ArgumentHelp("A worker, and its new name.", valueName: "name"))
    var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let (name, other) = try session.twoNames(of: names, for: "rename")
        let connection = try session.reach()
        let answer = try connection.askNaming(
            name, as: "rename", .rename(RenameCommand(name: name, newName: other)))
        guard case .outcome(_, let outcome) = answer.reply else { return .failed }
        let done = outcome.result == .already ? "is its name already" : "is its name now"
        try session.console.print("\(Visible.text(name)): \(Visible.text(other)) \(done)\n")
        return .ok
    }
}

struct Copy: Act {
    static let configuration = CommandConfiguration(
        entry: "copy", discussion: "A log file that is named is shared by both.")

    @Flag(help: "Return at once, not after startup_grace.") var noWait = false
    @Argument(help: ArgumentHelp("A worker, and the name of the new one.", valueName: "name"))
    var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let (name, other) = try session.twoNames(of: names, for: "copy")
        let connection = try session.reach()
        let answer = try connection.askNaming(
            name, as: "copy", .copy(CopyCommand(name: name, newName: other, waits: !noWait)),
            waits: !noWait)
        return try OutcomeReport(
            selection: Selection(name: other), done: .copied, session: session
        ).show(answer, connection)
    }
}

struct StopAll: Act {
    static let configuration = CommandConfiguration(entry: "stopall")

    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Argument(help: .hidden) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        if let first = names.first {
            throw .usage(
                "stopall takes no names", now: "apm stop \(Visible.text(first)) stops one worker")
        }
        let answer = try session.reach().ask(.stopAll(waits: !noWait), waits: !noWait)
        guard case .outcome(_, let outcome) = answer.reply else { return .failed }
        let count = Count.of(outcome.instances, "instance")
        switch outcome.result {
        case .begun: try session.console.print("all workers: \(count) stopping\n")
        case .already: try session.console.print("all workers: already stopped\n")
        case .done: try session.console.print("all workers: \(count) stopped\n")
        case .overtaken, .diedEarly, .finished, .rollStopped:
            throw Failure(
                "not all workers are stopped: another command started some meanwhile",
                now: "apm list shows which run; then again: apm stopall")
        }
        return .ok
    }
}

struct Env: Act {
    static let configuration = CommandConfiguration(
        entry: "env",
        discussion: """
            Of the program that runs; where none does, what the next one gets. Without a number, \
            of the first instance. One KEY=value a line, with control characters shown as \\xNN.
            """)

    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "env")
        let selection = try WorkerReference.read(name)
        let connection = try session.reach()
        let answer = try connection.askAbout(.environment(selection))
        guard case .environmentTold(let entries) = answer.reply else { return .failed }
        let text = json ? JSON(environment: entries).line : Self.lines(entries)
        try session.console.print(text)
        return .ok
    }

    static func lines(_ entries: [String]) -> String {
        entries.map { Visible.text($0) + "\n" }.joined()
    }
}
