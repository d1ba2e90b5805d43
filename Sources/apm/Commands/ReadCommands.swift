// list, info, status: what only looks. `list` and `status` are usually answered without the parser
// (Invocation); their declarations here give them help and error messages.

import ArgumentParser
import Control

struct List: Act {
    static let configuration = CommandConfiguration(entry: "list")

    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .hidden) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard names.isEmpty else {
            throw .usage("list takes no names", now: "apm info NAME shows one worker")
        }
        return try ListReport.show(json: json, in: session)
    }
}

struct Status: Act {
    static let configuration = CommandConfiguration(
        entry: "status", discussion: "Exit code 3 when it does not. Never starts it.")

    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .hidden) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        guard names.isEmpty else {
            throw .usage("status takes no names", now: "apm info NAME shows one worker")
        }
        return try StatusReport.show(json: json, in: session)
    }
}

struct Info: Act {
    static let configuration = CommandConfiguration(entry: "info")

    @Flag(help: "Print JSON.") var json = false
    @Argument(help: .name("A worker.")) var names: [String] = []

    func act(in session: Session) throws(Failure) -> ExitValue {
        let name = try session.worker(of: names, for: "info")
        let selection = try WorkerReference.readWhole(name, for: "info")
        let connection = try session.viewOrReach()
        guard case .informed(let info) = try connection.askAbout(.info(selection)).reply else {
            return .failed
        }
        let console = session.console
        if json {
            try console.print(JSON(info).line)
        } else {
            try console.printTable(InfoReport.text(info, colours: console.colours))
        }
        return .ok
    }
}
