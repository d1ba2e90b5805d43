// Which message may come from whom, when, and with how many descriptors: checked before a byte of
// its body is read.

import Bytes

/// Where a channel stands.
public enum Phase: Sendable, CaseIterable {
    /// Nothing but the peer's HELLO may come.
    case greeting
    /// HELLO was exchanged.
    case open
}

/// One row of the permit table.
public struct Permit: Sendable {
    public let descriptors: UInt16
    /// Whether a long body may come in several datagrams.
    public let comesInParts: Bool

    init(descriptors: UInt16, comesInParts: Bool = false) {
        self.descriptors = descriptors
        self.comesInParts = comesInParts
    }

    /// The row for `kind` coming from `sender` in `phase`; nil when it may not come.
    public static func row(for kind: MessageKind, from sender: Role, in phase: Phase) -> Permit? {
        switch (phase, sender, kind) {
        case (.greeting, .master, .hello), (.greeting, .logd, .hello),
            (.greeting, .agent, .hello), (.greeting, .guid, .hello),
            (.greeting, .proxyd, .hello):
            Permit(descriptors: 0)
        case (.open, .master, .openJournal), (.open, .master, .openLog),
            (.open, .master, .openStream), (.open, .master, .tailLog),
            (.open, .master, .showStart), (.open, .master, .readEnvironmentFile),
            (.open, .master, .openLook), (.open, .master, .openFigures),
            (.open, .master, .openServer), (.open, .master, .openAccessLog):
            Permit(descriptors: 1)
        case (.open, .master, .openInstance):
            Permit(descriptors: 3)
        case (.open, .master, .closeLog), (.open, .master, .closeStream),
            (.open, .master, .forgetStart), (.open, .master, .note),
            (.open, .master, .forgetRecent), (.open, .master, .releaseStream),
            (.open, .master, .ping), (.open, .master, .resolveAccount),
            (.open, .master, .readLoginPath), (.open, .master, .restyleStream),
            (.open, .master, .resolveUid), (.open, .master, .resolveGroup),
            (.open, .master, .admitOrders), (.open, .master, .orderAnswered),
            (.open, .master, .closeWorker), (.open, .master, .closeServer),
            (.open, .master, .drainInstance), (.open, .master, .closeInstance),
            (.open, .master, .closeAccessLog):
            Permit(descriptors: 0)
        case (.open, .logd, .logFailed), (.open, .logd, .streamEnded), (.open, .logd, .working),
            (.open, .logd, .ponged):
            Permit(descriptors: 0)
        case (.open, .agent, .accountResolved), (.open, .agent, .loginPathRead),
            (.open, .agent, .uidResolved), (.open, .agent, .groupResolved),
            (.open, .agent, .fileChanged), (.open, .agent, .watchFailed),
            (.open, .agent, .watching), (.open, .agent, .configRead),
            (.open, .agent, .configNoted), (.open, .agent, .daemonPlanned),
            (.open, .agent, .configFileRead), (.open, .agent, .configNamesListed),
            (.open, .guid, .refreshLook), (.open, .guid, .order),
            (.open, .guid, .orderAbandoned), (.open, .proxyd, .instanceReady),
            (.open, .proxyd, .instanceDrained), (.open, .proxyd, .instanceClosed),
            (.open, .proxyd, .instanceFailed), (.open, .proxyd, .proxyNoted),
            (.open, .proxyd, .working), (.open, .proxyd, .ponged):
            Permit(descriptors: 0)
        case (.open, .agent, .environmentFileRead), (.open, .agent, .workerPlanned),
            (.open, .agent, .sourceRead), (.open, .master, .readConfig),
            (.open, .master, .lookTaken), (.open, .master, .watchFiles),
            (.open, .master, .openWorker):
            Permit(descriptors: 0, comesInParts: true)
        default:
            nil
        }
    }

    /// Decides over a header: its kind, or the reason why the peer is dropped.
    public static func check(
        _ header: MessageHeader, from sender: Role, in phase: Phase, received descriptors: Int
    ) throws(DecodeError) -> MessageKind {
        guard let kind = MessageKind(rawValue: header.kind),
            let row = row(for: kind, from: sender, in: phase)
        else { throw .unexpectedKind(header.kind) }
        guard header.flags.isEmpty || (row.comesInParts && header.flags == .more) else {
            throw .undefinedFlag
        }
        guard header.descriptorCount == row.descriptors, descriptors == Int(row.descriptors) else {
            throw .wrongDescriptorCount
        }
        return kind
    }
}
