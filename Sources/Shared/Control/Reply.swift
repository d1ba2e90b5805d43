// What the master answers: one total decoder, one encoder.

import Bytes
import Messages
import Settings

public enum Reply: Equatable, Sendable {
    case welcome(DaemonStatus)
    /// To whatever changes or signals workers; the kind says to which command.
    case outcome(ControlKind, Outcome)
    case listed([WorkerRow])
    case informed(WorkerInfo)
    case logOpened
    case statusTold(DaemonStatus)
    case exiting
    case happened([Happening])
    case looked([WorkerFigures])
    case refused(Refusal)
    /// KEY=value, each key once.
    case environmentTold([String])
    /// To whatever carries a file out; the kind says to which command.
    case loaded(ControlKind, LoadReport)

    public var kind: ControlKind {
        switch self {
        case .welcome: .welcome
        case .outcome(let kind, _): kind
        case .listed: .listed
        case .informed: .informed
        case .logOpened: .logOpened
        case .statusTold: .statusTold
        case .exiting: .exiting
        case .happened: .happened
        case .looked: .looked
        case .refused: .refused
        case .environmentTold: .environmentTold
        case .loaded(let kind, _): kind
        }
    }

    /// Decodes a whole body, put together from its parts.
    public static func decode(_ kind: ControlKind, body: RawSpan) throws(DecodeError) -> Reply {
        var reader = ByteReader(body)
        let reply = try decodeBody(kind, &reader)
        try reader.finish()
        return reply
    }

    private static func decodeBody(
        _ kind: ControlKind, _ reader: inout ByteReader
    ) throws(DecodeError) -> Reply {
        switch kind {
        case .welcome: .welcome(try DaemonStatus(reading: &reader))
        case .ran, .started, .stopped, .restarted, .removed, .waited, .signalled, .stoppedAll,
            .renamed,
            .copied, .updated, .sourceSet:
            .outcome(kind, try Outcome(reading: &reader))
        case .listed: .listed(try readRows(&reader))
        case .informed: .informed(try WorkerInfo(reading: &reader))
        case .logOpened: .logOpened
        case .statusTold: .statusTold(try DaemonStatus(reading: &reader))
        case .exiting: .exiting
        case .happened: .happened(try Happening.readList(&reader))
        case .looked: .looked(try WorkerFigures.readList(&reader))
        case .refused: .refused(try Refusal(reading: &reader))
        case .environmentTold:
            .environmentTold(
                try reader.readTexts(
                    atMost: ControlLimits.environment, each: ControlLimits.environmentBytes))
        case .loaded, .unloaded, .reloaded, .booted:
            .loaded(kind, try LoadReport(reading: &reader))
        case .hello, .run, .start, .stop, .restart, .remove, .list, .info, .log, .status, .exit,
            .events, .wait, .look, .signal, .stopAll, .rename, .copy, .environment, .update, .load,
            .unload, .reload, .boot, .setSource:
            throw .unexpectedKind(kind.rawValue)
        }
    }

    private static func readRows(_ reader: inout ByteReader) throws(DecodeError) -> [WorkerRow] {
        let count = try reader.readCount(atMost: ControlLimits.rows, smallest: 77)
        var rows: [WorkerRow] = []
        rows.reserveCapacity(count)
        for _ in 0..<count { rows.append(try WorkerRow(reading: &reader)) }
        return rows
    }

    /// What stands behind the header.
    public var body: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .welcome(let status), .statusTold(let status): status.write(to: &writer)
        case .outcome(_, let outcome): outcome.write(to: &writer)
        case .listed(let rows):
            writer.write(UInt16(rows.count))
            for row in rows { row.write(to: &writer) }
        case .informed(let info): info.write(to: &writer)
        case .happened(let list):
            writer.write(UInt16(list.count))
            for happening in list { happening.write(to: &writer) }
        case .looked(let list):
            writer.write(UInt16(list.count))
            for figures in list { figures.write(to: &writer) }
        case .logOpened, .exiting: break
        case .refused(let refusal): refusal.write(to: &writer)
        case .environmentTold(let entries): writer.write(entries)
        case .loaded(_, let report): report.write(to: &writer)
        }
        return writer.bytes
    }

    /// The datagrams of this reply; the first one carries the descriptors.
    public func encoded(id: UInt32, descriptors: UInt16 = 0) -> [[UInt8]] {
        Parts.datagrams(kind: kind.rawValue, id: id, body: body, descriptors: descriptors)
    }
}
