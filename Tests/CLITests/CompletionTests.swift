// What completion offers, and the scripts that ask for it.

import Documents
import Testing

@testable import apm

struct CompletionTests {
    private static let workers = [
        Completion.Worker(name: "api", instances: 2), Completion.Worker(name: "web", instances: 1),
    ]

    private func offered(_ line: String) -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let completion = Completion.of(words) { Self.workers }
        return completion.wantsFiles ? [":files"] : completion.candidates.map(\.text)
    }

    struct Row: Sendable {
        let line: String
        let offers: [String]
    }

    static let table = [
        Row(line: "sta", offers: ["start", "status"]),
        Row(line: "start ", offers: ["api", "web"]),
        Row(line: "stop a", offers: ["api"]),
        Row(line: "stop api#", offers: ["api#1", "api#2"]),
        Row(line: "remove api#", offers: []),
        Row(line: "rm ", offers: ["api", "web"]),
        Row(line: "stop api ", offers: ["web"]),
        Row(line: "restart web ", offers: ["api"]),
        Row(line: "remove api ", offers: ["web"]),
        Row(line: "info api ", offers: []),
        Row(line: "log api ", offers: ["web"]),
        Row(line: "log --lines 5 w", offers: ["web"]),
        Row(line: "log --lines ", offers: []),
        Row(line: "stop --ti", offers: ["--timeout"]),
        Row(line: "stop --timeout 5s ", offers: ["api", "web"]),
        Row(line: "list --", offers: ["--json", "--help", "--color", "--system", "--user"]),
        Row(line: "--sys", offers: ["--system"]),
        Row(line: "--user sto", offers: ["stop", "stopall"]),
        Row(line: "stop --system ", offers: ["api", "web"]),
        Row(line: "run --us", offers: ["--user"]),
        Row(line: "run --sys", offers: ["--syslog", "--syslog-tag", "--system"]),
        Row(line: "list ", offers: []),
        Row(line: "exit ", offers: ["daemon"]),
        Row(line: "completion ", offers: ["bash", "zsh", "fish"]),
        Row(line: "completion bash ", offers: []),
        Row(line: "--col", offers: ["--color"]),
        Row(line: "--color a", offers: ["always", "auto"]),
        Row(line: "--color never wai", offers: ["wait"]),
        Row(line: "--color=n", offers: ["--color=never"]),
        Row(line: "list --color=n", offers: ["--color=never"]),
        Row(line: "run --restart-e", offers: ["--restart-err"]),
        Row(line: "run --restart=", offers: ["--restart=true", "--restart=false"]),
        Row(line: "run --stdin ", offers: ["pipe", "null"]),
        Row(line: "run --stop-signal SIGU", offers: ["SIGUSR1", "SIGUSR2"]),
        Row(line: "run --log ", offers: [":files"]),
        Row(line: "run --access-log ", offers: [":files"]),
        Row(line: "start api ", offers: ["web"]),
        Row(line: "run --depends-on ", offers: ["api", "web"]),
        Row(line: "run --depends-on=api,", offers: ["--depends-on=api,web"]),
        Row(line: "update web --depends-on web,a", offers: ["web,api"]),
        Row(line: "run ", offers: [":files"]),
        Row(line: "run --restart node ", offers: [":files"]),
        Row(line: "run node --", offers: [":files"]),
        Row(line: "run --name x --pid", offers: ["--pids-limit"]),
        Row(line: "update ", offers: ["api", "web"]),
        Row(line: "update api --no", offers: ["--no-wait", "--no-restart"]),
        Row(line: "update api#", offers: []),
        Row(line: "rename api ", offers: []),
        Row(line: "convert ", offers: [":files"]),
        Row(line: "convert --env prod e.js ", offers: [":files"]),
        Row(line: "convert e.js apm.conf ", offers: []),
        Row(line: "convert --f", offers: ["--force"]),
        Row(line: "SIGHU", offers: ["SIGHUP"]),
        Row(line: "SIGHUP api#", offers: ["api#1", "api#2"]),
        Row(line: "nonsense ", offers: []),
        Row(line: "zzz", offers: []),
    ]

    @Test(arguments: table)
    func offers(_ row: Row) {
        #expect(offered(row.line) == row.offers, "\(row.line)")
    }

    @Test func everyCommandIsOffered() {
        #expect(offered("") == CommandTable.entries.map(\.name))
    }

    @Test func workersAreAskedForOnlyWhereTheyMayStand() {
        for line in ["", "sto", "list ", "run ", "exit ", "stop --"] {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            _ = Completion.of(words.map(String.init)) {
                Issue.record("\(line)")
                return []
            }
        }
    }

    @Test func whatBashCutsIsJoined() {
        #expect(CompletionAnswer.joined(["list", "--color", "=", "n"]) == ["list", "--color=n"])
        #expect(CompletionAnswer.joined(["--color", "="]) == ["--color="])
        #expect(CompletionAnswer.joined(["start", "a"]) == ["start", "a"])
        let completion = Completion(candidates: [.init(text: "--color=never")])
        #expect(CompletionAnswer.text(completion, cutting: "--color=n") == "never\n")
        #expect(CompletionAnswer.text(completion, cutting: nil) == "--color=never\n")
        #expect(CompletionAnswer.text(.files, cutting: nil) == ":files\n")
    }

    @Test func helpStandsBehindATab() {
        let completion = Completion(candidates: [.init(text: "list", help: "All workers")])
        #expect(CompletionAnswer.text(completion, cutting: nil) == "list\tAll workers\n")
    }

    /// Each script was tried in its shell as it stands there.
    @Test(arguments: ["bash", "zsh", "fish"])
    func scriptsAreThoseThatWereTried(_ shell: String) throws {
        let golden = try Documents.text(of: "Tests/Golden/completion.\(shell)")
        #expect(CompletionScripts.named[shell] == golden)
    }

    /// The table's flags are those that the parser knows.
    @Test func flagsAreTheParsers() throws {
        for command in RootCommand.configuration.subcommands {
            let name = try #require(command.configuration.commandName)
            let entry = try #require(CommandTable.entries.first { $0.name == name })
            let help = RootCommand.helpMessage(for: command, columns: 200)
            let words = help.split { !($0.isLetter || $0.isNumber || $0 == "-") }
            let known = Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init))
            let isRun = entry.takes == .program || entry.takes == .update
            let listed = Set(Completion.flags(of: entry).map(\.name))
            #expect(listed.isSubset(of: known), "\(name): \(listed.subtracting(known))")
            guard !isRun else { continue }
            let extra = known.subtracting(listed).subtracting(["--help", "--version"])
            #expect(extra.isEmpty, "\(name): \(extra)")
        }
    }
}
