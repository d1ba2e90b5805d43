// Every command against what people do to commands: wrong words, no daemon, a reader that has gone,
// a narrow or dumb terminal, an odd locale. Each ends with two lines and the documented status, or
// cleanly.

import Glibc
import Testing

extension SystemTests {
    @Suite struct CommandWordsTests {
        struct Command: Sendable, CustomStringConvertible {
            let name: String
            /// A line that does something harmless; `w` is a worker that runs.
            let words: [String]
            /// Takes a worker's name.
            var takesName = false
            /// More than one, even.
            var takesNames = false
            /// Without words it is wrong.
            var needsWord = false
            /// Never starts a daemon; its status when there is none.
            var withoutDaemon: Int32?
            var description: String { name }
        }

        /// `run`, `exit` and what never ends by itself are tried elsewhere.
        static let commands = [
            Command(name: "start", words: ["start", "w"], takesName: true, takesNames: true),
            Command(
                name: "stop", words: ["stop", "w"], takesName: true, takesNames: true,
                needsWord: true),
            Command(
                name: "restart", words: ["restart", "w"], takesName: true, takesNames: true,
                needsWord: true),
            Command(name: "list", words: ["list"]),
            Command(name: "info", words: ["info", "w"], takesName: true, needsWord: true),
            Command(
                name: "log", words: ["log", "w"], takesName: true, takesNames: true,
                needsWord: true),
            Command(
                name: "remove", words: ["remove", "w"], takesName: true, takesNames: true,
                needsWord: true),
            Command(name: "status", words: ["status"], withoutDaemon: 3),
            Command(name: "monitor", words: ["monitor"]),
            Command(name: "wait", words: ["wait", "w"], takesName: true, needsWord: true),
            Command(
                name: "completion", words: ["completion", "bash"], needsWord: true,
                withoutDaemon: 0),
            Command(
                name: "events", words: ["events", "-n", "x"], takesName: true, takesNames: true),
            Command(
                name: "convert", words: ["convert", "gone.json"], needsWord: true,
                withoutDaemon: 1),
            Command(name: "exit", words: ["exit", "now"], needsWord: true, withoutDaemon: 2),
            Command(name: "env", words: ["env", "w"], takesName: true, needsWord: true),
            Command(name: "rename", words: ["rename", "w", "w"], needsWord: true),
            Command(name: "copy", words: ["copy", "w", "w"], needsWord: true),
            Command(
                name: "update", words: ["update", "w", "--kill-timeout", "3000"], needsWord: true),
            Command(name: "stopall", words: ["stopall"]),
            Command(name: "load", words: ["load", "/nowhere/w.conf"], needsWord: true),
            Command(name: "unload", words: ["unload", "/nowhere/w.conf"], needsWord: true),
            Command(name: "reload", words: ["reload", "/nowhere/w.conf"], needsWord: true),
            Command(name: "boot", words: ["boot"]),
            Command(
                name: "check", words: ["check", "/nowhere/w.conf"], needsWord: true,
                withoutDaemon: 1),
            Command(
                name: "saveconf", words: ["saveconf", "w", "/nowhere/w.conf"], takesName: true,
                withoutDaemon: 3),
            Command(name: "run", words: ["run", "--instances", "0", "true"], needsWord: true),
        ]

        static func run(_ daemon: TestDaemon, _ words: [String], _ more: [String] = [])
            -> Finished
        {
            Program.run(
                TestDaemon.executables + "/apm", words, environment: daemon.environment + more)
        }

        static func expectTwoLines(
            _ finished: Finished, _ status: Int32, _ what: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let lines = finished.errors.split(separator: "\n")
            #expect(
                finished.status == status && lines.count == 2 && lines[0].hasPrefix("apm: ")
                    && lines[1].hasPrefix("  ") && finished.output.isEmpty,
                "\(what): \(finished)", sourceLocation: sourceLocation)
        }

        @Test func theTableHasAllCommands() throws {
            let listed = Program.run(
                TestDaemon.executables + "/apm", ["__complete", "fish", ""],
                environment: ["HOME=/", "APM_HOME=/nowhere"])
            let names = listed.output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
            #expect(Set(names.map(String.init)) == Set(Self.commands.map(\.name)))
        }

        @Test func bothDaemonsAtOnceAreWrong() throws {
            for command in Self.commands {
                let finished = Program.run(
                    TestDaemon.executables + "/apm", ["--system", "--user"] + command.words,
                    environment: ["HOME=/", "APM_HOME=/nowhere"])
                Self.expectTwoLines(finished, 2, command.name)
            }
        }

        @Test func wrongWordsHaveTwoLines() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            for command in Self.commands {
                let name = command.name
                Self.expectTwoLines(
                    Self.run(daemon, [name, "--frobnicate"]), 2, "\(name) --frobnicate")
                if command.needsWord {
                    Self.expectTwoLines(Self.run(daemon, [name]), 2, "\(name) alone")
                }
                if command.takesName {
                    Self.expectTwoLines(Self.run(daemon, [name, "nobody"]), 4, "\(name) nobody")
                    Self.expectTwoLines(
                        Self.run(daemon, [name, "w#9"]),
                        ["info", "remove", "saveconf"].contains(name) ? 2 : 4, "\(name) w#9")
                    Self.expectTwoLines(Self.run(daemon, [name, "w#0"]), 2, "\(name) w#0")
                }
                if !command.takesNames, name != "run" {
                    Self.expectTwoLines(
                        Self.run(daemon, [name, "w", "v", "u"]), 2, "\(name) w v u")
                }
            }
            #expect(daemon.workers.count == 1)
            daemon.end()
        }

        @Test func helpIsThereForEveryCommand() throws {
            for command in Self.commands {
                let help = Program.run(
                    TestDaemon.executables + "/apm", [command.name, "-h"],
                    environment: ["HOME=/", "APM_HOME=/nowhere"])
                #expect(help.status == 0 && help.errors.isEmpty, "\(command)")
                #expect(help.output.contains("USAGE: apm \(command.name)"), "\(help.output)")
            }
        }

        /// APM_HOME is a folder that belongs to nobody who could start a daemon there.
        @Test func withoutADaemonItIsTold() throws {
            for command in Self.commands where command.name != "events" && command.name != "run" {
                let finished = Program.run(
                    TestDaemon.executables + "/apm", command.words,
                    environment: ["HOME=/", "APM_HOME=/proc/no-such-folder", "PATH=/usr/bin"])
                let expected = command.withoutDaemon ?? 69
                #expect(finished.status == expected, "\(command): \(finished)")
                if expected == 69 { Self.expectTwoLines(finished, 69, command.name) }
            }
        }

        @Test func aReaderThatHasGoneIsNoError() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "sleep")
            daemon.run("p", probe: "print", "100")
            let words =
                Self.commands.map(\.words).filter {
                    !["remove", "load", "unload", "reload"].contains($0[0])
                }
                + [["list", "--json"], ["info", "w", "--json"], ["monitor", "--json"], ["-h"]]
                + [["log", "p"], ["log", "p", "-f"], ["log", "p", "w", "-f"]]
            for line in words {
                let quoted = line.map { "'\($0)'" }.joined(separator: " ")
                let shell = Program.run(
                    "/bin/sh",
                    ["-c", "'\(TestDaemon.executables)/apm' \(quoted) | head -c 1 >/dev/null"],
                    environment: daemon.environment, seconds: 10)
                #expect(shell.status == 0, "\(line): \(shell)")
                let isWrong = [
                    "exit", "run", "events", "copy", "convert", "load", "unload", "reload",
                    "check", "saveconf",
                ].contains(line[0])
                #expect(shell.errors.isEmpty || isWrong, "\(line): \(shell.errors)")
            }
            daemon.end()
        }

        static let surroundings = [
            ["TERM=dumb"], ["NO_COLOR=1"], ["FORCE_COLOR=1"], ["LANG=C", "LC_ALL=C"],
            ["LC_ALL=de_DE.ISO-8859-1"], ["LC_ALL=nonsense"], ["TERM="], ["COLUMNS=1"],
        ]

        @Test(arguments: surroundings)
        func surroundingsChangeColoursAlone(_ variables: [String]) throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "print", "3")
            for command in Self.commands where !["remove", "exit", "run"].contains(command.name) {
                let plain = Self.run(daemon, command.words)
                let finished = Self.run(daemon, command.words, variables)
                #expect(finished.status == plain.status, "\(command): \(finished)")
                let isForced = variables == ["FORCE_COLOR=1"]
                let hasColours = (finished.output + finished.errors).contains("\u{1B}")
                #expect(!hasColours || isForced, "\(command): \(finished)")
                #expect(
                    String(validating: finished.output.utf8, as: UTF8.self) != nil, "\(command)")
            }
            daemon.end()
        }

        @Test func aTerminalOfOneColumnIsEnough() throws {
            let daemon = try TestDaemon()
            daemon.run("w", probe: "print", "3")
            for command in Self.commands where !["remove", "exit", "run"].contains(command.name) {
                let plain = Self.run(daemon, command.words)
                let terminal = try Terminal(
                    TestDaemon.executables + "/apm", command.words,
                    environment: daemon.environment + ["TERM=xterm"], columns: 1, rows: 1)
                if command.name == "monitor" {
                    terminal.expect("\u{1B}[?1049h")
                    terminal.type("q")
                }
                #expect(terminal.end() == plain.status, "\(command)")
            }
            daemon.end()
        }
    }

    @Suite struct ShellTests {
        /// As bash does it: COMP_WORDS and COMP_CWORD set, the function called, COMPREPLY read.
        private func complete(_ daemon: TestDaemon, _ words: String...) -> [String] {
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            let script = """
                source <('\(TestDaemon.executables)/apm' completion bash)
                COMP_WORDS=('\(TestDaemon.executables)/apm' \(list))
                COMP_CWORD=\(words.count)
                _apm
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let shell = Program.run(
                "/bin/bash", ["-c", script], environment: daemon.environment)
            #expect(shell.status == 0 && shell.errors.isEmpty, "\(shell)")
            return shell.output.split(separator: "\n").map(String.init)
        }

        @Test func bashCompletesCommandsFlagsAndWorkers() throws {
            let daemon = try TestDaemon()
            daemon.run("web", ["--instances", "2"], probe: "sleep")
            #expect(complete(daemon, "sto") == ["stop", "stopall"])
            #expect(complete(daemon, "stop", "--ti") == ["--timeout"])
            #expect(complete(daemon, "stop", "w") == ["web"])
            #expect(complete(daemon, "stop", "web#") == ["web#1", "web#2"])
            #expect(complete(daemon, "list", "--color", "=", "ne") == ["never"])
            #expect(complete(daemon, "run", "--log", "/e").isEmpty)
            daemon.end()
        }

        /// Whatever stands in for apm: no candidate is more than one word to the shell.
        @Test func bashTakesNoCandidateForACommand() throws {
            let hostile = [
                "$(touch${IFS}x)", "`id`", "a;b", "a&b", "a|b", "a>b", "'", "\"", "a\\b", "*", "~x",
                "{a,b}", "a b", "!!", "[x]", "#x", "$'x'", "%x", "a^b", "(", "größe", "web#1",
            ]
            let names = hostile.map { "'" + $0.replacing("'", with: "'\\''") + "'" }
            let script = """
                source '\(TestDaemon.root)/Tests/Golden/completion.bash'
                names=(\(names.joined(separator: " ")))
                told() { printf '%s\\thelp\\n' "${names[@]}"; }
                COMP_WORDS=(told '')
                COMP_CWORD=1
                _apm
                for word in "${COMPREPLY[@]}"; do
                    eval "set -- $word"
                    printf '%s %s\\n' "$#" "$1"
                done
                printf '%s\\n' "${COMPREPLY[@]: -1}"
                """
            let shell = Program.run(
                "/bin/bash", ["-c", script], environment: ["PATH=/usr/bin", "LC_ALL=C.UTF-8"])
            #expect(shell.status == 0 && shell.errors.isEmpty, "\(shell)")
            let lines = shell.output.split(separator: "\n").map(String.init)
            // What needs no quotes is shown without them.
            #expect(lines == hostile.map { "1 \($0)" } + ["web#1"])
        }

        @Test func completionStartsNoDaemonAndSaysNothing() throws {
            for home in ["/nowhere/at/all", "relative", ""] {
                let asked = Program.run(
                    TestDaemon.executables + "/apm", ["__complete", "bash", "stop", ""],
                    environment: ["APM_HOME=\(home)", "PATH=/usr/bin"])
                #expect(asked.status == 0 && asked.errors.isEmpty && asked.output.isEmpty)
                #expect(asked.milliseconds < 1000)
            }
        }

        @Test func theBashScriptIsBash() throws {
            let shell = Program.run(
                "/bin/bash", ["-n", TestDaemon.root + "/Tests/Golden/completion.bash"],
                environment: ["PATH=/usr/bin"])
            #expect(shell.status == 0 && shell.errors.isEmpty, "\(shell.errors)")
        }
    }
}
