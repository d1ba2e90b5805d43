// What a daemon notes of its workers comes back, and nothing else is taken for it.

import Bytes
import Settings
import Testing

@testable import apm_master

private func sample() -> SavedState {
    var settings = WorkerSettings()
    settings.name = "api"
    settings.exec = "node"
    settings.params = ["server.js"]
    settings.path = "/srv"
    settings.instances = 3
    var other = settings
    other.name = "job"
    other.instances = 1
    return SavedState(
        bootId: "boot", groups: "/sys/fs/cgroup/apm-1", groupsIdentity: .max,
        workers: [
            SavedWorker(
                owner: 0, group: 0, settings: settings, wanted: [true, false, true], account: 1001),
            SavedWorker(
                owner: 1000, group: 1000, settings: other, wanted: [false],
                processes: [SavedProcess(pid: 77, startTicks: 1 << 40)],
                source: WorkerSource(file: "/etc/apm.conf", blockFile: "/etc/a.conf", line: 3)),
        ])
}

@Suite struct SavedStateTests {
    @Test func comesBack() throws {
        #expect(try SavedState.decode(sample().encoded().span.bytes) == sample())
        #expect(try SavedState.decode(SavedState().encoded().span.bytes) == SavedState())
    }

    @Test func truncatedAtEveryLengthIsRefused() {
        let bytes = sample().encoded()
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.self) {
                try SavedState.decode(bytes.span.bytes.extracting(0..<length))
            }
        }
        #expect(throws: DecodeError.trailingBytes(1)) {
            try SavedState.decode((bytes + [0]).span.bytes)
        }
    }

    @Test func aBoolForEachInstanceAndNoMore() {
        var state = sample()
        state.workers[0].wanted.append(true)
        #expect(throws: DecodeError.badValue) {
            try SavedState.decode(state.encoded().span.bytes)
        }
    }

    @Test func everyStateIsWantedOrNot() {
        let wanted = InstanceState.all.filter(\.isWanted).map(\.text)
        #expect(
            wanted == [
                "waiting", "held", "starting", "running", "draining(start)", "draining(hold)",
                "stopping(start)", "stopping(hold)", "stopping(judge)", "sweeping(start)",
                "sweeping(hold)", "sweeping(wait)",
            ])
    }
}
