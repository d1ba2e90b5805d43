// The commands by name: for the dispatch, for suggestions, for completion and for the general help.
// A test compares it with what the parser knows.

enum CommandTable {
    struct Entry {
        let name: String
        let aliases: [String]
        /// What stands after the name.
        let form: String
        let abstract: String
        /// Shown by `-h`; the others by `-h --full` only.
        let isCommon: Bool
        /// Beside `--help`, `--color`, `--system` and `--user`.
        var flags: [Flag] = []
        var takes = Takes.nothing
    }

    /// A flag as completion offers it.
    struct Flag {
        let name: String
        var value = Value.none
    }

    /// What stands after a flag.
    enum Value: Equatable {
        case none
        case truth
        /// Anything; nothing can be offered.
        case text
        case path
        /// Names of workers, separated by commas.
        case workers
        case signal
        case choice([String])
    }

    /// What a command takes beside flags.
    enum Takes: Equatable {
        case nothing
        case program
        /// A worker, and flags of `run`.
        case update
        case worker
        case workers
        /// A worker, or one instance of it.
        case instance
        case instances
        case file
        /// A file, or a worker.
        case fileOrWorker
        /// A worker, then a file.
        case workerAndFile
        case words([String])
        case files
    }

    private static let json = [Flag(name: "--json")]
    private static let waits = [
        Flag(name: "--wait"), Flag(name: "--no-wait"), Flag(name: "--timeout", value: .text),
    ]
    private static let lines = Flag(name: "--lines", value: .text)

    static let entries = [
        Entry(
            name: "run", aliases: [], form: "<program> [args…] [flags]",
            abstract: "Define a worker and start it", isCommon: true, takes: .program),
        Entry(
            name: "start", aliases: [], form: "[name[#n]…] [--timeout <ms>]",
            abstract: "Start stopped workers; without a name, the daemon", isCommon: true,
            flags: waits, takes: .instances),
        Entry(
            name: "stop", aliases: [], form: "<name[#n]…> [--timeout <ms>]",
            abstract: "Stop workers and all that they started", isCommon: true, flags: waits,
            takes: .instances),
        Entry(
            name: "restart", aliases: [], form: "<name[#n]…> [--timeout <ms>]",
            abstract: "Restart workers", isCommon: true, flags: waits, takes: .instances),
        Entry(
            name: "update", aliases: [], form: "<name> [flags] [--no-restart]",
            abstract: "Change a worker's settings, with the flags of run", isCommon: true,
            takes: .update),
        Entry(
            name: "list", aliases: ["ls"], form: "[--json]", abstract: "All workers",
            isCommon: true, flags: json),
        Entry(
            name: "info", aliases: [], form: "<name> [--json]",
            abstract: "Settings and state of one worker", isCommon: true, flags: json,
            takes: .worker),
        Entry(
            name: "log", aliases: [], form: "<name[#n]…> [-f] [-n <lines>]",
            abstract: "Recent lines of workers' logs; -f goes on", isCommon: true,
            flags: [Flag(name: "--follow"), lines], takes: .instances),
        Entry(
            name: "remove", aliases: ["rm"], form: "<name…>",
            abstract: "Stop workers and forget them", isCommon: true, takes: .workers),
        Entry(
            name: "load", aliases: [], form: "<file>",
            abstract: "Start all workers of a configuration file", isCommon: true,
            flags: [Flag(name: "--no-wait")], takes: .file),
        Entry(
            name: "reload", aliases: [], form: "<file|name> [--force] [--dry-run]",
            abstract: "Bring workers to where their file has them now", isCommon: true,
            flags: [
                Flag(name: "--force"), Flag(name: "--dry-run"), Flag(name: "--no-wait"),
            ], takes: .fileOrWorker),
        Entry(
            name: "unload", aliases: [], form: "<file>",
            abstract: "Stop and remove all workers of a file", isCommon: false,
            flags: [Flag(name: "--no-wait")], takes: .file),
        Entry(
            name: "boot", aliases: [], form: "",
            abstract: "Load the main configuration, as the daemon's start does",
            isCommon: false, flags: [Flag(name: "--no-wait")]),
        Entry(
            name: "check", aliases: [], form: "<file> [--json]",
            abstract: "What is wrong with a file, and what a reload would do", isCommon: true,
            flags: json, takes: .file),
        Entry(
            name: "saveconf", aliases: [], form: "[name [file]]",
            abstract: "Write workers' settings back to their files", isCommon: true,
            takes: .workerAndFile),
        Entry(
            name: "stopall", aliases: [], form: "", abstract: "Stop all workers; the daemon stays",
            isCommon: false, flags: [Flag(name: "--no-wait")]),
        Entry(
            name: "rename", aliases: [], form: "<name> <new>",
            abstract: "Give a worker another name; it goes on", isCommon: false, takes: .worker),
        Entry(
            name: "copy", aliases: [], form: "<name> <new>",
            abstract: "A second worker like this one, started if it runs", isCommon: false,
            flags: [Flag(name: "--no-wait")], takes: .worker),
        Entry(
            name: "env", aliases: [], form: "<name[#n]> [--json]",
            abstract: "The environment that a worker's programs have", isCommon: false, flags: json,
            takes: .instance),
        Entry(
            name: "status", aliases: [], form: "[--json]", abstract: "Whether the daemon runs",
            isCommon: false, flags: json),
        Entry(
            name: "exit", aliases: [], form: "daemon",
            abstract: "Stop all workers and the daemon", isCommon: false,
            takes: .words(["daemon"])),
        Entry(
            name: "monitor", aliases: [], form: "[--json]",
            abstract: "The machine and all workers, live", isCommon: true, flags: json),
        Entry(
            name: "events", aliases: [], form: "[name[#n]…] [-n <lines>] [--json]",
            abstract: "What happens to workers, as it happens", isCommon: false,
            flags: json + [lines], takes: .instances),
        Entry(
            name: "wait", aliases: [], form: "<name[#n]> [--timeout <ms>]",
            abstract: "Return when a worker runs", isCommon: false,
            flags: [Flag(name: "--timeout", value: .text)], takes: .instance),
        Entry(
            name: "convert", aliases: [], form: "<pm2-config> [output] [--env <name>] [--force]",
            abstract: "PM2's ecosystem file as worker blocks", isCommon: false,
            flags: [Flag(name: "--env", value: .text), Flag(name: "--force")], takes: .files),
        Entry(
            name: "completion", aliases: [], form: "bash|zsh|fish",
            abstract: "A script that completes commands and names", isCommon: false,
            takes: .words(["bash", "zsh", "fish"])),
    ]

    /// Commands that change nothing.
    static let onlyRead: Set = [
        "list", "info", "log", "env", "status", "monitor", "events", "wait", "completion",
    ]

    static var words: [String] { entries.flatMap { [$0.name] + $0.aliases } }

    /// The command that `word` is the name or an alias of.
    static func name(of word: String) -> String? {
        entries.first { $0.name == word || $0.aliases.contains(word) }?.name
    }
}
