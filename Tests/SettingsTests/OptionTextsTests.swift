// Every option as texts: what is set comes back in one form, and that form set again changes
// nothing. Every kind has values that are taken, and values that are not.

import Bytes
import Testing

@testable import Settings

@Suite struct OptionTextsTests {
    /// Values of a kind: as they are written, and in their canonical form.
    private static func samples(_ kind: OptionKind) -> [(written: [String], canonical: [String])] {
        switch kind {
        case .text, .secret: [(["a b, ç"], ["a b, ç"]), (["\"'`;{}#"], ["\"'`;{}#"])]
        case .texts: [(["A=1", "B=,"], ["A=1", "B=,"]), ([""], [""])]
        case .path: [(["/srv/a b"], ["/srv/a b"]), (["x.log"], ["x.log"])]
        case .pathOrOff: [(["/srv/a.log"], ["/srv/a.log"]), (["OFF"], [])]
        case .program: [(["node"], ["node"]), (["./run"], ["./run"])]
        case .flag: [(["on"], ["true"]), (["No"], ["false"])]
        case .number(let range):
            [max(2, range.lowerBound + 1), max(3, range.lowerBound + 2)].map {
                (["0\($0)"], ["\($0)"])
            }
        case .decimal: [(["-1.5"], ["-1.5"]), (["7"], ["7"])]
        case .milliseconds: [(["2s"], ["2000"]), (["77"], ["77"])]
        case .seconds: [(["2m"], ["120"]), (["7s"], ["7"])]
        case .bytes: [(["1024K"], ["1M"]), (["1000"], ["1000"])]
        case .percent: [(["150"], ["150%"]), (["7%"], ["7%"])]
        case .exitCodes: [(["1,75", "1 2"], ["1", "75", "2"])]
        case .signal: [(["int"], ["SIGINT"]), (["37"], ["SIGRTMIN+3"])]
        case .choice(let words): words.map { ([$0.uppercased()], [$0]) }
        case .names: [(["db,cache", "db"], ["db", "cache"])]
        case .patterns: [(["*.php", "/a, b *"], ["*.php", "/a", "b *"])]
        case .networks: [(["10.1.1.1/8, ::1"], ["10.0.0.0/8", "::1"])]
        case .methods: [(["get,Post"], ["GET", "POST"])]
        case .channels: [(["jobs", "prices"], ["jobs", "prices"])]
        case .addresses: [([":80,ws://[::1]:1"], ["http://0.0.0.0:80", "ws://[::1]:1"])]
        case .hostPort: [(["Localhost:8125"], ["localhost:8125"])]
        case .ip: [(["0:0::1"], ["::1"])]
        case .url(let schemes):
            schemes.map { ([$0.uppercased() + "://h:1/x?y"], ["\($0)://h:1/x?y"]) }
        case .health: [(["yes"], ["on"]), (["http://h/x"], ["http://h/x"])]
        case .header: [(["X-Request-Id"], ["X-Request-Id"])]
        case .colour: [(["#47d16c"], ["#47d16c"]), (["rgb(1, 2, 3)"], ["rgb(1, 2, 3)"])]
        case .block: [([module], [module])]
        }
    }

    private static let module =
        "type graph; id 1; x 0; y 0; w 3; h 1; name \"R;\\\"/s\"; unit %; color #fff;"

    /// Values that no option of the kind takes.
    private static func refused(_ kind: OptionKind) -> [[String]] {
        switch kind {
        case .text(let most): [[String(repeating: "x", count: most + 1)], ["a", "b"]]
        case .secret, .path, .pathOrOff, .program:
            [["a", "b"], [String(repeating: "x", count: 5000)]]
        case .texts: [[String(repeating: "x", count: 32 * 1024 + 1)]]
        case .flag: [["maybe"], [""], ["true", "true"]]
        case .number(let range): [["x"], [""], ["-1"], [String(range.upperBound) + "0"]]
        case .decimal: [["1e3"], ["1."], [""], ["-"], [".5"], ["1.2.3"]]
        case .milliseconds, .seconds: [["soon"], [""], ["25h"]]
        case .bytes, .percent: [["0"], [""], ["lots"]]
        case .exitCodes: [["256"], [""]]
        case .signal, .choice: [["SIGNOT"], [""]]
        case .names, .channels: [["a\u{1B}b"], [""], [String(repeating: "x", count: 65)]]
        case .patterns: [[""], [String(repeating: "x", count: 257)]]
        case .networks: [["10.0.0.0/33"], [""], ["here"]]
        case .methods: [["G(T"], [""]]
        case .addresses: [["localhost"], [""], ["ftp://1.2.3.4:1"], ["tcp://db:1"]]
        case .hostPort: [["localhost"], [""], [":80"]]
        case .ip: [["localhost"], [""]]
        case .url: [["example.com"], ["http://"], ["file:///etc"], [""], ["http:// x"]]
        case .health: [["maybe"], ["ftp://x"], [""]]
        case .header: [["a b"], [""], ["x:y"]]
        case .colour: [["#12"], ["red;"], ["url(x)\""], [""], ["rgb(1"], ["x(\\)"]]
        case .block:
            [
                ["type graph;"], ["type x; id 1; x 0; y 0; w 1; h 1;"], [module, module],
                [module + " bad 1;"], ["type"], ["type \"graph;"], [module + " id 2;"],
            ]
        }
    }

    @Test(arguments: OptionTable.ofWorkers.map(\.fullKey))
    func whatIsSetComesBackInOneForm(_ key: String) throws {
        let option = try #require(OptionTable.ofWorkers.first { $0.fullKey == key })
        for (written, canonical) in Self.samples(option.kind) {
            var settings = SettingsSamples.plain
            try settings.set(option, written)
            let texts = settings.texts(option)
            // What holds anyway is not written down.
            let isDefault =
                !option.isStandardInWords && !option.standard.isEmpty
                && canonical == [option.standard]
            #expect(
                texts == (isDefault || canonical == [""] && option.kind != .texts ? [] : canonical))
            #expect(settings.values(option) == canonical)
            var again = SettingsSamples.plain
            try again.set(option, texts)
            #expect(again == settings)
            try settings.set(option, [])
            #expect(settings.texts(option).isEmpty)
        }
    }

    @Test(arguments: OptionTable.ofWorkers.map(\.fullKey))
    func whatIsNoValueIsRefusedAndChangesNothing(_ key: String) throws {
        let option = try #require(OptionTable.ofWorkers.first { $0.fullKey == key })
        for texts in Self.refused(option.kind) + [["a\0b"]] {
            var settings = SettingsSamples.full
            let problem = #expect(throws: ValueProblem.self, "\(texts)") {
                try settings.set(option, texts)
            }
            // Of a block, the option in it is named.
            let name = option.kind == .block ? problem?.key : key
            #expect(problem?.key == name)
            #expect(problem?.sentence().hasPrefix("\(name ?? ""): ") == true)
            #expect(problem?.now().isEmpty == false)
            #expect(settings == SettingsSamples.full)
        }
    }

    /// All options of a definition, moved as texts, make the same definition.
    @Test func aDefinitionIsItsTexts() throws {
        var copy = WorkerSettings()
        for option in OptionTable.ofWorkers {
            try copy.set(option, SettingsSamples.full.texts(option))
        }
        copy.baseEnvironment = SettingsSamples.full.baseEnvironment
        #expect(copy == SettingsSamples.full)
    }

    @Test func daemonOptionsComeBackToo() throws {
        for option in Array(OptionTable.daemon) + Array(OptionTable.top) {
            for (written, canonical) in Self.samples(option.kind) {
                var settings = DaemonSettings()
                try settings.set(option, written)
                #expect(settings.texts(option) == (canonical == [option.standard] ? [] : canonical))
                var writer = ByteWriter()
                settings.write(to: &writer)
                let bytes = writer.bytes
                var reader = ByteReader(bytes.span.bytes)
                #expect(try DaemonSettings(reading: &reader) == settings)
                try settings.set(option, [])
                #expect(settings == DaemonSettings())
            }
        }
    }

    @Test func allKeptValuesTogetherHaveALimit() throws {
        let ban = try #require(OptionTable.vanguard.find("ban_path"))
        let allow = try #require(OptionTable.vanguard.find("allow_ip"))
        var settings = SettingsSamples.plain
        let long = (0..<1000).map { "\($0)" + String(repeating: "x", count: 250) }
        try settings.set(ban, long)
        let problem = #expect(throws: ValueProblem.self) {
            try settings.set(allow, (0..<4000).map { "10.0.\($0 / 256).\($0 % 256)" })
        }
        #expect(problem?.text == "is too long together with other options")
        #expect(settings.texts(ban) == long && settings.texts(allow).isEmpty)
    }

    @Test func pathsAreSeenFromAFolder() throws {
        var settings = SettingsSamples.plain
        let texts = ["log": "$D/a.log", "tls_key": "./k.pem", "exec": "./run", "tls_ca": "${D}x"]
        for (key, text) in texts {
            try settings.set(try #require(OptionTable.worker.find(key)), [text])
        }
        try settings.placePaths(in: "/etc/apm", variable: { $0 == "D" ? "/var" : nil })
        #expect(settings.log == "/var/a.log" && settings.exec == "/etc/apm/run")
        #expect(settings.kept.flatMap(\.values) == ["/etc/apm/k.pem", "/varx"])
        #expect(settings.path == "/srv/api" && settings.errLog.isEmpty)
        settings.log = "$NOT/x"
        let problem = #expect(throws: ValueProblem.self) {
            try settings.placePaths(in: "/", variable: { _ in nil })
        }
        #expect(problem?.sentence() == "log: $NOT is not set")
        settings.log = "x"
        #expect(throws: ValueProblem.self) {
            try settings.placePaths(in: "", variable: { _ in nil })
        }
    }
}
