// Values as people write them.

import Testing

@testable import Settings

@Suite struct OptionValueTests {
    @Test(arguments: [
        ("0", UInt32(0)), ("500", 500), ("500ms", 500), ("2s", 2000), ("1m", 60_000),
        ("24h", 86_400_000),
    ])
    func readsTimes(_ text: String, _ milliseconds: UInt32) throws {
        #expect(try OptionValue.milliseconds("err_delay", text) == milliseconds)
    }

    @Test(arguments: [
        "", "-1", "abc", "1.5s", "2d", "s", "25h", "99999999999999999999", "184467440737095517h",
        "٣", "5 s",
    ])
    func refusesTimes(_ text: String) {
        let problem = #expect(throws: ValueProblem.self) {
            try OptionValue.milliseconds("err_delay", text)
        }
        #expect(problem?.sentence().hasPrefix("err_delay: '\(text)' is") == true)
        #expect(problem?.now(for: "--err-delay").hasPrefix("--err-delay takes ") == true)
    }

    @Test func secondsAreSeconds() throws {
        #expect(try OptionValue.seconds("interval", "90") == 90)
        #expect(try OptionValue.seconds("interval", "2m") == 120)
        for text in ["500ms", "", "25h", "1.5"] {
            #expect(throws: ValueProblem.self) { try OptionValue.seconds("interval", text) }
        }
    }

    @Test func readsNumbers() throws {
        #expect(try OptionValue.number("n", "65535", as: UInt16.self) == 65535)
        for text in ["", "-1", "+1", "1e3", "0x1", "65536", "٣"] {
            #expect(throws: ValueProblem.self) {
                try OptionValue.number("n", text, as: UInt16.self)
            }
        }
    }

    @Test func numbersHaveTheirLimits() throws {
        #expect(try OptionValue.number("n", "256", as: UInt16.self, most: 256) == 256)
        let large = #expect(throws: ValueProblem.self) {
            try OptionValue.number("n", "257", as: UInt16.self, most: 256)
        }
        #expect(large?.now() == "n takes at most 256")
        let small = #expect(throws: ValueProblem.self) {
            try OptionValue.number("n", "1", as: UInt16.self, least: 2, most: 9)
        }
        #expect(small?.sentence() == "n: '1' is too small")
        #expect(small?.now() == "n takes 2 to 9")
    }

    @Test func readsAmountsOfMemory() throws {
        #expect(try OptionValue.bytes("memory_limit", "256M") == 256 << 20)
        for text in ["", "0", "much", "2048T", "-1M"] {
            let problem = #expect(throws: ValueProblem.self) {
                try OptionValue.bytes("memory_limit", text)
            }
            #expect(problem?.now().hasSuffix("like 256M") == true)
        }
    }

    @Test func readsSharesOfAProcessor() throws {
        #expect(try OptionValue.percent("cpu_limit", "50%") == 50)
        #expect(try OptionValue.percent("cpu_limit", "200") == 200)
        for text in ["", "0", "%", "half", "1.5", "100001", "50%%"] {
            #expect(throws: ValueProblem.self) { try OptionValue.percent("cpu_limit", text) }
        }
    }

    @Test func readsTruths() throws {
        for text in ["true", "on", "yes", "1", "True"] {
            #expect(try OptionValue.truth("restart", text))
        }
        for text in ["false", "off", "no", "0"] {
            #expect(try !OptionValue.truth("restart", text))
        }
        #expect(throws: ValueProblem.self) { try OptionValue.truth("restart", "maybe") }
    }

    @Test func readsExitCodes() throws {
        #expect(try OptionValue.exitCodes("c", ["1,75", "130, 1"]) == [1, 75, 130])
        for text in ["256", "-1", "a", "1,x", ",", "", " , "] {
            #expect(throws: ValueProblem.self) { try OptionValue.exitCodes("c", [text]) }
        }
        let many = (0..<65).map(String.init)
        #expect(throws: ValueProblem.self) { try OptionValue.exitCodes("c", many) }
    }

    @Test func readsSignalsAndChoices() throws {
        #expect(try OptionValue.signal("stop_signal", "SIGINT") == 2)
        #expect(throws: ValueProblem.self) { try OptionValue.signal("stop_signal", "SIGFOO") }
        #expect(try OptionValue.choice("method", "get", of: ["POST", "GET"]) == "GET")
        #expect(throws: ValueProblem.self) { try OptionValue.choice("stdin", "x", of: ["pipe"]) }
    }

    @Test func aLongValueIsQuotedShort() {
        let problem = ValueProblem(
            "n", String(repeating: "x", count: 1 << 20), "is not a number", takes: "digits")
        #expect(problem.sentence().utf8.count < 200)
        #expect(problem.sentence(for: "--n", shown: { _ in "?" }) == "--n: '?…' is not a number")
    }
}
