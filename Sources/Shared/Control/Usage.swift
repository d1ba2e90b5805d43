// What an instance, or a worker as a whole, takes of the machine. What is not known is nil, and on
// the wire the largest number.

import Bytes

public struct Usage: Equatable, Sendable {
    /// Tenths of a percent of one processor; two whole processors are 2000.
    public var cpuTenths: UInt32?
    /// Processor time since the start.
    public var cpuMilliseconds: UInt64?
    public var memoryBytes: UInt64?

    public init(
        cpuTenths: UInt32? = nil, cpuMilliseconds: UInt64? = nil, memoryBytes: UInt64? = nil
    ) {
        self.cpuTenths = cpuTenths
        self.cpuMilliseconds = cpuMilliseconds
        self.memoryBytes = memoryBytes
    }

    /// Both together: what is known of them.
    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            cpuTenths: sum(left.cpuTenths, right.cpuTenths),
            cpuMilliseconds: sum(left.cpuMilliseconds, right.cpuMilliseconds),
            memoryBytes: sum(left.memoryBytes, right.memoryBytes))
    }

    /// The largest number stands for "not known", so a sum stays below it.
    private static func sum<Value: FixedWidthInteger>(_ left: Value?, _ right: Value?) -> Value? {
        guard let left, let right else { return left ?? right }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? Value.max - 1 : min(sum, Value.max - 1)
    }

    func write(to writer: inout ByteWriter) {
        writer.write(cpuTenths ?? .max)
        writer.write(cpuMilliseconds ?? .max)
        writer.write(memoryBytes ?? .max)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        cpuTenths = Self.known(try reader.readUInt32())
        cpuMilliseconds = Self.known(try reader.readUInt64())
        memoryBytes = Self.known(try reader.readUInt64())
    }

    private static func known<Value: FixedWidthInteger>(_ value: Value) -> Value? {
        value == .max ? nil : value
    }
}
