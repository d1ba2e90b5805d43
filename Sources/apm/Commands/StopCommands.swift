// stop, remove, exit daemon: what ends things.

import ArgumentParser
import Control

struct Stop: Act {
    static let configuration = CommandConfiguration(entry: "stop")

    @Flag(help: "Return at once, not when it is done.") var noWait = false
    @Argument(help: .name("A worker, or one instance of it.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "stop")
        var selection = try WorkerReference.read(name)
        selection.waits = !noWait
        let connection = try session.reach()
        let answer = try connection.askAbout(.stop(selection), waits: !noWait)
        return try OutcomeReport(selection: selection, done: .stopped, session: session)
            .show(answer, connection)
    }
}

struct Remove: Act {
    static let configuration = CommandConfiguration(entry: "remove")

    @Argument(help: .name("A worker.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "remove")
        let selection = try WorkerReference.readWhole(name, for: "remove")
        let connection = try session.reach()
        let answer = try connection.askAbout(.remove(selection), waits: true)
        return try OutcomeReport(selection: selection, done: .removed, session: session)
            .show(answer, connection)
    }
}

struct Exit: Act {
    static let configuration = CommandConfiguration(entry: "exit")

    @Argument(help: ArgumentHelp("The word daemon.", valueName: "daemon"))
    var words: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard words == ["daemon"] else {
            throw .usage(
                "exit ends the daemon and all workers, and must be told so",
                now: "apm exit daemon")
        }
        guard let connection = try session.find() else {
            try session.console.print("daemon: not running\n")
            return .notRunning
        }
        _ = try connection.ask(.exit, waits: true)
        connection.waitForEnd()
        try session.console.print("daemon: ended, and all workers with it\n")
        return .ok
    }
}
