// Bytes to message: pure and total.

import Bytes
import Settings

extension Message {
    static let pathBytes = 4096

    /// Decodes one datagram that `sender` wrote while the channel was in `phase`, and that arrived
    /// with `descriptors` descriptors.
    public static func decode(
        _ datagram: RawSpan, from sender: Role, in phase: Phase, descriptors: Int
    ) throws(DecodeError) -> Message {
        let header = try MessageHeader(decoding: datagram)
        let kind = try Permit.check(header, from: sender, in: phase, received: descriptors)
        // A part is no message: who takes parts puts them together first.
        guard header.flags.isEmpty else { throw .undefinedFlag }
        return try decode(
            kind, body: datagram.extracting(MessageHeader.byteCount..<datagram.byteCount))
    }

    /// Decodes a whole body, put together from its parts. Who sends it was checked for each.
    public static func decode(
        _ kind: MessageKind, body: RawSpan
    ) throws(DecodeError) -> Message {
        var reader = ByteReader(body)
        let message = try decodeBody(of: kind, &reader)
        try reader.finish()
        return message
    }

    private static func decodeBody(
        of kind: MessageKind, _ reader: inout ByteReader
    ) throws(DecodeError) -> Message {
        switch kind {
        case .hello:
            .hello(
                try reader.readCase(Role.self),
                version: try reader.readText(atMost: MessageLimits.versionBytes))
        case .openJournal: .openJournal
        case .openLog:
            .openLog(try readLog(&reader), path: try reader.readText(atMost: pathBytes))
        case .closeLog: .closeLog(try readLog(&reader))
        case .logFailed: .logFailed(try readLog(&reader), errno: try reader.readInt32())
        case .openStream: .openStream(try readStreamPlan(&reader))
        case .streamEnded:
            .streamEnded(try readStream(&reader), lines: try reader.readUInt64())
        case .closeStream: .closeStream(try readStream(&reader))
        case .tailLog: .tailLog(try readTailRequest(&reader))
        case .showStart: .showStart(try readStream(&reader))
        case .forgetStart: .forgetStart(try readStream(&reader))
        case .note:
            .note(
                try reader.readCase(NoteLevel.self),
                try reader.readText(atMost: MessageLimits.noteBytes))
        case .forgetRecent: .forgetRecent(worker: try reader.readWorker())
        case .restyleStream: .restyleStream(try readStreamStyle(&reader))
        case .resolveAccount:
            .resolveAccount(name: try reader.readText(atMost: MessageLimits.accountNameBytes))
        case .accountResolved: .accountResolved(try AccountAnswer(reading: &reader))
        case .readLoginPath: .readLoginPath(try Login(reading: &reader))
        case .loginPathRead: .loginPathRead(try LoginPath(reading: &reader))
        case .readEnvironmentFile: .readEnvironmentFile
        case .environmentFileRead: .environmentFileRead(try EnvironmentFile(reading: &reader))
        case .releaseStream: .releaseStream(try readStream(&reader))
        case .working: .working
        case .ping: .ping
        case .ponged: .ponged
        case .watchFiles: .watchFiles(try WatchPlan(reading: &reader))
        case .fileChanged: .fileChanged(try ShownPath(reading: &reader))
        case .watchFailed: .watchFailed(try WatchFailure(reading: &reader))
        case .watching: .watching(try WatchedFolders(reading: &reader))
        case .openLook: .openLook(idleMilliseconds: try reader.readUInt32())
        case .refreshLook: .refreshLook
        case .lookTaken: .lookTaken(try reader.readBytes(atMost: MessageLimits.planBytes))
        case .admitOrders: .admitOrders(try reader.readBool())
        case .order: .order(try Order(reading: &reader))
        case .orderAnswered: .orderAnswered(try OrderAnswer(reading: &reader))
        case .orderAbandoned: .orderAbandoned(try reader.readUInt32())
        case .resolveUid: .resolveUid(try reader.readUInt32())
        case .uidResolved: .uidResolved(try AccountAnswer(reading: &reader))
        case .resolveGroup:
            .resolveGroup(name: try reader.readText(atMost: MessageLimits.accountNameBytes))
        case .groupResolved: .groupResolved(try GroupAnswer(reading: &reader))
        case .readConfig: .readConfig(try ConfigRequest(reading: &reader))
        case .configRead: .configRead
        case .workerPlanned: .workerPlanned(try PlannedWorker(reading: &reader))
        case .configNoted: .configNoted(try ConfigMessage(reading: &reader))
        case .daemonPlanned: .daemonPlanned(try DaemonSettings(reading: &reader))
        case .configFileRead: .configFileRead(path: try reader.readText(atMost: pathBytes))
        case .configNamesListed:
            .configNamesListed(path: try reader.readText(atMost: pathBytes))
        case .sourceRead: .sourceRead(try SourceReport(reading: &reader))
        default: try decodeProxyBody(of: kind, &reader)
        }
    }

    /// Between master and proxyd.
    private static func decodeProxyBody(
        of kind: MessageKind, _ reader: inout ByteReader
    ) throws(DecodeError) -> Message {
        switch kind {
        case .openFigures: .openFigures
        case .openWorker: .openWorker(try ProxiedWorker(reading: &reader))
        case .closeWorker: .closeWorker(try reader.readWorker())
        case .openServer: .openServer(try ProxiedServer(reading: &reader))
        case .closeServer: .closeServer(try reader.readServer())
        case .openInstance: .openInstance(try ConnectedInstance(reading: &reader))
        case .instanceReady: .instanceReady(try reader.readInstance())
        case .drainInstance: .drainInstance(try reader.readInstance())
        case .instanceDrained: .instanceDrained(try reader.readInstance())
        case .closeInstance: .closeInstance(try reader.readInstance())
        case .instanceClosed: .instanceClosed(try reader.readInstance())
        case .openAccessLog: .openAccessLog(worker: try reader.readWorker())
        case .instanceFailed:
            .instanceFailed(
                try reader.readInstance(), try reader.readCase(InstanceFault.self))
        case .closeAccessLog: .closeAccessLog(worker: try reader.readWorker())
        case .proxyNoted:
            .proxyNoted(
                try reader.readCase(NoteLevel.self),
                try reader.readText(atMost: MessageLimits.noteBytes))
        default: preconditionFailure("\(kind.name) is not read")
        }
    }

    private static func readStreamPlan(
        _ reader: inout ByteReader
    ) throws(DecodeError) -> StreamPlan {
        StreamPlan(
            stream: try readStream(&reader), log: try readLog(&reader),
            worker: try reader.readWorker(), instance: try reader.readUInt16(),
            source: try reader.readCase(StreamPlan.Source.self),
            stripsANSI: try reader.readBool(), keepsStart: try reader.readBool(),
            prefix: try reader.readText(atMost: MessageLimits.prefixBytes),
            timeFormat: try reader.readText(atMost: MessageLimits.formatBytes))
    }

    private static func readStreamStyle(
        _ reader: inout ByteReader
    ) throws(DecodeError) -> StreamStyle {
        StreamStyle(
            stream: try readStream(&reader), stripsANSI: try reader.readBool(),
            prefix: try reader.readText(atMost: MessageLimits.prefixBytes),
            timeFormat: try reader.readText(atMost: MessageLimits.formatBytes))
    }

    private static func readTailRequest(
        _ reader: inout ByteReader
    ) throws(DecodeError) -> TailRequest {
        let lines = try reader.readUInt16()
        let follows = try reader.readBool()
        let instance = try reader.readUInt16()
        let count = try reader.readCount(atMost: MessageLimits.tailWorkers, smallest: 2)
        var workers: [UInt16] = []
        for _ in 0..<count { workers.append(try reader.readWorker()) }
        return TailRequest(
            lines: lines, follows: follows, instance: instance, workers: workers,
            uid: try reader.readUInt32())
    }

    private static func readStream(_ reader: inout ByteReader) throws(DecodeError) -> UInt32 {
        try readNumber(&reader, below: UInt32(MessageLimits.streams))
    }

    private static func readLog(_ reader: inout ByteReader) throws(DecodeError) -> UInt32 {
        try readNumber(&reader, below: UInt32(MessageLimits.logs))
    }

    private static func readNumber(
        _ reader: inout ByteReader, below limit: UInt32
    ) throws(DecodeError) -> UInt32 {
        let number = try reader.readUInt32()
        guard number < limit else { throw .badValue }
        return number
    }
}
