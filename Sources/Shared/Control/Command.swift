// What apm asks of the master: one total decoder, one encoder.

import Bytes
import Messages
import Settings

public enum Command: Equatable, Sendable {
    case hello(Role, version: String)
    case run(RunCommand)
    case start(Selection)
    case stop(Selection)
    case restart(Selection)
    case remove(Selection)
    case list
    case info(Selection)
    case log(LogCommand)
    case status
    case exit
    case events(EventsCommand)
    case wait(Selection)
    case look
    case signal(SignalCommand)
    case stopAll(waits: Bool)
    case rename(RenameCommand)
    case copy(CopyCommand)
    case environment(Selection)
    case update(UpdateCommand)
    case load(LoadCommand)
    case unload(UnloadCommand)
    case reload(ReloadCommand)
    case boot(BootCommand)
    case setSource(SourceCommand)

    public var kind: ControlKind {
        switch self {
        case .hello: .hello
        case .run: .run
        case .start: .start
        case .stop: .stop
        case .restart: .restart
        case .remove: .remove
        case .list: .list
        case .info: .info
        case .log: .log
        case .status: .status
        case .exit: .exit
        case .events: .events
        case .wait: .wait
        case .look: .look
        case .signal: .signal
        case .stopAll: .stopAll
        case .rename: .rename
        case .copy: .copy
        case .environment: .environment
        case .update: .update
        case .load: .load
        case .unload: .unload
        case .reload: .reload
        case .boot: .boot
        case .setSource: .setSource
        }
    }

    /// Whether its reply may have to wait for what workers do.
    public var mayWait: Bool {
        switch self {
        case .run, .start, .stop, .restart, .remove, .wait, .stopAll, .copy, .update, .exit,
            .load, .unload, .reload, .boot:
            true
        case .hello, .list, .info, .log, .status, .events, .look, .signal, .rename, .environment,
            .setSource:
            false
        }
    }

    /// The kind that `header` announces. The first datagram must be HELLO, later ones must not;
    /// commands carry no descriptor, and only those that hold settings or an environment come in
    /// parts.
    public static func permitted(
        _ header: MessageHeader, in phase: Phase, received descriptors: Int
    ) throws(DecodeError) -> ControlKind {
        guard let kind = ControlKind(rawValue: header.kind), kind.isRequest,
            (kind == .hello) == (phase == .greeting)
        else { throw .unexpectedKind(header.kind) }
        guard header.descriptorCount == 0, descriptors == 0 else { throw .wrongDescriptorCount }
        guard header.flags.isEmpty || mayBeLong(kind) else { throw .undefinedFlag }
        return kind
    }

    private static func mayBeLong(_ kind: ControlKind) -> Bool {
        [.run, .update, .load, .reload, .boot].contains(kind)
    }

    /// Decodes a whole body, put together from its parts.
    public static func decode(
        _ kind: ControlKind, body: RawSpan
    ) throws(DecodeError) -> Command {
        var reader = ByteReader(body)
        let command = try decodeBody(kind, &reader)
        try reader.finish()
        return command
    }

    private static func decodeBody(
        _ kind: ControlKind, _ reader: inout ByteReader
    ) throws(DecodeError) -> Command {
        switch kind {
        case .hello:
            .hello(
                try reader.readCase(Role.self),
                version: try reader.readText(atMost: MessageLimits.versionBytes))
        case .run: .run(try RunCommand(reading: &reader))
        case .start: .start(try Selection(reading: &reader))
        case .stop: .stop(try Selection(reading: &reader))
        case .restart: .restart(try Selection(reading: &reader))
        case .remove: .remove(try Selection(reading: &reader))
        case .list: .list
        case .info: .info(try Selection(reading: &reader))
        case .log: .log(try LogCommand(reading: &reader))
        case .status: .status
        case .exit: .exit
        case .events: .events(try EventsCommand(reading: &reader))
        case .wait: .wait(try Selection(reading: &reader))
        case .look: .look
        case .signal: .signal(try SignalCommand(reading: &reader))
        case .stopAll: .stopAll(waits: try reader.readBool())
        case .rename: .rename(try RenameCommand(reading: &reader))
        case .copy: .copy(try CopyCommand(reading: &reader))
        case .environment: .environment(try Selection(reading: &reader))
        case .update: .update(try UpdateCommand(reading: &reader))
        case .load: .load(try LoadCommand(reading: &reader))
        case .unload: .unload(try UnloadCommand(reading: &reader))
        case .reload: .reload(try ReloadCommand(reading: &reader))
        case .boot: .boot(try BootCommand(reading: &reader))
        case .setSource: .setSource(try SourceCommand(reading: &reader))
        case .welcome, .ran, .started, .stopped, .restarted, .removed, .listed, .informed,
            .logOpened, .statusTold, .exiting, .refused, .happened, .waited, .looked, .signalled,
            .stoppedAll, .renamed,
            .copied, .environmentTold, .updated, .loaded, .unloaded, .reloaded, .booted,
            .sourceSet:
            throw .unexpectedKind(kind.rawValue)
        }
    }

    /// The datagrams of this command: one, or several where the plan is long.
    public func encoded(id: UInt32) -> [[UInt8]] {
        var writer = ByteWriter()
        switch self {
        case .hello(let role, let version):
            writer.writeCase(role)
            writer.write(version)
        case .run(let run): run.write(to: &writer)
        case .start(let selection), .stop(let selection), .restart(let selection),
            .remove(let selection), .info(let selection), .wait(let selection),
            .environment(let selection):
            selection.write(to: &writer)
        case .log(let log): log.write(to: &writer)
        case .events(let events): events.write(to: &writer)
        case .list, .status, .exit, .look: break
        case .signal(let signal): signal.write(to: &writer)
        case .stopAll(let waits): writer.write(waits)
        case .rename(let rename): rename.write(to: &writer)
        case .copy(let copy): copy.write(to: &writer)
        case .update(let update): update.write(to: &writer)
        case .load(let load): load.write(to: &writer)
        case .unload(let unload): unload.write(to: &writer)
        case .reload(let reload): reload.write(to: &writer)
        case .boot(let boot): boot.write(to: &writer)
        case .setSource(let source): source.write(to: &writer)
        }
        return Parts.datagrams(kind: kind.rawValue, id: id, body: writer.bytes)
    }
}
