// Listeners and pipes for apm-proxyd, as the master makes them.

import Glibc
import Posix
import Testing

/// A listening socket on a free port.
struct ListenSocket {
    let descriptor: Int32
    let port: UInt16

    init(host: String) throws {
        let family = host.contains(":") ? AF_INET6 : AF_INET
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let listener = socket(family, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        try #require(listener >= 0, "socket")
        var place = try SocketAddress(host: host, port: 0)
        let bound = place.use { bind(listener, $0, $1) }
        try #require(bound == 0, "bind \(host)")
        try #require(listen(listener, 4096) == 0, "listen")
        port = try place.ask { getsockname(listener, $0, $1) }
        descriptor = listener
    }
}

/// An address as the kernel wants it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var size: socklen_t

    init(host: String, port: UInt16) throws {
        if host.contains(":") {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            try #require(inet_pton(AF_INET6, host, &address.sin6_addr) == 1, "\(host)")
            size = socklen_t(MemoryLayout<sockaddr_in6>.size)
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: address, as: sockaddr_in6.self)
            }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            try #require(inet_pton(AF_INET, host, &address.sin_addr) == 1, "\(host)")
            size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &storage) {
                $0.storeBytes(of: address, as: sockaddr_in.self)
            }
        }
    }

    mutating func use(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        let size = size
        return withUnsafePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, size) }
        }
    }

    /// The port that the kernel tells.
    mutating func ask(
        _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws -> UInt16 {
        var size = size
        let result = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &size) }
        }
        try #require(result == 0, "getsockname")
        // The port stands at the same place in both families.
        return withUnsafeBytes(of: &storage) {
            UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))
        }
    }
}

/// A pipe whose ends never block.
struct Pipe {
    let reading: Int32
    let writing: Int32

    init(bytes: Int32? = nil) throws {
        let ends = try DescriptorPair.pipe()
        reading = ends.reading
        writing = ends.writing
        for end in [reading, writing] {
            try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK")
        }
        if let bytes { Self.enlarge(writing, bytes) }
    }

    static func enlarge(_ end: Int32, _ bytes: Int32) {
        // F_SETPIPE_SZ.
        _ = fcntl(end, 1031, bytes)
    }

    /// All bytes that are in a pipe or socket now.
    static func drain(_ descriptor: Int32) -> [UInt8] {
        var all: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &room, room.count)
            guard count > 0 else { return all }
            all += room[..<count]
        }
    }

    /// Reads until the bytes satisfy `isEnough`.
    static func read(
        _ descriptor: Int32, until isEnough: ([UInt8]) -> Bool
    ) throws -> [UInt8] {
        let deadline = Deadline.patient
        var all: [UInt8] = []
        while !isEnough(all) {
            guard Wait.readable(descriptor, deadline) else {
                throw StageError("only \(all.count) bytes came: \(all.suffix(200).text)")
            }
            let more = drain(descriptor)
            if more.isEmpty { throw StageError("the end came after \(all.count) bytes") }
            all += more
        }
        return all
    }
}
