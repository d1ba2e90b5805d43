// The general help: `apm -h` for every day, `apm -h --full` for everything.

import Settings

enum Help {
    static var common: String {
        """
        apm runs programs and keeps them running.

        Usage: apm <command> [options]

        \(commands { $0.isCommon })
        apm <command> -h explains one command; apm -h --full shows everything.

        """
    }

    static var full: String {
        """
        apm runs programs and keeps them running.

        Usage: apm [--system|--user] [--color always|never|auto] <command> [options]

        \(commands { _ in true })
          SIG<NAME> <name[#n]>            Send a signal, like SIGHUP, to a worker's programs
          --system, --user                The system's daemon, or your own (--user before run)
          -v, --version [--json]          Versions of apm and of the daemon
          -h, --help [--full]             This

        Flags of run and update, with - or _ in their names:

        \(flags { $0.since != .later })
          --no-wait                   Return at once, not after startup_grace

        Flags that are kept, and not acted on by this version:

        \(flags { $0.since == .later })

        Everything after -- belongs to the program. api#2 is the second instance of api.
        --json on list, info, env, check, status and -v prints JSON.

        Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the daemon, or what a signal is for,
        does not run, 4 no such worker, 69 the daemon cannot be reached, 77 not permitted,
        124 timed out, 130 interrupted.

        Environment: APM_HOME moves the daemon's folder; FORCE_COLOR, NO_COLOR and TERM decide
        about colours where --color does not.

        """
    }

    private static func commands(_ isShown: (CommandTable.Entry) -> Bool) -> String {
        var text = ""
        for entry in CommandTable.entries where isShown(entry) {
            let names = ([entry.name] + entry.aliases).joined(separator: ", ")
            let form = "\(names) \(entry.form)"
            text += "  \(padded(form, to: 32))\(entry.abstract)\n"
        }
        return text
    }

    private static func flags(_ isShown: (ConfigOption) -> Bool) -> String {
        OptionTable.worker.filter(isShown).map { option in
            let standard = option.standard.isEmpty ? "" : " (\(option.standard))"
            return "  --\(padded(option.key, to: 26))\(option.help)\(standard)"
        }.joined(separator: "\n")
    }

    /// At least one blank, however long `text` is.
    private static func padded(_ text: String, to width: Int) -> String {
        let columns = TextWidth.columns(of: text)
        if columns >= width { return text + "\n" + String(repeating: " ", count: width + 2) }
        return text + String(repeating: " ", count: width - columns)
    }
}
