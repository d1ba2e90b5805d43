// How the servers of a worker serve. apm-proxyd gets it as it is; all of it may change while
// connections are open.

import Bytes

/// Times are milliseconds; where nothing else is said, 0 = any.
public struct ServerSettings: Equatable, Sendable {
    /// Names of fields reach the worker in small letters.
    public var lowercaseHeaders = false
    /// Whether `trustedProxies` are believed about the address of the client.
    public var trustProxy = true
    public var trustedProxies = ServerSettings.loopback
    /// How long a connection may be idle between two requests. 0 = it is closed after each.
    public var keepAlive: UInt32 = 120_000
    /// Connections of one server at once; others wait in the backlog. 0 = any.
    public var maxConnections: UInt32 = 0
    /// Name of a field with an id that each request gets; empty = none.
    public var traceHeader = ""
    /// Bytes of a request line, of a head, and fields in it.
    public var maxRequestLine: UInt32 = 8192
    public var maxHeaderSize: UInt32 = 32_768
    public var maxHeaders: UInt32 = 100
    /// Bytes of a request's body; at least 1.
    public var maxBody: UInt64 = 64 * 1024 * 1024
    /// From the first byte of a head to its last.
    public var headerTimeout: UInt32 = 15_000
    /// Between two pieces of a request's body.
    public var bodyTimeout: UInt32 = 30_000
    /// Between two pieces of an answer that the client takes.
    public var sendTimeout: UInt32 = 60_000
    /// From a request to the head of its answer; the body's coming takes none of it.
    public var responseTimeout: UInt32 = 60_000
    /// Requests that wait for an instance while none can take them, and how long. 0 = none waits.
    public var queueLimit: UInt32 = 1024
    public var queueTimeout: UInt32 = 10_000

    public static let loopback = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }

    public init() {}

    public func write(to writer: inout ByteWriter) {
        writer.write(lowercaseHeaders)
        writer.write(trustProxy)
        writer.write(UInt16(trustedProxies.count))
        for network in trustedProxies { network.write(to: &writer) }
        writer.write(keepAlive)
        writer.write(maxConnections)
        writer.write(traceHeader)
        writer.write(maxRequestLine)
        writer.write(maxHeaderSize)
        writer.write(maxHeaders)
        writer.write(maxBody)
        writer.write(headerTimeout)
        writer.write(bodyTimeout)
        writer.write(sendTimeout)
        writer.write(responseTimeout)
        writer.write(queueLimit)
        writer.write(queueTimeout)
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        lowercaseHeaders = try reader.readBool()
        trustProxy = try reader.readBool()
        let networks = try reader.readCount(
            atMost: SettingsLimits.networks, smallest: 6)
        trustedProxies = []
        for _ in 0..<networks { trustedProxies.append(try IPNetwork(reading: &reader)) }
        keepAlive = try Self.read(&reader, 0...SettingsLimits.milliseconds)
        maxConnections = try reader.readUInt32()
        traceHeader = try reader.readText(atMost: SettingsLimits.nameBytes)
        guard traceHeader.isEmpty || OptionValue.isToken(traceHeader) else { throw .badValue }
        maxRequestLine = try Self.read(&reader, SettingsLimits.requestLineBytes)
        maxHeaderSize = try Self.read(&reader, SettingsLimits.headerBytes)
        maxHeaders = try Self.read(&reader, SettingsLimits.headers)
        maxBody = try reader.readUInt64()
        guard (1...SettingsLimits.memoryBytes).contains(maxBody) else { throw .badValue }
        headerTimeout = try Self.read(&reader, 0...SettingsLimits.milliseconds)
        bodyTimeout = try Self.read(&reader, 0...SettingsLimits.milliseconds)
        sendTimeout = try Self.read(&reader, 0...SettingsLimits.milliseconds)
        responseTimeout = try Self.read(&reader, 0...SettingsLimits.milliseconds)
        queueLimit = try Self.read(&reader, 0...SettingsLimits.queuedRequests)
        queueTimeout = try Self.read(&reader, 0...SettingsLimits.milliseconds)
    }

    private static func read(
        _ reader: inout ByteReader, _ range: ClosedRange<UInt32>
    ) throws(DecodeError) -> UInt32 {
        let value = try reader.readUInt32()
        guard range.contains(value) else { throw .badValue }
        return value
    }
}

extension IPNetwork {
    /// Bytes of the address u8 (4 or 16), the bytes, bits u8.
    public func write(to writer: inout ByteWriter) {
        address.write(to: &writer)
        writer.write(UInt8(bits))
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        let address = try IPAddress(reading: &reader)
        let bits = Int(try reader.readUInt8())
        guard bits <= address.bytes.count * 8 else { throw .badValue }
        let network = IPNetwork(address: address, bits: bits)
        // Each network has one encoding.
        guard network.address == address else { throw .badValue }
        self = network
    }
}

extension IPAddress {
    public func write(to writer: inout ByteWriter) {
        writer.write(UInt8(bytes.count))
        for byte in bytes { writer.write(byte) }
    }

    public init(reading reader: inout ByteReader) throws(DecodeError) {
        let count = Int(try reader.readUInt8())
        guard count == 4 || count == 16 else { throw .badValue }
        var bytes: [UInt8] = []
        for _ in 0..<count { bytes.append(try reader.readUInt8()) }
        self.init(bytes: bytes)
    }
}
