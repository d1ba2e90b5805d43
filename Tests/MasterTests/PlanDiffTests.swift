// What a reload has to do, as a table: before, after, deeds.

import Settings
import Testing

@testable import apm_master

@Suite struct PlanDiffTests {
    private static func settings(
        _ name: String, _ change: (inout WorkerSettings) -> Void = { _ in }
    ) -> WorkerSettings {
        var settings = WorkerSettings()
        settings.name = name
        settings.exec = "/bin/true"
        settings.path = "/"
        change(&settings)
        return settings
    }

    private static func planned(
        _ name: String, line: UInt32 = 1, _ change: (inout WorkerSettings) -> Void = { _ in }
    ) -> PlannedWorker {
        PlannedWorker(
            settings: settings(name, change),
            source: WorkerSource(file: "/a.conf", blockFile: "/a.conf", line: line))
    }

    /// Deeds as words.
    private func words(_ diff: PlanDiff) -> [String] {
        diff.entries.map { entry in
            switch entry.deed {
            case .start: "+\(entry.name)"
            case .keep: "=\(entry.name)"
            case .update(_, let keys): "~\(entry.name) \(keys.names.joined(separator: ","))"
            case .remove: "-\(entry.name)"
            case .ignore: "?\(entry.name)"
            }
        }
    }

    private func diff(
        _ before: [WorkerSettings], _ after: [PlannedWorker], refused: Set<String> = []
    ) -> [String] {
        words(
            PlanDiff(
                from: before.map { PlanDiff.Current(name: $0.name, settings: $0) }, to: after,
                refused: refused))
    }

    @Test func eachDeedHasItsReason() {
        #expect(diff([], []).isEmpty)
        #expect(diff([], [Self.planned("a"), Self.planned("b")]) == ["+a", "+b"])
        #expect(diff([Self.settings("a")], []) == ["-a"])
        #expect(diff([Self.settings("a")], [Self.planned("a", line: 9)]) == ["=a"])
        #expect(
            diff([Self.settings("a"), Self.settings("b")], [Self.planned("b"), Self.planned("c")])
                == ["=b", "+c", "-a"])
    }

    @Test func everySettingIsCompared() {
        for key in SettingKey.allCases where key != .exec {
            let other = Self.settings("a").taking(SettingKeys([key]), from: Self.different)
            let plan = PlannedWorker(settings: other, source: WorkerSource(file: "/a.conf"))
            #expect(diff([Self.settings("a")], [plan]) == ["~a \(key.rawValue)"])
            // What is gone from the file has its default again.
            #expect(diff([other], [Self.planned("a")]) == ["~a \(key.rawValue)"])
        }
    }

    /// No field has its default.
    private static var different: WorkerSettings {
        settings("a") {
            $0.params = ["x"]
            $0.path = "/x"
            $0.instances = 2
            $0.user = "x"
            $0.env = ["A=1"]
            $0.envIndex = "I"
            $0.envFile = "/e"
            $0.restart = true
            $0.restartDelay = 1
            $0.maxRestarts = 1
            $0.restartErr = true
            $0.errDelay = 1
            $0.maxErrRestarts = 1
            $0.errGrace = 1
            $0.restartOnExitCodes = [1]
            $0.restartBackoff = 1
            $0.startupGrace = 1
            $0.dependsOn = ["b"]
            $0.dependsTimeout = 1
            $0.killTimeout = 1
            $0.stopSignal = 2
            $0.standardInput = .null
            $0.rolling = true
            $0.rollingDelay = 1
            $0.memoryLimit = 1
            $0.memoryHigh = 1
            $0.cpuLimit = 1
            $0.pidsLimit = 1
            $0.watch = ["*"]
            $0.watchIgnore = ["*"]
            $0.watchDelay = 1
            $0.watchConf = true
            $0.log = "/l"
            $0.errLog = "/l"
            $0.prefix = "p"
            $0.logTimeFormat = ""
            $0.stripANSI = true
            $0.servers = ServerAddress(":80").map { [$0] } ?? []
            $0.serverSettings = differentServing
            $0.accessLog = "/l"
            $0.drainTimeout = 1
            $0.connector = true
        }
    }

    private static var differentServing: ServerSettings {
        var serving = ServerSettings()
        serving.lowercaseHeaders = true
        serving.trustProxy = false
        serving.trustedProxies = []
        serving.keepAlive = 1
        serving.maxConnections = 1
        serving.traceHeader = "x"
        serving.maxRequestLine = 64
        serving.maxHeaderSize = 256
        serving.maxHeaders = 1
        serving.maxBody = 1
        serving.headerTimeout = 1
        serving.bodyTimeout = 1
        serving.sendTimeout = 1
        serving.responseTimeout = 1
        serving.queueLimit = 1
        serving.queueTimeout = 1
        return serving
    }

    @Test func theCallersEnvironmentIsNotCompared() {
        let before = Self.settings("a") { $0.baseEnvironment = ["PATH=/bin"] }
        #expect(diff([before], [Self.planned("a")]) == ["=a"])
        #expect(diff([before], [Self.planned("a") { $0.env = ["A=1"] }]) == ["~a env"])
    }

    @Test func whatTheFileRefusesIsLeftAsItIs() {
        #expect(diff([Self.settings("a")], [], refused: ["a", "b"]).isEmpty)
    }

    @Test func aNameThatComesTwiceCountsOnce() {
        let twice = [Self.planned("a"), Self.planned("a") { $0.restart = true }]
        #expect(diff([], twice) == ["+a", "?a"])
        #expect(diff([Self.settings("a")], twice) == ["=a", "?a"])
    }
}
