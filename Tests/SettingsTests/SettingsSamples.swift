// Definitions of workers: the defaults, every field set to something else, every field at its edge.

import Settings

enum SettingsSamples {
    static var all: [WorkerSettings] { [WorkerSettings(), plain, full, edges] }

    /// The least that can be run.
    static var plain: WorkerSettings {
        var settings = WorkerSettings()
        settings.name = "api"
        settings.exec = "/usr/bin/node"
        settings.path = "/srv/api"
        return settings
    }

    /// No field has its default.
    static var full: WorkerSettings {
        var settings = plain
        settings.params = ["server.js", "--port", "3000", ""]
        settings.instances = 4
        settings.user = "www-data"
        settings.env = ["A=1", "B="]
        settings.envIndex = "NODE_APP_INSTANCE"
        settings.envFile = "/etc/api.env"
        settings.baseEnvironment = ["PATH=/usr/bin:/bin", "HOME=/root"]
        settings.restart = true
        settings.restartDelay = 1
        settings.maxRestarts = 2
        settings.restartErr = true
        settings.errDelay = 3
        settings.maxErrRestarts = 4
        settings.errGrace = 5
        settings.restartOnExitCodes = [0, 137, 255]
        settings.restartBackoff = 6
        settings.startupGrace = 7
        settings.dependsOn = ["db", "cache"]
        settings.dependsTimeout = 9
        settings.killTimeout = 8
        settings.stopSignal = 2
        settings.standardInput = .null
        settings.rolling = true
        settings.rollingDelay = 10
        settings.memoryLimit = 256 << 20
        settings.memoryHigh = 200 << 20
        settings.cpuLimit = 150
        settings.pidsLimit = 64
        settings.watch = ["*.js", "src/*"]
        settings.watchIgnore = ["*node_modules*"]
        settings.watchDelay = 11
        settings.watchConf = true
        settings.log = "/var/log/api.log"
        settings.errLog = "/var/log/api.err"
        settings.prefix = "ç15,88-apiçR-"
        settings.logTimeFormat = "%T"
        settings.stripANSI = true
        settings.servers = ["http://0.0.0.0:3000", "tcp://[::1]:9"].compactMap { ServerAddress($0) }
        settings.serverSettings = serving
        settings.accessLog = "/var/log/api.access"
        settings.drainTimeout = 12
        settings.connector = true
        settings.kept = [
            KeptOption(id: 0x0040, values: ["jobs", "prices"]),
            KeptOption(id: 0x0106, values: ["100"]),
        ]
        return settings
    }

    private static var serving: ServerSettings {
        var serving = ServerSettings()
        serving.lowercaseHeaders = true
        serving.trustProxy = false
        serving.trustedProxies = ["10.0.0.0/8", "2001:db8::/32"].compactMap { IPNetwork($0) }
        serving.keepAlive = 13
        serving.maxConnections = 14
        serving.traceHeader = "x-request-id"
        serving.maxRequestLine = 1024
        serving.maxHeaderSize = 2048
        serving.maxHeaders = 16
        serving.maxBody = 17
        serving.headerTimeout = 18
        serving.bodyTimeout = 19
        serving.sendTimeout = 20
        serving.responseTimeout = 21
        serving.queueLimit = 22
        serving.queueTimeout = 23
        return serving
    }

    static var edges: WorkerSettings {
        var settings = full
        settings.name = text(SettingsLimits.nameBytes)
        settings.exec = text(SettingsLimits.pathBytes)
        settings.params = [text(SettingsLimits.argumentBytes)]
        settings.path = text(SettingsLimits.pathBytes)
        settings.instances = .max
        settings.user = text(SettingsLimits.userBytes)
        settings.envFile = text(SettingsLimits.pathBytes)
        settings.memoryLimit = SettingsLimits.memoryBytes
        settings.memoryHigh = SettingsLimits.memoryBytes
        settings.cpuLimit = SettingsLimits.cpuPercent
        settings.pidsLimit = SettingsLimits.processes
        settings.watch = Array(
            repeating: text(SettingsLimits.patternBytes), count: SettingsLimits.patterns)
        settings.watchIgnore = settings.watch
        settings.watchDelay = SettingsLimits.milliseconds
        settings.envIndex = text(SettingsLimits.nameBytes)
        settings.restartDelay = SettingsLimits.milliseconds
        settings.maxRestarts = .max
        settings.errDelay = SettingsLimits.milliseconds
        settings.maxErrRestarts = .max
        settings.errGrace = SettingsLimits.milliseconds
        settings.restartOnExitCodes = (0..<UInt8(SettingsLimits.exitCodes)).map { $0 }
        settings.restartBackoff = SettingsLimits.milliseconds
        settings.startupGrace = SettingsLimits.milliseconds
        settings.dependsOn = Array(
            repeating: text(SettingsLimits.nameBytes), count: SettingsLimits.dependencies)
        settings.dependsTimeout = SettingsLimits.milliseconds
        settings.rollingDelay = SettingsLimits.milliseconds
        settings.killTimeout = SettingsLimits.milliseconds
        settings.stopSignal = .max
        settings.prefix = text(SettingsLimits.formatBytes)
        settings.logTimeFormat = text(SettingsLimits.formatBytes)
        settings.servers = Array(repeating: settings.servers[0], count: SettingsLimits.servers)
        settings.serverSettings.trustedProxies = Array(
            repeating: ServerSettings.loopback[1], count: SettingsLimits.networks)
        settings.serverSettings.keepAlive = SettingsLimits.milliseconds
        settings.serverSettings.maxBody = SettingsLimits.memoryBytes
        settings.accessLog = text(SettingsLimits.pathBytes)
        settings.drainTimeout = SettingsLimits.milliseconds
        let room = SettingsLimits.keptBytes / (SettingsLimits.keptValueBytes + 2)
        settings.kept = [
            KeptOption(
                id: 0x0102,
                values: Array(repeating: text(SettingsLimits.keptValueBytes), count: room))
        ]
        return settings
    }

    /// Text of so many bytes, the last character of more than one.
    static func text(_ bytes: Int) -> String {
        String(repeating: "x", count: bytes - 2) + "ç"
    }
}
