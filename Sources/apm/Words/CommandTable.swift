// The commands by name: for the dispatch, for suggestions and for the general help. A test compares
// it with what the parser knows.

enum CommandTable {
    struct Entry {
        let name: String
        let aliases: [String]
        /// What stands after the name.
        let form: String
        let abstract: String
        /// Shown by `-h`; the others by `-h --full` only.
        let isCommon: Bool
    }

    static let entries = [
        Entry(
            name: "run", aliases: [], form: "<program> [args…] [flags]",
            abstract: "Define a worker and start it", isCommon: true),
        Entry(
            name: "start", aliases: [], form: "[name[#n]]",
            abstract: "Start a stopped worker; without a name, the daemon", isCommon: true),
        Entry(
            name: "stop", aliases: [], form: "<name[#n]>",
            abstract: "Stop a worker and all that it started", isCommon: true),
        Entry(
            name: "restart", aliases: [], form: "<name[#n]>", abstract: "Restart a worker",
            isCommon: true),
        Entry(
            name: "update", aliases: [], form: "<name> [flags] [--no-restart]",
            abstract: "Change a worker's settings, with the flags of run", isCommon: true),
        Entry(
            name: "list", aliases: ["ls"], form: "[--json]", abstract: "All workers",
            isCommon: true),
        Entry(
            name: "info", aliases: [], form: "<name> [--json]",
            abstract: "Settings and state of one worker", isCommon: true),
        Entry(
            name: "log", aliases: [], form: "<name[#n]> [-f] [-n <lines>]",
            abstract: "Recent lines of a worker's log; -f goes on", isCommon: true),
        Entry(
            name: "remove", aliases: ["rm"], form: "<name>",
            abstract: "Stop a worker and forget it", isCommon: true),
        Entry(
            name: "stopall", aliases: [], form: "", abstract: "Stop all workers; the daemon stays",
            isCommon: false),
        Entry(
            name: "rename", aliases: [], form: "<name> <new>",
            abstract: "Give a worker another name; it goes on", isCommon: false),
        Entry(
            name: "copy", aliases: [], form: "<name> <new>",
            abstract: "A second worker like this one, started if it runs", isCommon: false),
        Entry(
            name: "env", aliases: [], form: "<name[#n]> [--json]",
            abstract: "The environment that a worker's programs have", isCommon: false),
        Entry(
            name: "status", aliases: [], form: "[--json]", abstract: "Whether the daemon runs",
            isCommon: false),
        Entry(
            name: "exit", aliases: [], form: "daemon",
            abstract: "Stop all workers and the daemon", isCommon: false),
    ]

    static var words: [String] { entries.flatMap { [$0.name] + $0.aliases } }

    /// The command that `word` is the name or an alias of.
    static func name(of word: String) -> String? {
        entries.first { $0.name == word || $0.aliases.contains(word) }?.name
    }
}
