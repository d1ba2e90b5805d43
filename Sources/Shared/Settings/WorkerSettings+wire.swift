// The binary plan: every field of WorkerSettings in the order of its declaration.

import Bytes

extension WorkerSettings {
    public func write(to writer: inout ByteWriter) {
        writer.write(name)
        writer.write(exec)
        writer.write(params)
        writer.write(path)
        writer.write(instances)
        writer.write(user)
        writer.write(env)
        writer.write(envIndex)
        writer.write(envFile)
        writer.write(baseEnvironment)
        writer.write(restart)
        writer.write(restartDelay)
        writer.write(maxRestarts)
        writer.write(restartErr)
        writer.write(errDelay)
        writer.write(maxErrRestarts)
        writer.write(errGrace)
        writer.write(UInt16(restartOnExitCodes.count))
        for code in restartOnExitCodes { writer.write(code) }
        writer.write(restartBackoff)
        writer.write(startupGrace)
        writer.write(dependsOn)
        writer.write(dependsTimeout)
        writer.write(killTimeout)
        writer.write(stopSignal)
        writer.writeCase(standardInput)
        writer.write(rolling)
        writer.write(rollingDelay)
        writer.write(memoryLimit)
        writer.write(memoryHigh)
        writer.write(cpuLimit)
        writer.write(pidsLimit)
        writer.write(watch)
        writer.write(watchIgnore)
        writer.write(watchDelay)
        writer.write(watchConf)
        writer.write(log)
        writer.write(errLog)
        writer.write(prefix)
        writer.write(logTimeFormat)
        writer.write(stripANSI)
        writer.write(UInt16(servers.count))
        for server in servers { server.write(to: &writer) }
        serverSettings.write(to: &writer)
        writer.write(accessLog)
        writer.write(drainTimeout)
        writer.write(connector)
        kept.write(to: &writer)
    }

    /// Reads a plan. Lengths, counts and ranges are checked here; whether the values make sense
    /// together is `problem()`'s question.
    public init(reading reader: inout ByteReader) throws(DecodeError) {
        name = try reader.readText(atMost: SettingsLimits.nameBytes)
        exec = try reader.readText(atMost: SettingsLimits.pathBytes)
        params = try Self.readList(&reader, atMost: SettingsLimits.arguments)
        path = try reader.readText(atMost: SettingsLimits.pathBytes)
        instances = try reader.readUInt16()
        user = try reader.readText(atMost: SettingsLimits.userBytes)
        env = try Self.readList(&reader, atMost: SettingsLimits.environment)
        envIndex = try reader.readText(atMost: SettingsLimits.nameBytes)
        envFile = try reader.readText(atMost: SettingsLimits.pathBytes)
        baseEnvironment = try Self.readList(&reader, atMost: SettingsLimits.environment)
        restart = try reader.readBool()
        restartDelay = try Self.readTime(&reader)
        maxRestarts = try reader.readUInt32()
        restartErr = try reader.readBool()
        errDelay = try Self.readTime(&reader)
        maxErrRestarts = try reader.readUInt32()
        errGrace = try Self.readTime(&reader)
        let codes = try reader.readCount(atMost: SettingsLimits.exitCodes, smallest: 1)
        restartOnExitCodes = []
        for _ in 0..<codes { restartOnExitCodes.append(try reader.readUInt8()) }
        restartBackoff = try Self.readTime(&reader)
        startupGrace = try Self.readTime(&reader)
        dependsOn = try reader.readTexts(
            atMost: SettingsLimits.dependencies, each: SettingsLimits.nameBytes)
        dependsTimeout = try Self.readTime(&reader)
        killTimeout = try Self.readTime(&reader)
        stopSignal = try reader.readUInt8()
        standardInput = try reader.readCase(StandardInput.self)
        rolling = try reader.readBool()
        rollingDelay = try Self.readTime(&reader)
        memoryLimit = try reader.readUInt64()
        memoryHigh = try reader.readUInt64()
        cpuLimit = try reader.readUInt32()
        pidsLimit = try reader.readUInt32()
        guard memoryLimit <= SettingsLimits.memoryBytes, memoryHigh <= SettingsLimits.memoryBytes,
            cpuLimit <= SettingsLimits.cpuPercent, pidsLimit <= SettingsLimits.processes
        else { throw .badValue }
        watch = try Self.readPatterns(&reader)
        watchIgnore = try Self.readPatterns(&reader)
        watchDelay = try Self.readTime(&reader)
        watchConf = try reader.readBool()
        log = try reader.readText(atMost: SettingsLimits.pathBytes)
        errLog = try reader.readText(atMost: SettingsLimits.pathBytes)
        prefix = try reader.readText(atMost: SettingsLimits.formatBytes)
        logTimeFormat = try reader.readText(atMost: SettingsLimits.formatBytes)
        stripANSI = try reader.readBool()
        let count = try reader.readCount(atMost: SettingsLimits.servers, smallest: 8)
        servers = []
        for _ in 0..<count { servers.append(try ServerAddress(reading: &reader)) }
        serverSettings = try ServerSettings(reading: &reader)
        accessLog = try reader.readText(atMost: SettingsLimits.pathBytes)
        drainTimeout = try Self.readTime(&reader)
        connector = try reader.readBool()
        kept = try [KeptOption](reading: &reader, known: OptionTable.workerIds)
    }

    private static func readList(
        _ reader: inout ByteReader, atMost limit: Int
    ) throws(DecodeError) -> [String] {
        try reader.readTexts(atMost: limit, each: SettingsLimits.argumentBytes)
    }

    private static func readPatterns(
        _ reader: inout ByteReader
    ) throws(DecodeError) -> [String] {
        try reader.readTexts(atMost: SettingsLimits.patterns, each: SettingsLimits.patternBytes)
    }

    private static func readTime(_ reader: inout ByteReader) throws(DecodeError) -> UInt32 {
        let time = try reader.readUInt32()
        guard time <= SettingsLimits.milliseconds else { throw .badValue }
        return time
    }
}
