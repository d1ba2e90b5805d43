// Values as people write them.

import Testing

@testable import apm

struct OptionValueTests {
    @Test(arguments: [
        ("0", UInt32(0)), ("500", 500), ("500ms", 500), ("2s", 2000), ("1m", 60_000),
        ("24h", 86_400_000),
    ])
    func readsTimes(_ text: String, _ milliseconds: UInt32) throws {
        #expect(try OptionValue.milliseconds("err-delay", text) == milliseconds)
    }

    @Test(arguments: [
        "", "-1", "abc", "1.5s", "2d", "s", "25h", "99999999999999999999", "184467440737095517h",
        "٣", "5 s",
    ])
    func refusesTimes(_ text: String) {
        let failure = #expect(throws: Failure.self) {
            try OptionValue.milliseconds("err-delay", text)
        }
        #expect(failure?.status == .usage)
        #expect(failure?.what.hasPrefix("--err-delay: '\(text)' is") == true)
    }

    @Test func readsNumbers() throws {
        #expect(try OptionValue.number("n", "65535", as: UInt16.self) == 65535)
        for text in ["", "-1", "+1", "1e3", "0x1", "65536"] {
            #expect(throws: Failure.self) { try OptionValue.number("n", text, as: UInt16.self) }
        }
    }

    @Test func numbersHaveTheirLimit() throws {
        #expect(try OptionValue.number("n", "256", as: UInt16.self, most: 256) == 256)
        let failure = #expect(throws: Failure.self) {
            try OptionValue.number("n", "257", as: UInt16.self, most: 256)
        }
        #expect(failure?.now == "--n takes at most 256")
    }

    @Test func readsAmountsOfMemory() throws {
        #expect(try OptionValue.bytes("memory-limit", "256M") == 256 << 20)
        for text in ["", "0", "much", "2048T", "-1M"] {
            let failure = #expect(throws: Failure.self) {
                try OptionValue.bytes("memory-limit", text)
            }
            #expect(failure?.now.hasSuffix("like 256M") == true)
        }
    }

    @Test func readsSharesOfAProcessor() throws {
        #expect(try OptionValue.percent("cpu-limit", "50%") == 50)
        #expect(try OptionValue.percent("cpu-limit", "200") == 200)
        for text in ["", "0", "%", "half", "1.5", "100001", "50%%"] {
            #expect(throws: Failure.self) { try OptionValue.percent("cpu-limit", text) }
        }
    }

    @Test func readsTruths() throws {
        for text in ["true", "on", "yes", "1", "True"] {
            #expect(try OptionValue.truth("restart", text))
        }
        for text in ["false", "off", "no", "0"] {
            #expect(try !OptionValue.truth("restart", text))
        }
        #expect(throws: Failure.self) { try OptionValue.truth("restart", "maybe") }
    }

    @Test func readsExitCodes() throws {
        #expect(try OptionValue.exitCodes("c", ["1,75", "130, 1"]) == [1, 75, 130])
        for text in ["256", "-1", "a", "1,x", ",", "", " , "] {
            #expect(throws: Failure.self) { try OptionValue.exitCodes("c", [text]) }
        }
        let many = (0..<65).map(String.init)
        #expect(throws: Failure.self) { try OptionValue.exitCodes("c", many) }
    }

    @Test func readsPatterns() throws {
        #expect(
            try OptionValue.patterns("watch", ["*.js, *.json", "src/*", "*.js"])
                == ["*.js", "*.json", "src/*"])
        #expect(try OptionValue.patterns("watch", [" my file "]) == ["my file"])
        for text in ["", "a,", ",", "src/*.js", "a\nb", String(repeating: "x", count: 257)] {
            #expect(throws: Failure.self) { try OptionValue.patterns("watch", [text]) }
        }
        let many = (0..<65).map(String.init)
        #expect(throws: Failure.self) { try OptionValue.patterns("watch", many) }
    }

    @Test func readsSignalsAndChoices() throws {
        #expect(try OptionValue.signal("stop-signal", "SIGINT") == 2)
        #expect(throws: Failure.self) { try OptionValue.signal("stop-signal", "SIGFOO") }
        #expect(try OptionValue.choice("stdin", "null", of: ["pipe", "null"]) == 1)
        #expect(throws: Failure.self) { try OptionValue.choice("stdin", "x", of: ["pipe"]) }
    }

    @Test func readsReferences() throws {
        #expect(try WorkerReference.read("api").instance == 0)
        #expect(try WorkerReference.read("api#2").instance == 2)
        for (text, status) in [
            ("api#0", ExitValue.usage), ("api#", .usage), ("api#x", .usage), ("api#70000", .usage),
            ("a b", .noSuchWorker), ("", .noSuchWorker), ("-x", .noSuchWorker),
        ] {
            let failure = #expect(throws: Failure.self) { try WorkerReference.read(text) }
            #expect(failure?.status == status, "\(text)")
        }
        #expect(throws: Failure.self) { try WorkerReference.readWhole("api#1", for: "info") }
    }
}
