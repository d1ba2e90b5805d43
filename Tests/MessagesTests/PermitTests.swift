// The permit table, every combination: what is not in this list may not come.

import Bytes
import Messages
import Testing

@Suite struct PermitTests {
    private struct Row: Hashable {
        let kind: MessageKind
        let sender: Role
        let phase: Phase
    }

    private let allowed: [Row: UInt16] = [
        Row(kind: .hello, sender: .master, phase: .greeting): 0,
        Row(kind: .hello, sender: .logd, phase: .greeting): 0,
        Row(kind: .hello, sender: .agent, phase: .greeting): 0,
        Row(kind: .hello, sender: .guid, phase: .greeting): 0,
        Row(kind: .hello, sender: .proxyd, phase: .greeting): 0,
        Row(kind: .openJournal, sender: .master, phase: .open): 1,
        Row(kind: .openLog, sender: .master, phase: .open): 1,
        Row(kind: .closeLog, sender: .master, phase: .open): 0,
        Row(kind: .logFailed, sender: .logd, phase: .open): 0,
        Row(kind: .openStream, sender: .master, phase: .open): 1,
        Row(kind: .streamEnded, sender: .logd, phase: .open): 0,
        Row(kind: .closeStream, sender: .master, phase: .open): 0,
        Row(kind: .tailLog, sender: .master, phase: .open): 1,
        Row(kind: .showStart, sender: .master, phase: .open): 1,
        Row(kind: .forgetStart, sender: .master, phase: .open): 0,
        Row(kind: .note, sender: .master, phase: .open): 0,
        Row(kind: .forgetRecent, sender: .master, phase: .open): 0,
        Row(kind: .restyleStream, sender: .master, phase: .open): 0,
        Row(kind: .resolveAccount, sender: .master, phase: .open): 0,
        Row(kind: .accountResolved, sender: .agent, phase: .open): 0,
        Row(kind: .readLoginPath, sender: .master, phase: .open): 0,
        Row(kind: .loginPathRead, sender: .agent, phase: .open): 0,
        Row(kind: .readEnvironmentFile, sender: .master, phase: .open): 1,
        Row(kind: .environmentFileRead, sender: .agent, phase: .open): 0,
        Row(kind: .releaseStream, sender: .master, phase: .open): 0,
        Row(kind: .working, sender: .logd, phase: .open): 0,
        Row(kind: .ping, sender: .master, phase: .open): 0,
        Row(kind: .ponged, sender: .logd, phase: .open): 0,
        Row(kind: .working, sender: .proxyd, phase: .open): 0,
        Row(kind: .ponged, sender: .proxyd, phase: .open): 0,
        Row(kind: .openFigures, sender: .master, phase: .open): 1,
        Row(kind: .openWorker, sender: .master, phase: .open): 0,
        Row(kind: .closeWorker, sender: .master, phase: .open): 0,
        Row(kind: .openServer, sender: .master, phase: .open): 1,
        Row(kind: .closeServer, sender: .master, phase: .open): 0,
        Row(kind: .openInstance, sender: .master, phase: .open): 3,
        Row(kind: .instanceReady, sender: .proxyd, phase: .open): 0,
        Row(kind: .drainInstance, sender: .master, phase: .open): 0,
        Row(kind: .instanceDrained, sender: .proxyd, phase: .open): 0,
        Row(kind: .closeInstance, sender: .master, phase: .open): 0,
        Row(kind: .instanceClosed, sender: .proxyd, phase: .open): 0,
        Row(kind: .openAccessLog, sender: .master, phase: .open): 1,
        Row(kind: .instanceFailed, sender: .proxyd, phase: .open): 0,
        Row(kind: .closeAccessLog, sender: .master, phase: .open): 0,
        Row(kind: .proxyNoted, sender: .proxyd, phase: .open): 0,
        Row(kind: .openLook, sender: .master, phase: .open): 1,
        Row(kind: .refreshLook, sender: .guid, phase: .open): 0,
        Row(kind: .lookTaken, sender: .master, phase: .open): 0,
        Row(kind: .admitOrders, sender: .master, phase: .open): 0,
        Row(kind: .order, sender: .guid, phase: .open): 0,
        Row(kind: .orderAnswered, sender: .master, phase: .open): 0,
        Row(kind: .orderAbandoned, sender: .guid, phase: .open): 0,
        Row(kind: .resolveUid, sender: .master, phase: .open): 0,
        Row(kind: .uidResolved, sender: .agent, phase: .open): 0,
        Row(kind: .resolveGroup, sender: .master, phase: .open): 0,
        Row(kind: .groupResolved, sender: .agent, phase: .open): 0,
        Row(kind: .watchFiles, sender: .master, phase: .open): 0,
        Row(kind: .fileChanged, sender: .agent, phase: .open): 0,
        Row(kind: .watchFailed, sender: .agent, phase: .open): 0,
        Row(kind: .watching, sender: .agent, phase: .open): 0,
        Row(kind: .readConfig, sender: .master, phase: .open): 0,
        Row(kind: .configRead, sender: .agent, phase: .open): 0,
        Row(kind: .workerPlanned, sender: .agent, phase: .open): 0,
        Row(kind: .configNoted, sender: .agent, phase: .open): 0,
        Row(kind: .daemonPlanned, sender: .agent, phase: .open): 0,
        Row(kind: .configFileRead, sender: .agent, phase: .open): 0,
        Row(kind: .configNamesListed, sender: .agent, phase: .open): 0,
        Row(kind: .sourceRead, sender: .agent, phase: .open): 0,
    ]

    @Test func theTableIsThisListAndNothingElse() {
        for kind in MessageKind.allCases {
            for sender in Role.allCases {
                for phase in Phase.allCases {
                    let row = Permit.row(for: kind, from: sender, in: phase)
                    let wanted = allowed[Row(kind: kind, sender: sender, phase: phase)]
                    #expect(row?.descriptors == wanted, "\(kind) from \(sender) while \(phase)")
                }
            }
        }
    }

    @Test func noHelperMaySendADescriptor() {
        for kind in MessageKind.allCases {
            for phase in Phase.allCases {
                for sender in Role.allCases where sender != .master {
                    let row = Permit.row(for: kind, from: sender, in: phase)
                    #expect(row.map(\.descriptors) ?? 0 == 0)
                }
            }
        }
    }

    @Test func theMastersKindsAreEvenAndTheHelpersAreOdd() {
        for kind in MessageKind.allCases where kind != .hello {
            let fromMaster = Permit.row(for: kind, from: .master, in: .open) != nil
            #expect(fromMaster == (kind.rawValue & 1 == 0), "\(kind)")
        }
    }

    @Test func filesPlansLooksAndWatchesAloneComeInParts() {
        let long: Set<MessageKind> = [
            .environmentFileRead, .lookTaken, .readConfig, .workerPlanned, .sourceRead,
            .watchFiles, .openWorker,
        ]
        for kind in MessageKind.allCases {
            for (sender, phase) in MessageSamples.origins(of: kind) {
                let datagram = MessageHeader.datagram(
                    kind: kind.rawValue, flags: .more,
                    descriptorCount: Permit.row(for: kind, from: sender, in: phase)?.descriptors
                        ?? 0, body: [0])
                let permitted = try? Permit.check(
                    MessageHeader(decoding: datagram.span.bytes), from: sender, in: phase,
                    received: kind == .readEnvironmentFile ? 1 : 0)
                #expect((permitted != nil) == long.contains(kind), "\(kind)")
            }
        }
    }

    @Test func aKindIsForOneHelper() {
        for kind in MessageKind.allCases where kind != .hello {
            for sender in Role.allCases where sender != .master {
                let row = Permit.row(for: kind, from: sender, in: .open)
                let isShared = [.working, .ping, .ponged].contains(kind) && kind.helper == nil
                #expect(row == nil || isShared || kind.helper == sender, "\(kind)")
            }
        }
        #expect(MessageKind.hello.helper == nil)
    }

    /// The body is not looked at before sender, phase and descriptors are known to be right.
    @Test func theReasonIsFoundBeforeTheBodyIsRead() throws {
        let datagram = MessageHeader.datagram(kind: MessageKind.openLog.rawValue, body: [0xFF])
        let header = try MessageHeader(decoding: datagram.span.bytes)
        #expect(throws: DecodeError.unexpectedKind(0x12)) {
            try Permit.check(header, from: .logd, in: .open, received: 0)
        }
        #expect(throws: DecodeError.wrongDescriptorCount) {
            try Permit.check(header, from: .master, in: .open, received: 1)
        }
    }
}
