// What runs, so that a new daemon can start it again when this one dies: definitions in their
// order, and which of their instances were wanted. Written after each change, gone with a clean
// end.
//
// The bytes: magic u32, version u16, boot id text, path of the control groups text and their
// identity u64, count u16, then for each worker owner u32, group u32, settings, uid of its account
// u32 (-1: none), a count u16 and as many bools (one for each instance), a count u16 and as many
// processes (pid u32, start time u64), where its definition stands. Only the daemon's own user can
// write the file; it is decoded like a stranger's all the same.

import Bytes
import Glibc
import Messages
import Settings

/// A process as nobody else can be it: in one boot no two have both in common.
struct SavedProcess: Equatable, Sendable {
    var pid: pid_t
    var startTicks: UInt64
}

struct SavedWorker: Equatable, Sendable {
    var owner: uid_t
    var group: gid_t
    var settings: WorkerSettings
    /// For each instance, whether it ran or was about to.
    var wanted: [Bool]
    /// uid of its account when it was defined; nil: it has none of its own.
    var account: uid_t?
    /// What ran, for what has left its control group and where there is none.
    var processes: [SavedProcess] = []
    var source = WorkerSource()
}

struct SavedState: Equatable, Sendable {
    private static let magic: UInt32 = 0x5453_5041
    private static let version: UInt16 = 6
    private static let pathBytes = 4096

    var bootId = ""
    /// Where the control groups lie; empty = there are none.
    var groups = ""
    /// Of the folder there that holds the instances' groups; 0 = there are none.
    var groupsIdentity: UInt64 = 0
    var workers: [SavedWorker] = []

    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 1024 * max(1, workers.count))
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(bootId)
        writer.write(groups)
        writer.write(groupsIdentity)
        writer.write(UInt16(workers.count))
        for worker in workers {
            writer.write(UInt32(worker.owner))
            writer.write(UInt32(worker.group))
            worker.settings.write(to: &writer)
            writer.write(worker.account ?? UInt32.max)
            writer.write(UInt16(worker.wanted.count))
            for wanted in worker.wanted { writer.write(wanted) }
            writer.write(UInt16(worker.processes.count))
            for process in worker.processes {
                writer.write(process.pid)
                writer.write(process.startTicks)
            }
            worker.source.write(to: &writer)
        }
        return writer.bytes
    }

    static func decode(_ bytes: RawSpan) throws(DecodeError) -> SavedState {
        var reader = ByteReader(bytes)
        guard try reader.readUInt32() == magic, try reader.readUInt16() == version else {
            throw .foreignProtocol
        }
        var state = SavedState()
        state.bootId = try reader.readText(atMost: MessageLimits.versionBytes)
        state.groups = try reader.readText(atMost: pathBytes)
        state.groupsIdentity = try reader.readUInt64()
        let count = try reader.readCount(atMost: MasterLimits.workers, smallest: 16)
        for _ in 0..<count { state.workers.append(try readWorker(&reader)) }
        try reader.finish()
        return state
    }

    private static func readWorker(_ reader: inout ByteReader) throws(DecodeError) -> SavedWorker {
        let owner = try reader.readUInt32()
        let group = try reader.readUInt32()
        let settings = try WorkerSettings(reading: &reader)
        var worker = SavedWorker(owner: owner, group: group, settings: settings, wanted: [])
        let account = try reader.readUInt32()
        worker.account = account == .max ? nil : account
        let instances = try reader.readCount(atMost: SettingsLimits.instances, smallest: 1)
        for _ in 0..<instances { worker.wanted.append(try reader.readBool()) }
        guard instances == Int(settings.instances) else { throw .badValue }
        let processes = try reader.readCount(atMost: SettingsLimits.instances, smallest: 12)
        for _ in 0..<processes {
            worker.processes.append(
                SavedProcess(
                    pid: try reader.readInt32(), startTicks: try reader.readUInt64()))
        }
        worker.source = try WorkerSource(reading: &reader)
        return worker
    }
}

extension InstanceState {
    /// A new daemon starts it again.
    var isWanted: Bool {
        switch self {
        case .waiting, .held, .starting, .running, .draining(.start), .draining(.hold),
            .stopping(.start), .stopping(.hold), .stopping(.judge), .sweeping(.start),
            .sweeping(.hold), .sweeping(.wait):
            true
        case .stopped, .exited, .errored, .draining(.stay), .stopping(.stay), .sweeping(.stop),
            .sweeping(.exit), .sweeping(.fail):
            false
        }
    }
}
