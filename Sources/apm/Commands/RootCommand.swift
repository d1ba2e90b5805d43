// The command tree for the parser, and what all commands have in common. The general help is
// Help.swift's; `list` and `status` get here only for their help and their mistakes.

import ArgumentParser

/// A parsed command that can be carried out.
protocol Act: ParsableCommand {
    func act(in session: Session) throws(Failure) -> ExitValue
}

struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apm", abstract: "Process manager",
        subcommands: [
            Run.self, Start.self, Stop.self, Restart.self, List.self, Info.self, Log.self,
            Remove.self, Status.self, Exit.self, Monitor.self, Events.self, Wait.self,
            Complete.self, Update.self, StopAll.self, Rename.self, Copy.self, Env.self,
            Load.self, Unload.self, Reload.self, Boot.self, Check.self, SaveConf.self,
            Convert.self,
        ])
}

extension ArgumentHelp {
    /// Of the one name that a command takes. It is declared as a list, so that a second one is told
    /// in apm's own words.
    static func name(_ text: String) -> ArgumentHelp { ArgumentHelp("\(text)", valueName: "name") }
}

extension CommandConfiguration {
    /// The configuration of a command of the command table.
    init(entry name: String, usage: String? = nil, discussion: String = "") {
        guard let entry = CommandTable.entries.first(where: { $0.name == name }) else {
            preconditionFailure("\(name) is not in the command table")
        }
        self.init(
            commandName: name, abstract: entry.abstract + ".",
            usage: usage ?? "apm \(name) \(entry.form)", discussion: discussion,
            aliases: entry.aliases)
    }
}
