// What other process managers call it: whoever types their words is told apm's. Pure.

enum Synonyms {
    /// What to do now for somebody who typed `word`; nil: it is nobody's that is known.
    static func hint(for word: String) -> String? {
        let word = word.lowercased()
        if let sentence = sentences[word] { return sentence }
        guard let meant = commands[word] else { return nil }
        // What a version does not have is not recommended by it.
        let name = String(meant.prefix { $0 != " " })
        let isThere = name.hasPrefix("-") || CommandTable.words.contains(name)
        return isThere ? "apm calls it: apm \(meant)" : nil
    }

    private static let commands = [
        "delete": "remove", "del": "remove", "destroy": "remove",
        "describe": "info", "desc": "info", "show": "info", "is-active": "info", "pid": "info",
        "logs": "log", "tail": "log",
        "ps": "list", "list-units": "list", "jlist": "list --json", "prettylist": "list --json",
        "monit": "monitor", "dash": "monitor", "dashboard": "monitor", "top": "monitor",
        "kill": "exit daemon", "shutdown": "exit daemon", "quit": "exit daemon",
        "ping": "status", "resurrect": "boot", "save": "saveconf", "dump": "saveconf",
        "reread": "reload", "startorreload": "load", "startorrestart": "load",
        "scale": "update NAME --instances N", "version": "-v",
    ]

    private static let atBoot =
        "workers of the main configuration start with the daemon; apm boot starts them now"

    private static let sentences = [
        "enable": atBoot, "startup": atBoot,
        "sendsignal": "a signal is sent by its name: apm SIGHUP NAME",
        "signal": "a signal is sent by its name: apm SIGHUP NAME",
    ]
}
