// What apm-proxyd has counted: of a worker since somebody started it, of an instance since its own
// start.

import Bytes

/// Requests and how long their answers took. Times are microseconds, and nil before the first one.
public struct Traffic: Equatable, Sendable {
    /// Being answered now.
    public var open: UInt32
    public var requests: UInt64
    /// Answered with 502 or 504, or cut.
    public var failed: UInt64
    /// Half of all answers took no longer.
    public var median: UInt64?
    /// 99 of 100 took no longer.
    public var slowest: UInt64?

    public init(
        open: UInt32 = 0, requests: UInt64 = 0, failed: UInt64 = 0, median: UInt64? = nil,
        slowest: UInt64? = nil
    ) {
        self.open = open
        self.requests = requests
        self.failed = failed
        self.median = median
        self.slowest = slowest
    }

    func write(to writer: inout ByteWriter) {
        writer.write(open)
        writer.write(requests)
        writer.write(failed)
        writer.write(median ?? .max)
        writer.write(slowest ?? .max)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        open = try reader.readUInt32()
        requests = try reader.readUInt64()
        failed = try reader.readUInt64()
        median = try Self.readTime(&reader)
        slowest = try Self.readTime(&reader)
    }

    private static func readTime(_ reader: inout ByteReader) throws(DecodeError) -> UInt64? {
        let time = try reader.readUInt64()
        return time == .max ? nil : time
    }
}

/// Of a worker that serves.
public struct ServerFigures: Equatable, Sendable {
    /// Connections of clients that are open.
    public var connections: UInt32
    /// Requests that wait for an instance.
    public var waiting: UInt32
    /// Requests that apm-proxyd itself has refused.
    public var refused: UInt64
    /// Lines of its access log that were left out.
    public var droppedLines: UInt64
    /// Of all its instances together.
    public var traffic: Traffic

    public init(
        connections: UInt32 = 0, waiting: UInt32 = 0, refused: UInt64 = 0,
        droppedLines: UInt64 = 0, traffic: Traffic = Traffic()
    ) {
        self.connections = connections
        self.waiting = waiting
        self.refused = refused
        self.droppedLines = droppedLines
        self.traffic = traffic
    }

    func write(to writer: inout ByteWriter) {
        writer.write(connections)
        writer.write(waiting)
        writer.write(refused)
        writer.write(droppedLines)
        traffic.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        connections = try reader.readUInt32()
        waiting = try reader.readUInt32()
        refused = try reader.readUInt64()
        droppedLines = try reader.readUInt64()
        traffic = try Traffic(reading: &reader)
    }
}

/// Of an instance that is connected.
public struct ConnectorFigures: Equatable, Sendable {
    /// Its connector has greeted.
    public var isReady: Bool
    public var traffic: Traffic

    public init(isReady: Bool, traffic: Traffic = Traffic()) {
        self.isReady = isReady
        self.traffic = traffic
    }

    func write(to writer: inout ByteWriter) {
        writer.write(isReady)
        traffic.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        isReady = try reader.readBool()
        traffic = try Traffic(reading: &reader)
    }
}

extension ByteWriter {
    /// Whether there is one, and it.
    mutating func write<Value>(_ value: Value?, _ body: (Value, inout ByteWriter) -> Void) {
        write(value != nil)
        if let value { body(value, &self) }
    }
}

extension ByteReader {
    mutating func readOptional<Value>(
        _ body: (inout ByteReader) throws(DecodeError) -> Value
    ) throws(DecodeError) -> Value? {
        try readBool() ? try body(&self) : nil
    }
}
