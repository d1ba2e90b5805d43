// What is known of a worker's usage, added up and sent.

import Bytes
import Settings
import Testing

@testable import Control

@Suite struct UsageTests {
    private func sent(_ usage: Usage) throws -> Usage {
        var writer = ByteWriter()
        usage.write(to: &writer)
        var reader = ByteReader(writer.bytes.span.bytes)
        let received = try Usage(reading: &reader)
        try reader.finish()
        return received
    }

    @Test func eachFigureIsKnownOrNotByItself() throws {
        for cpu in [nil, 0, 2000] as [UInt32?] {
            for time in [nil, 0, .max - 1] as [UInt64?] {
                for memory in [nil, 0, 4096] as [UInt64?] {
                    let usage = Usage(
                        cpuTenths: cpu, cpuMilliseconds: time, memoryBytes: memory)
                    #expect(try sent(usage) == usage)
                }
            }
        }
    }

    @Test func aSumIsOfWhatIsKnown() {
        let one = Usage(cpuTenths: 5, memoryBytes: 100)
        let other = Usage(cpuTenths: 7, cpuMilliseconds: 3)
        #expect(
            one + other == Usage(cpuTenths: 12, cpuMilliseconds: 3, memoryBytes: 100))
        #expect(Usage() + Usage() == Usage())
    }

    /// The largest number says that nothing is known: no sum may reach it.
    @Test func aSumNeverBecomesUnknown() throws {
        let large = Usage(cpuTenths: .max - 1, cpuMilliseconds: .max - 1, memoryBytes: .max - 1)
        #expect(try sent(large + large) == large)
        #expect(try sent(large + Usage(cpuTenths: 1)) == large)
    }
}

@Suite struct ControllersTests {
    @Test func everyBitHasAName() {
        #expect(Controllers.named.map(\.name) == ["cpu", "memory", "pids"])
        #expect(Controllers.named.reduce([]) { $0.union($1.controller) } == Controllers.all)
    }

    @Test func otherBitsAreRefused() throws {
        for value in UInt8.min...UInt8.max {
            let bytes = [value]
            var reader = ByteReader(bytes.span.bytes)
            if value < 8 {
                #expect(try Controllers(reading: &reader).rawValue == value)
            } else {
                #expect(throws: DecodeError.badValue) {
                    var reader = ByteReader(bytes.span.bytes)
                    _ = try Controllers(reading: &reader)
                }
            }
        }
    }

    @Test func onlyLimitsThatAreSetCanBeUnmet() {
        var settings = WorkerSettings()
        #expect(settings.limits(unmetBy: []).isEmpty)
        settings.memoryLimit = 1
        settings.memoryHigh = 1
        settings.cpuLimit = 1
        settings.pidsLimit = 1
        #expect(settings.limits(unmetBy: .all).isEmpty)
        #expect(
            settings.limits(unmetBy: []).map(\.key)
                == ["memory_limit", "memory_high", "cpu_limit", "pids_limit"])
        #expect(
            settings.limits(unmetBy: [.cpu, .memory])
                == [WorkerSettings.UnmetLimit(key: "pids_limit", controller: "pids")])
    }
}
