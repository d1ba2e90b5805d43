// The master's side of the figures (FiguresLayout), which it keeps for apm-proxyd. Whatever that
// writes can show wrong numbers and no more: nothing read here is an index, a length or an id.

import CLinux
import Control
import Messages
import Posix

final class ProxyFigures {
    private let memory: HelperMemory
    private var page: UnsafeRawPointer { memory.page }

    init() throws(SystemError) {
        precondition(FiguresLayout.watchOffset == 0, "the watch words are read first")
        memory = try HelperMemory(
            "figures", byteCount: FiguresLayout.byteCount, reading: 0..<FiguresLayout.byteCount)
    }

    /// For apm-proxyd.
    var descriptor: Int32 { memory.descriptor }

    /// Which instance's pipe apm-proxyd touches, as it says itself.
    var sight: StallWatch.Sight { memory.sight(ofPlaces: MessageLimits.connectedInstances) }

    // MARK: what it counts

    /// How often answers took how long (FiguresLayout.bucket).
    struct Latencies {
        private var counts = [UInt64](repeating: 0, count: FiguresLayout.buckets)

        mutating func add(_ count: UInt32, inBucket bucket: Int) { counts[bucket] += UInt64(count) }

        /// The time that so many of a hundred answers did not exceed.
        func time(of percent: UInt64) -> UInt64? {
            let all = counts.reduce(0, +)
            guard all > 0 else { return nil }
            let wanted = (all * percent + 99) / 100
            var seen: UInt64 = 0
            for (bucket, count) in counts.enumerated() {
                seen += count
                if seen >= wanted { return FiguresLayout.longest(inBucket: bucket) }
            }
            return nil
        }
    }

    private func traffic(ofInstance place: UInt16, addingTo latencies: inout Latencies) -> Traffic {
        apm_order()
        let record = page + Self.offset(ofInstance: place)
        var own = Latencies()
        for bucket in 0..<FiguresLayout.buckets {
            let count = record.load(
                fromByteOffset: FiguresLayout.bucketsOffset + bucket * 4, as: UInt32.self)
            own.add(count, inBucket: bucket)
            latencies.add(count, inBucket: bucket)
        }
        return Traffic(
            open: record.load(fromByteOffset: FiguresLayout.sessionsOffset, as: UInt32.self),
            requests: record.load(fromByteOffset: FiguresLayout.servedOffset, as: UInt64.self),
            failed: record.load(fromByteOffset: FiguresLayout.failedOffset, as: UInt64.self),
            median: own.time(of: 50), slowest: own.time(of: 99))
    }

    /// Of several instances together.
    struct Sum {
        var open: UInt32 = 0
        var failed: UInt64 = 0
        var latencies = Latencies()
    }

    /// Of one start of an instance; `sum` gets it too.
    func traffic(ofInstance place: UInt16, addingTo sum: inout Sum) -> Traffic {
        let traffic = traffic(ofInstance: place, addingTo: &sum.latencies)
        sum.open &+= traffic.open
        sum.failed &+= traffic.failed
        return traffic
    }

    /// Of a worker, whose instances have come to this.
    func server(_ worker: UInt16, _ sum: Sum) -> ServerFigures {
        apm_order()
        let record = page + Self.offset(ofWorker: worker)
        return ServerFigures(
            connections: record.load(fromByteOffset: FiguresLayout.openOffset, as: UInt32.self),
            waiting: record.load(fromByteOffset: FiguresLayout.waitingOffset, as: UInt32.self),
            refused: record.load(fromByteOffset: FiguresLayout.refusedOffset, as: UInt64.self),
            droppedLines: record.load(
                fromByteOffset: FiguresLayout.droppedLinesOffset, as: UInt64.self),
            traffic: Traffic(
                open: sum.open,
                requests: record.load(
                    fromByteOffset: FiguresLayout.requestsOffset, as: UInt64.self),
                failed: sum.failed, median: sum.latencies.time(of: 50),
                slowest: sum.latencies.time(of: 99)))
    }

    // MARK: places

    func clear(worker: UInt16) {
        memory.clear(Self.offset(ofWorker: worker), FiguresLayout.workerBytes)
    }

    func clear(instance: UInt16) {
        memory.clear(Self.offset(ofInstance: instance), FiguresLayout.instanceBytes)
    }

    private static func offset(ofWorker worker: UInt16) -> Int {
        FiguresLayout.workersOffset + Int(worker) * FiguresLayout.workerBytes
    }

    private static func offset(ofInstance instance: UInt16) -> Int {
        FiguresLayout.instancesOffset + Int(instance) * FiguresLayout.instanceBytes
    }
}
