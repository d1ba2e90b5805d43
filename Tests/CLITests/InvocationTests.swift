// The first look at the words: command, colours, help, and what is not known.

import Testing

@testable import apm

struct InvocationTests {
    struct Row: CustomTestStringConvertible {
        let words: String
        let action: Invocation.Action
        var testDescription: String { words }
    }

    static let table = [
        Row(words: "", action: .help(full: false)),
        Row(words: "-h", action: .help(full: false)),
        Row(words: "--help --full", action: .help(full: true)),
        Row(words: "help", action: .help(full: false)),
        Row(words: "help run", action: .parse(["run", "--help"])),
        Row(words: "-h start", action: .parse(["start", "--help"])),
        Row(words: "--json list", action: .list(json: true)),
        Row(words: "-v", action: .version(json: false)),
        Row(words: "--version --json", action: .version(json: true)),
        Row(words: "list", action: .list(json: false)),
        Row(words: "ls --json", action: .list(json: true)),
        Row(words: "list --color always --json", action: .list(json: true)),
        Row(words: "list -h", action: .parse(["list", "-h"])),
        Row(words: "list -h --full", action: .parse(["list", "-h"])),
        Row(words: "list x", action: .parse(["list", "x"])),
        Row(words: "status", action: .status(json: false)),
        Row(words: "rm api", action: .parse(["remove", "api"])),
        Row(words: "log api -f", action: .parse(["log", "api", "-f"])),
        Row(words: "run n --name x -p", action: .parse(["run", "--name", "x", "--", "n", "-p"])),
        Row(words: "run -h", action: .parse(["run", "--help"])),
        Row(words: "run -h --full", action: .parse(["run", "--help"])),
        Row(words: "run --full --help", action: .parse(["run", "--help"])),
        Row(words: "run -h n", action: .parse(["run", "--help"])),
        Row(words: "run n -h", action: .parse(["run", "--", "n", "-h"])),
        Row(words: "SIGHUP api", action: .signal("SIGHUP", ["api"])),
        Row(words: "--color never SIGRTMIN+3 a#2", action: .signal("SIGRTMIN+3", ["a#2"])),
        Row(words: "SIGHUP -h", action: .signal("SIGHUP", ["-h"])),
        Row(
            words: "update api --restart --prefix=x --no-restart",
            action: .parse([
                "update", "--restart=true", "--prefix", "x", "--no-restart", "--", "api",
            ])),
        Row(words: "update api -h", action: .parse(["update", "--help"])),
        Row(words: "stopall --no-wait", action: .parse(["stopall", "--no-wait"])),
        Row(words: "help run n", action: .parse(["run", "--help"])),
    ]

    @Test(arguments: [
        ("list", DaemonChoice.auto), ("--system list", .system), ("list --system", .system),
        ("--user stop api", .user), ("stop --user api", .user), ("SIGHUP --system api", .system),
        ("--user run n", .user), ("run --system n", .system), ("run --user www-data n", .auto),
        ("run n --system", .system),
        ("run n -x --name m --system", .system), ("run -- n --system", .auto),
        ("--system -v", .system),
        ("--user update api", .user), ("update api --system", .system),
        ("update api --user www-data", .auto), ("__complete bash --system stop x", .system),
        ("__complete zsh --user stop x", .user), ("__complete zsh run --user x", .auto),
    ])
    func theDaemonIsChosen(_ row: (words: String, choice: DaemonChoice)) throws {
        let invocation = try Invocation.read(row.words.split(separator: " ").map(String.init))
        #expect(invocation.choice == row.choice)
    }

    @Test(arguments: ["--system list --user", "--user run --system n"])
    func oneDaemonAlone(_ words: String) {
        #expect(throws: Failure.self) {
            try Invocation.read(words.split(separator: " ").map(String.init))
        }
    }

    @Test(arguments: table)
    func reads(_ row: Row) throws {
        let invocation = try Invocation.read(row.words.split(separator: " ").map(String.init))
        #expect(invocation.action == row.action)
    }

    @Test(arguments: [
        "--color=never list", "--color never list", "list --color=never", "run --color=never n",
        "start --color never api",
    ])
    func takesColourAnywhere(_ words: String) throws {
        let invocation = try Invocation.read(words.split(separator: " ").map(String.init))
        #expect(invocation.colour == .never)
    }

    @Test func theProgramsColourIsItsOwn() throws {
        let invocation = try Invocation.read(["run", "jest", "--color=always"])
        #expect(invocation.colour == .auto)
        #expect(invocation.action == .parse(["run", "--", "jest", "--color=always"]))
    }

    @Test(arguments: [
        ("delete", "apm calls it: apm remove"), ("describe", "apm calls it: apm info"),
        ("show", "apm calls it: apm info"), ("kill", "apm calls it: apm exit daemon"),
        ("logs", "apm calls it: apm log"), ("version", "apm calls it: apm -v"),
        ("signal", "a signal is sent by its name: apm SIGHUP NAME"),
        ("scale", "apm calls it: apm update NAME --instances N"),
        ("is-active", "apm calls it: apm info"),
        ("jlist", "apm calls it: apm list --json"), ("Kill", "apm calls it: apm exit daemon"),
        ("lst", "did you mean: apm list"), ("stauts", "did you mean: apm status"),
        ("node", "apm -h shows the commands; a program is started with: apm run node"),
        ("SIGHUPP", "did you mean: apm SIGHUP"), ("sigterm", "did you mean: apm SIGTERM"),
        ("SIGusr1", "did you mean: apm SIGUSR1"), ("SIGNOTHING", "kill -l lists the signals"),
        ("--hlp", "did you mean --help?"), ("--colour=x", "apm -h shows the commands"),
    ])
    func unknownWordsAreUsageErrors(_ word: String, _ now: String) {
        let failure = #expect(throws: Failure.self) { try Invocation.read([word]) }
        #expect(failure?.status == .usage)
        #expect(failure?.now == now)
    }

    /// No hint names a command that this version does not have.
    @Test(arguments: ["save", "dump"])
    func aCommandThatIsNotThereIsNotRecommended(_ word: String) {
        let failure = #expect(throws: Failure.self) { try Invocation.read([word]) }
        let isThere = CommandTable.words.contains("saveconf")
        #expect(failure?.now.contains("saveconf") == isThere)
    }

    @Test func badColourIsAUsageError() {
        for words in [["--color"], ["--color=red", "list"], ["list", "--color"]] {
            let failure = #expect(throws: Failure.self) { try Invocation.read(words) }
            #expect(failure?.status == .usage)
        }
    }
}
