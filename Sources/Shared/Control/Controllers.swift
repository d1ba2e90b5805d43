// Controllers of control groups: what the kernel can limit, and which settings need which of them.

import Bytes
import Settings

/// Controllers that work for the groups of instances.
public struct Controllers: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let cpu = Controllers(rawValue: 1)
    public static let memory = Controllers(rawValue: 2)
    public static let pids = Controllers(rawValue: 4)
    public static let all: Controllers = [.cpu, .memory, .pids]

    /// As the kernel writes them.
    public static let named: [(name: String, controller: Controllers)] = [
        ("cpu", .cpu), ("memory", .memory), ("pids", .pids),
    ]

    func write(to writer: inout ByteWriter) { writer.write(rawValue) }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        rawValue = try reader.readUInt8()
        guard isSubset(of: .all) else { throw .badValue }
    }
}

extension WorkerSettings {
    /// A limit that is set although nothing here can enforce it.
    public struct UnmetLimit: Equatable, Sendable {
        public var key: String
        /// The name of the controller that is missing.
        public var controller: String
    }

    /// The limits that are set and need a controller which is not among these.
    public func limits(unmetBy controllers: Controllers) -> [UnmetLimit] {
        let needs: [(key: String, isSet: Bool, controller: Controllers)] = [
            ("memory_limit", memoryLimit > 0, .memory), ("memory_high", memoryHigh > 0, .memory),
            ("cpu_limit", cpuLimit > 0, .cpu), ("pids_limit", pidsLimit > 0, .pids),
        ]
        return needs.compactMap { need in
            guard need.isSet, !controllers.contains(need.controller),
                let known = Controllers.named.first(where: { $0.controller == need.controller })
            else { return nil }
            return UnmetLimit(key: need.key, controller: known.name)
        }
    }
}
