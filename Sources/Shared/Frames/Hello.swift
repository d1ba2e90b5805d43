// The heads of the two greetings. Fields that a reader does not know are skipped, so that either
// side may learn to say more; a field that it knows must be right and come once.

import Bytes

/// What a proxy tells a connector first.
public struct ProxyHello: Equatable, Sendable {
    public var worker: String
    /// From 0.
    public var instance: UInt16
    /// Bytes that each side may send into a new session.
    public var windowBytes: UInt32

    public init(
        worker: String, instance: UInt16, windowBytes: UInt32 = UInt32(FrameLimits.windowBytes)
    ) {
        self.worker = worker
        self.instance = instance
        self.windowBytes = windowBytes
    }

    public func write(into writer: inout BufferWriter) {
        writer.write("worker: ")
        writer.write(utf8: worker)
        writer.write("\ninstance: ")
        writer.writeDecimal(UInt64(instance))
        writer.write("\nwindow: ")
        writer.writeDecimal(UInt64(windowBytes))
        writer.write("\n")
    }

    public init(_ head: RawSpan) throws(FrameProblem) {
        var fields = try HelloFields(head, known: ["worker", "instance", "window"])
        guard let worker = fields.take("worker"),
            let instance = fields.take("instance").flatMap({ UInt16($0) }),
            let window = fields.take("window").flatMap({ UInt32($0) }),
            (FrameLimits.payloadBytes...FrameLimits.creditBytes).contains(Int(window))
        else { throw .badHello }
        self.init(worker: worker, instance: instance, windowBytes: window)
    }
}

/// What a connector answers: it is ready for sessions.
public struct WorkerHello: Equatable, Sendable {
    /// Language and version of the connector, for people: `node 3.0.0`.
    public var connector: String

    public init(connector: String) {
        self.connector = connector
    }

    public func write(into writer: inout BufferWriter) {
        writer.write("connector: ")
        writer.write(utf8: connector)
        writer.write("\n")
    }

    public init(_ head: RawSpan) throws(FrameProblem) {
        var fields = try HelloFields(head, known: ["connector"])
        guard let connector = fields.take("connector"), connector.utf8.count <= 128,
            !connector.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw .badHello }
        self.init(connector: connector)
    }
}

/// The fields of a hello that are known, by name.
private struct HelloFields {
    private var values: [String: String] = [:]

    init(_ head: RawSpan, known: [String]) throws(FrameProblem) {
        guard head.byteCount <= FrameLimits.helloBytes else { throw .badHello }
        var block = HeadBlock(head)
        for _ in 0..<FrameLimits.helloLines where !block.isAtEnd {
            guard let field = block.nextField(), let name = block.text(field.name),
                let value = block.text(field.value)
            else { throw .badHello }
            guard known.contains(name) else { continue }
            guard values.updateValue(value, forKey: name) == nil else { throw .badHello }
        }
        guard block.isAtEnd else { throw .badHello }
    }

    mutating func take(_ name: String) -> String? {
        values.removeValue(forKey: name)
    }
}
