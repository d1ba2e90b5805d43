// Which connections an address gets, and whether two addresses are in each other's way.

public struct AddressReach: Equatable, Sendable {
    public let port: UInt16
    /// 4 or 16 bytes: an address of version 4 that is written as one of version 6 is one of 4.
    public let host: [UInt8]

    public init(_ address: ServerAddress) {
        port = address.port
        let bytes = address.address.bytes
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        host = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }

    public var isVersion6: Bool { host.count == 16 }
    public var isAllHosts: Bool { host.allSatisfy { $0 == 0 } }

    /// Whether two workers would share something.
    public func meets(_ other: AddressReach) -> Bool {
        port == other.port && (isAllHosts || other.isAllHosts || host == other.host)
    }

    /// Whether one socket keeps the other from being bound.
    public func collides(with other: AddressReach) -> Bool {
        meets(other) && isVersion6 == other.isVersion6
    }
}
