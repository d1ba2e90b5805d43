// What apm-proxyd is told and what it tells, to bytes and back. Instances are named by their place
// in its figures (FiguresLayout), workers by the slot of their recent lines, servers by a number;
// all are the master's to give.

import Bytes
import Settings

/// A worker that is connected, whether it serves or not. One that is open takes what is new in it.
public struct ProxiedWorker: Equatable, Sendable {
    /// 0 ..< `MessageLimits.workers`.
    public var worker: UInt16
    public var name: String
    /// Whether instances run or will run again by themselves: requests may wait for them.
    public var isExpected: Bool
    public var settings: ServerSettings

    public init(worker: UInt16, name: String, isExpected: Bool, settings: ServerSettings) {
        self.worker = worker
        self.name = name
        self.isExpected = isExpected
        self.settings = settings
    }

    func write(to writer: inout ByteWriter) {
        writer.write(worker)
        writer.write(name)
        writer.write(isExpected)
        settings.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        worker = try reader.readWorker()
        name = try reader.readText(atMost: SettingsLimits.nameBytes)
        isExpected = try reader.readBool()
        settings = try ServerSettings(reading: &reader)
    }
}

/// A listener and whose it is.
public struct ProxiedServer: Equatable, Sendable {
    /// 0 ..< `MessageLimits.servers`.
    public var server: UInt16
    public var worker: UInt16
    public var address: ServerAddress

    public init(server: UInt16, worker: UInt16, address: ServerAddress) {
        self.server = server
        self.worker = worker
        self.address = address
    }

    func write(to writer: inout ByteWriter) {
        writer.write(server)
        writer.write(worker)
        address.write(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        server = try reader.readServer()
        worker = try reader.readWorker()
        address = try ServerAddress(reading: &reader)
    }
}

/// One start of an instance. Its descriptors: the writing end of its standard input, the reading
/// end of its standard output, the writing end of the pipe for text, all of them never blocking.
public struct ConnectedInstance: Equatable, Sendable {
    /// Its place in the figures: 0 ..< `MessageLimits.connectedInstances`.
    public var instance: UInt16
    public var worker: UInt16
    /// Its number within the worker, from 1.
    public var number: UInt16
    /// The key of its frames (FrameKey), as a little-endian number.
    public var key: UInt32

    public init(instance: UInt16, worker: UInt16, number: UInt16, key: UInt32) {
        self.instance = instance
        self.worker = worker
        self.number = number
        self.key = key
    }

    func write(to writer: inout ByteWriter) {
        writer.write(instance)
        writer.write(worker)
        writer.write(number)
        writer.write(key)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        instance = try reader.readInstance()
        worker = try reader.readWorker()
        number = try reader.readUInt16()
        key = try reader.readUInt32()
    }
}

/// Why an instance cannot go on.
public enum InstanceFault: UInt8, Sendable, CaseIterable {
    /// The proxy before this one died in the middle of a frame.
    case cutFrame = 0
    /// What it greeted with is no hello.
    case badHello = 1
    /// It has closed its standard input or output while it runs.
    case closedPipe = 2
    /// It has not taken what was written to it for too long.
    case doesNotRead = 3
}

extension ByteReader {
    mutating func readWorker() throws(DecodeError) -> UInt16 {
        try readPlace(below: MessageLimits.workers)
    }

    mutating func readServer() throws(DecodeError) -> UInt16 {
        try readPlace(below: MessageLimits.servers)
    }

    mutating func readInstance() throws(DecodeError) -> UInt16 {
        try readPlace(below: MessageLimits.connectedInstances)
    }

    private mutating func readPlace(below limit: Int) throws(DecodeError) -> UInt16 {
        let place = try readUInt16()
        guard place < limit else { throw .badValue }
        return place
    }
}
