// stop, remove, exit daemon: what ends things.

import ArgumentParser
import Control

struct Stop: Act {
    static let configuration = CommandConfiguration(
        entry: "stop", discussion: "Done when nothing of what it has started is left.")

    @OptionGroup var flags: WaitFlags
    @Argument(help: .name("Workers, or single instances.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        try Operation(aim: .stop, done: .stopped, command: { .stop($0) })
            .perform(on: names, as: "stop", Operation.Patience(flags), in: session)
    }
}

struct Remove: Act {
    static let configuration = CommandConfiguration(entry: "remove")

    @Argument(help: .name("Workers.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        try Operation(
            aim: .stop, done: .removed, command: { .remove($0) }, forWholes: "remove"
        ).perform(on: names, as: "remove", Operation.Patience(), in: session)
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
