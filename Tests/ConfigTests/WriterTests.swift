// Settings → text → settings, over the whole option table, with values that look like the language.

import Settings
import Testing

@testable import Config

/// splitmix64: the same seed gives the same values.
struct Dice {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(seed) }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(limit))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// Text of up to eight pieces that mean something to the language.
    mutating func text() -> String {
        let pieces = [
            "a", "b c", " ", "\t", ";", ",", "#", "//", "{", "}", "\"", "'", "`", "\\", "\\\"", "=",
            ":", "\n", "\r\n", "ç15-", "$X", "${X}", "~", "-", "*", "?", "worker {", "name x;", "é",
            "\u{1}",
        ]
        return (0..<below(8)).map { _ in pick(pieces) }.joined()
    }

    /// Values of an option as a person may give them.
    mutating func texts(of option: ConfigOption) -> [String] {
        let many = 1 + below(4)
        switch option.kind {
        case .text(let most): return [String(text().prefix(most / 4))]
        case .secret: return [text()]
        case .texts where option.key == "env":
            return (0..<many).map { "K\($0)=" + text() }
        case .texts: return (0..<many * 3).map { _ in text() }
        // With both kinds of quotes that leave a `$` alone there is no way to write a `$`.
        case .path, .pathOrOff: return ["/" + text().replacing("`", with: "")]
        // A relative path would be made absolute.
        case .program: return [pick(["/" + text(), "p" + text().replacing("/", with: "")])]
        case .flag: return [pick(["true", "false"])]
        case .number(let range):
            return [String(min(range.upperBound, range.lowerBound + UInt64(below(300))))]
        case .decimal: return [pick(["-1.5", "0", "1000000"])]
        case .milliseconds, .seconds: return [String(below(80_000))]
        case .bytes: return [pick(["256M", "1", "3K"])]
        case .percent: return [String(1 + below(400))]
        case .exitCodes: return (0..<many).map { _ in String(below(256)) }
        case .signal: return [pick(SignalName.all)]
        case .choice(let words): return [pick(words)]
        case .names: return (0..<many).map { "w\($0)" }
        case .patterns: return (0..<many).map { "*\($0)" + text() }
        case .networks: return (0..<many * 9).map { "10.0.\($0).0/24" }
        case .methods: return ["GET", "POST"]
        case .channels: return ["a", "b"]
        case .addresses: return (0..<many).map { "http://0.0.0.0:\(3000 + $0)" }
        case .hostPort: return ["localhost:8125"]
        case .ip: return ["127.0.0.1"]
        case .url(let schemes): return [schemes[0] + "://host:80/x;y,z#{a}"]
        case .health: return [pick(["on", "http://x/y"])]
        case .header: return ["x-request-id"]
        case .colour: return [pick(["#fff", "#47d16c", "red", "rgb(1, 2, 3)"])]
        case .block: return modules(many)
        }
    }

    private mutating func modules(_ many: Int) -> [String] {
        (0..<many).map { number in
            var values = ["id": String(number)]
            for option in OptionTable.module
            where option.key != "id" && (option.isRequired || below(2) == 0) {
                values[option.key] = texts(of: option)[0]
            }
            return (try? BlockText.text("module", values, of: OptionTable.module)) ?? ""
        }
    }

    /// A worker that can be run, with some of its options set.
    mutating func settings(of share: Int) -> WorkerSettings {
        var settings = WorkerSettings()
        for block in [OptionTable.worker] + OptionTable.blocks
        where block.name.isEmpty || below(2) == 0 {
            for option in block where option.isRequired || below(100) < share {
                try? settings.set(option, texts(of: option))
            }
        }
        settings.name = "w-ç"
        if settings.exec.isEmpty { settings.exec = "node" }
        settings.path = pick(["/etc", "/srv/a b"])
        if WorkerSettings.Problem.isAbout("env_index", settings) { settings.envIndex = "" }
        return settings
    }
}

extension WorkerSettings.Problem {
    static func isAbout(_ key: String, _ settings: WorkerSettings) -> Bool {
        settings.problem()?.key == key
    }
}

@Suite struct WriterTests {
    @Test(arguments: 0..<600)
    func whatIsWrittenReadsTheSame(_ seed: Int) throws {
        var dice = Dice(seed)
        let settings = dice.settings(of: dice.pick([5, 20, 60, 100]))
        try #require(settings.problem() == nil)
        for newline in ["\n", "\r\n"] {
            let text = ConfigWriter.worker(
                settings, in: "/etc", remarks: ["WARN: a\nb }"], newline: newline)
            let plan = plan(text)
            #expect(messages(plan) == [], "\(text)")
            #expect(plan.workers.map(\.settings) == [settings], "\(text)")
        }
    }

    /// Half of the options at least are set by some seed, and every one by one.
    @Test func everyOptionIsTried() {
        var seen: Set<String> = []
        for seed in 0..<600 {
            var dice = Dice(seed)
            let settings = dice.settings(of: dice.pick([5, 20, 60, 100]))
            for block in [OptionTable.worker] + OptionTable.blocks {
                for option in block where !settings.texts(option).isEmpty {
                    seen.insert(option.fullKey)
                }
            }
        }
        let all = ([OptionTable.worker] + OptionTable.blocks).flatMap { $0.map(\.fullKey) }
        #expect(seen == Set(all))
    }

    @Test func aPersonWouldWriteItSo() {
        let text = """
            # WARN: cron_restart is not known
            worker {
                name     api;
                exec     /usr/bin/node;
                params   server.js --title "My API" --port 3000;
                env      A=1;
                env      B=x y;
                restart  true;
                log      '/var/log/$x.log';
                server   http://0.0.0.0:3000, ws://0.0.0.0:3001;

                vanguard {
                    ban_path    *.php, *wp-*;
                    rate_limit  100;
                }

                dashboard {
                    cols  4;

                    module {
                        type   led;
                        id     1;
                        x      0;
                        y      0;
                        w      3;
                        h      1;
                        name   "A/s; b";
                        color  #47d16c;
                    }
                }
            }

            """
        let settings = plan(text).workers.first?.settings ?? WorkerSettings()
        #expect(
            ConfigWriter.worker(
                settings, in: "/etc", remarks: ["WARN: cron_restart is not known"]) == text)
        #expect(ConfigWriter.worker(settings).contains("    path     /etc;\n"))
    }

    @Test func longListsRepeatTheirKey() {
        var settings = WorkerSettings()
        settings.exec = "n"
        settings.params = (0..<40).map { "--argument=\($0)" }
        let lines = ConfigWriter.worker(settings).split(separator: "\n")
        #expect(lines.count == 11)
        #expect(lines.allSatisfy { $0.utf8.count < 100 })
    }
}
