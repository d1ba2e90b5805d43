// The JSON writer, and the names that scripts rely on.

import Control
import Settings
import Testing

@testable import apm

struct JSONTests {
    @Test func escapes() {
        let value = JSON.text("a\"\\\n\r\t\u{1}\u{1F}\u{7F}\u{85}ç日🚀")
        #expect(
            value.line
                == #""a\"\\\n\r\t\u0001\u001f\u007f\u0085ç日🚀""# + "\n")
    }

    @Test func structures() {
        let value = JSON.object([
            "a": .list([.number(-1), .truth(true), .null]), "b": .object([]), "c": .list([]),
        ])
        #expect(value.line == #"{"a":[-1,true,null],"b":{},"c":[]}"# + "\n")
        #expect(JSON.number(UInt64.max) == .number(Int64.max))
        #expect(JSON.list([.tenths(0), .tenths(7), .tenths(1205)]).line == "[0.0,0.7,120.5]\n")
    }

    @Test func aRowOfList() {
        let row = WorkerRow(
            name: "api", state: .running, instances: 2, running: 1, pid: 12,
            uptimeMilliseconds: 34,
            usage: Usage(cpuTenths: 1205, cpuMilliseconds: 77, memoryBytes: 4096),
            restarts: RestartCounts(normal: 1, error: 2, watch: 3),
            hasRestartPolicy: true, hasUsedUpRestarts: true, logError: 28,
            lastExit: ExitReport(cause: .signal, value: 9, instance: 2, uptimeMilliseconds: 5))
        #expect(
            JSON(row).line
                == #"{"name":"api","state":"running","instances":2,"running":1,"pid":12,"#
                + #""uptime_ms":34,"cpu_percent":120.5,"cpu_ms":77,"memory_bytes":4096,"#
                + #""restarts":{"normal":1,"error":2,"watch":3},"#
                + #""restart_policy":true,"restarts_used_up":true,"#
                + #""log_error":"No space left on device","#
                + #""last_exit":{"signal":"SIGKILL","out_of_memory":false,"#
                + #""instance":2,"uptime_ms":5},"waits_for":[],"file":null,"server":null}"# + "\n")
    }

    @Test func whatNeverHappenedIsNull() {
        let row = WorkerRow(
            name: "api", state: .running, instances: 1, running: 1, pid: 1, uptimeMilliseconds: 1,
            restarts: RestartCounts(), hasRestartPolicy: false, lastExit: ExitReport())
        #expect(JSON(row).line.contains(#""restarts_used_up":false,"log_error":null,"#))
        #expect(
            JSON(row).line.contains(
                #""cpu_percent":null,"cpu_ms":null,"memory_bytes":null,"#))
        let line = { (end: String) in
            let helper = HelperRow(role: .logd, pid: 1, restarts: 0, lastEnd: end)
            return JSON(
                DaemonStatus(
                    version: "1", pid: 1, uid: 0, uptimeMilliseconds: 0, workers: 0, instances: 0,
                    running: 0, notesLost: 0, helpers: [helper])
            ).line
        }
        #expect(line("").contains(#""last_end":null"#))
        #expect(line("signal 9").contains(#""last_end":"signal 9""#))
    }

    @Test func lastExits() {
        #expect(JSON(ExitReport()) == .null)
        #expect(
            JSON(ExitReport(cause: .code, value: 3)).line
                == #"{"code":3,"instance":0,"uptime_ms":0}"# + "\n")
        #expect(
            JSON(ExitReport(cause: .heldUpLog, value: 9)).line
                == #"{"held_up_log":true,"instance":0,"uptime_ms":0}"# + "\n")
        let words = ["bad_hello", "closed_pipe", "does_not_read"]
        for (fault, word) in zip(ExitReport.Fault.allCases, words) {
            #expect(
                JSON(ExitReport(cause: .faulted, value: fault.rawValue)).line
                    == #"{"faulted":"\#(word)","instance":0,"uptime_ms":0}"# + "\n")
        }
        #expect(
            JSON(ExitReport(cause: .notStarted, value: 2, step: .exec)).line
                == #"{"not_started":"exec","errno":2,"instance":0,"uptime_ms":0}"# + "\n")
    }

    @Test func deathForWantOfMemoryIsASignalWithAReason() {
        let report = ExitReport(cause: .outOfMemory, value: ExitReport.overOwnLimit, instance: 1)
        #expect(
            JSON(report).line
                == #"{"signal":"SIGKILL","out_of_memory":true,"instance":1,"uptime_ms":0}"# + "\n")
    }

    @Test func limitsWithoutEffectAreNamed() {
        var settings = WorkerSettings()
        settings.memoryLimit = 1
        settings.cpuLimit = 1
        let info = { (controllers: Controllers) in
            JSON(
                WorkerInfo(
                    settings: settings, endsWholeTree: true, controllers: controllers,
                    logError: 0, instances: [])
            ).line
        }
        #expect(info([]).contains(#""limits_without_effect":["memory_limit","cpu_limit"],"#))
        #expect(info(.all).contains(#""limits_without_effect":[],"#))
    }

    @Test func keptOptionsHaveTheirTypes() throws {
        var settings = WorkerSettings()
        settings.exec = "/bin/true"
        let module = "type led; id 1; x 0; y 0; w 1; h 1;"
        let given = [
            ("", "server", ":80"), ("", "keep_alive", "1s"), ("", "log_max_size", "1K"),
            ("statsd", "host", "h:1"), ("dashboard", "module", module),
        ]
        for (block, key, text) in given {
            let table = block.isEmpty ? OptionTable.worker : OptionTable.block(block)
            try settings.set(try #require(table?.find(key)), [text])
        }
        let line = JSON(settings).line
        for part in [
            #""server":["http://0.0.0.0:80"]"#, #""keep_alive":1000"#, #""log_max_size":1024"#,
            #""trust_proxy":true"#, #""tls":false"#, #""syslog":null"#, #""vanguard":null"#,
            #""statsd":{"host":"h:1","prefix":null,"interval":1}"#, #""cols":6"#,
            #""module":[{"type":"led","id":1,"x":0,"#,
        ] { #expect(line.contains(part), "\(part)") }
        let info = WorkerInfo(
            settings: settings, endsWholeTree: true, controllers: .all, logError: 0, instances: [])
        let kept = ["log_max_size", "statsd.host", "dashboard.module"]
        for key in kept { #expect(JSON(info).line.contains("\"\(key)\"")) }
        let report = InfoReport.text(info, colours: false)
        #expect(report.contains("note: log_max_size, statsd.host and dashboard.module are kept"))
        #expect(report.contains("{ type led; id 1; x 0; y 0; w 1; h 1; }"))
        #expect(report.contains("1000 ms") && !report.contains("vanguard"))
    }

    /// `settings` has each option of the table, under its key.
    @Test func settingsHaveAllOptions() {
        var settings = WorkerSettings()
        settings.exec = "/bin/true"
        guard case .object(let fields) = JSON(settings) else {
            Issue.record("not an object")
            return
        }
        let names = Set(fields.map(\.name))
        #expect(
            names
                == Set(
                    OptionTable.worker.keys + OptionTable.blocks.map(\.name) + ["base_environment"])
        )
    }

    /// Seen from outside, what is not told is not there: neither as null nor as a default.
    @Test func whatIsNotToldIsNotThere() {
        let info = WorkerInfo(
            settings: WorkerSettings(), endsWholeTree: true, logError: 0, instances: [])
        guard case .object(let fields) = JSON(info),
            case .object(let settings)? = fields.first(where: { $0.name == "settings" })?.value
        else {
            Issue.record("not an object")
            return
        }
        #expect(Set(settings.map(\.name)) == WorkerSettings.keysShownToAnybody)
        let hidden: Set = ["kept", "cycle", "watch", "source"]
        #expect(Set(fields.map(\.name)).isDisjoint(with: hidden))
        let text = InfoReport.text(info, colours: false)
        for key in ["exec", "watch", "watch_delay", "log", "strip_ansi", "path"] {
            #expect(!text.contains("\n\(key) "), "\(key)")
        }
        for key in ["rolling", "rolling_delay", "depends_on", "depends_timeout"] {
            #expect(text.contains("\n\(key) "), "\(key)")
        }
    }
}
