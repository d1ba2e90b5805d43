// Whose word is it: apm's or the program's?

import Settings
import Testing

@testable import apm

struct RunWordsTests {
    struct Row: CustomTestStringConvertible {
        let words: String
        let options: [String]
        let program: [String]
        var testDescription: String { words }
    }

    static let table = [
        Row(words: "node server.js", options: [], program: ["node", "server.js"]),
        Row(
            words: "node a.js --port 3000", options: [],
            program: ["node", "a.js", "--port", "3000"]),
        Row(
            words: "node a.js --name x --port 3000", options: ["--name", "x"],
            program: ["node", "a.js", "--port", "3000"]),
        Row(words: "--restart node a.js", options: ["--restart=true"], program: ["node", "a.js"]),
        Row(words: "--restart false node", options: ["--restart=false"], program: ["node"]),
        Row(words: "--restart=off node", options: ["--restart=off"], program: ["node"]),
        Row(words: "node --restart 1", options: ["--restart=1"], program: ["node"]),
        Row(words: "node --restart on x", options: ["--restart=on"], program: ["node", "x"]),
        Row(words: "node --restart", options: ["--restart=true"], program: ["node"]),
        Row(
            words: "node --restart maybe", options: ["--restart=true"], program: ["node", "maybe"]),
        Row(
            words: "n --restart_err --err_delay 5",
            options: ["--restart-err=true", "--err-delay", "5"], program: ["n"]),
        Row(
            words: "n --restart-err --err-delay=5",
            options: ["--restart-err=true", "--err-delay", "5"], program: ["n"]),
        Row(
            words: "n --env A=1 --env B=2", options: ["--env", "A=1", "--env", "B=2"],
            program: ["n"]),
        Row(words: "n --env --B=2", options: ["--env", "--B=2"], program: ["n"]),
        Row(words: "n --env=A=b=c", options: ["--env", "A=b=c"], program: ["n"]),
        Row(words: "n --log=", options: ["--log", ""], program: ["n"]),
        Row(words: "n --no-wait x", options: ["--no-wait"], program: ["n", "x"]),
        Row(words: "n --no_wait", options: ["--no-wait"], program: ["n"]),
        Row(words: "n -- --name x", options: [], program: ["n", "--name", "x"]),
        Row(
            words: "n --name y -- a -- b", options: ["--name", "y"],
            program: ["n", "a", "--", "b"]),
        Row(words: "-- n --name x", options: [], program: ["n", "--name", "x"]),
        Row(words: "--restart -- yes", options: ["--restart=true"], program: ["yes"]),
        Row(words: "ls -lh -", options: [], program: ["ls", "-lh", "-"]),
        Row(words: "jest --color", options: [], program: ["jest", "--color"]),
    ]

    @Test(arguments: table)
    func splitsWords(_ row: Row) throws {
        let split = try RunWords.split(row.words.split(separator: " ").map(String.init))
        #expect(split.options == row.options)
        #expect(split.program == row.program)
        #expect(!split.wantsHelp)
    }

    @Test(arguments: ["--instnces 4 n", "--port 1 n", "-p n", "n --name", "--no-wait=1 n"])
    func refuses(_ words: String) {
        let failure = #expect(throws: Failure.self) {
            try RunWords.split(words.split(separator: " ").map(String.init))
        }
        #expect(failure?.status == .usage)
    }

    @Test func misspeltFlagBeforeTheProgramIsCorrected() {
        let failure = #expect(throws: Failure.self) { try RunWords.split(["--instnces", "4"]) }
        #expect(failure?.now == "did you mean --instances?")
    }

    @Test func nearMissGoesToTheProgramWithANote() throws {
        let split = try RunWords.split(["node", "--instnces", "4", "--port", "80"])
        #expect(split.program == ["node", "--instnces", "4", "--port", "80"])
        #expect(split.notes.count == 1)
        #expect(split.notes.first?.contains("--instnces is passed to the program") == true)
        #expect(split.notes.first?.contains("did you mean --instances?") == true)
    }

    @Test func nothingIsNotedAfterTheDashes() throws {
        #expect(try RunWords.split(["node", "--", "--instnces"]).notes.isEmpty)
    }

    @Test func helpIsAsked() throws {
        for words in [["-h"], ["--help"], ["--name", "x", "-h", "node"], ["-h", "--full"]] {
            #expect(try RunWords.split(words).wantsHelp)
        }
    }

    /// After its name, `-h` and `--help` are the program's like any other word.
    @Test func helpOfTheProgramIsItsOwn() throws {
        for words in [["node", "-h"], ["node", "a", "--help"], ["--", "node", "-h"]] {
            let split = try RunWords.split(words)
            #expect(!split.wantsHelp)
            #expect(split.program == words.filter { $0 != "--" })
        }
        #expect(throws: Failure.self) { try RunWords.split(["--full", "node"]) }
    }

    @Test func oneDashTooFewIsCorrected() {
        let failure = #expect(throws: Failure.self) { try RunWords.split(["-name", "x", "node"]) }
        #expect(failure?.now == "did you mean --name?")
    }

    @Test func aProgramTakenAsAValueIsTold() throws {
        let failure = #expect(throws: Failure.self) { try RunWords.split(["--restart", "true"]) }
        #expect(failure?.what.contains("'true' was taken as the value of --restart") == true)
        #expect(failure?.now == "if it is the program: apm run --restart -- true")
        #expect(try RunWords.split(["--restart", "--", "true"]).program == ["true"])
        #expect(try RunWords.split(["--exec", "n", "--restart", "true"]).program.isEmpty)
    }

    @Test(arguments: OptionTable.worker.map(\.key))
    func everyOptionIsAFlagInBothSpellings(_ key: String) throws {
        for flag in [key, RunWords.dashed(key)] {
            let split = try RunWords.split(["--\(flag)=1", "n"])
            #expect(split.options.joined(separator: "=") == "--\(RunWords.dashed(key))=1")
        }
    }
}
