// A file descriptor with one owner, closed when the owner lets go of it.

import CLinux
import Glibc

public struct Descriptor: ~Copyable, @unchecked Sendable {
    /// The number; valid as long as this value lives.
    public let raw: Int32

    /// Takes ownership of an open descriptor.
    public init(owning raw: Int32) {
        precondition(raw >= 0, "owning a descriptor that is not open")
        self.raw = raw
    }

    deinit {
        // EINTR too means closed, on Linux.
        _ = close(raw)
    }

    /// Gives the number away; the receiver closes it.
    public consuming func release() -> Int32 {
        let number = raw
        discard self
        return number
    }
}

extension Optional where Wrapped == Descriptor {
    /// The number, where there is one.
    public var number: Int32? {
        switch self {
        case .some(let descriptor): descriptor.raw
        case .none: nil
        }
    }
}

/// Pairs of descriptors, CLOEXEC, as numbers that the caller owns from then on.
public enum DescriptorPair {
    /// The ends of a pipe, both blocking.
    public static func pipe() throws(SystemError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        let result = apm_pipe(&ends)
        guard result == 0 else { throw SystemError("pipe", negated: Int(result)) }
        return (ends[0], ends[1])
    }

    /// Two connected sockets for messages, never blocking.
    public static func packetSockets() throws(SystemError) -> (Int32, Int32) {
        try sockets(Int32(SOCK_SEQPACKET.rawValue))
    }

    /// Two connected sockets for a byte stream, never blocking.
    public static func streamSockets() throws(SystemError) -> (Int32, Int32) {
        try sockets(Int32(SOCK_STREAM.rawValue))
    }

    /// A byte stream in one direction, never blocking. The writing end takes nothing in, so its
    /// reader can put nothing there, neither bytes nor descriptors: closing it never waits for
    /// anybody. (Closing an end of a pipe waits for the pipe's lock, which a process keeps as long
    /// as it likes by splice from a socket that brings nothing.)
    public static func oneWaySockets() throws(SystemError) -> (reading: Int32, writing: Int32) {
        let ends = try streamSockets()
        guard shutdown(ends.1, Int32(SHUT_RD)) == 0 else {
            let code = errno
            _ = close(ends.0)
            _ = close(ends.1)
            throw SystemError("shutdown", code: code)
        }
        return (ends.0, ends.1)
    }

    private static func sockets(_ type: Int32) throws(SystemError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type | flags, 0, &ends) == 0 else {
            throw SystemError("socketpair", code: errno)
        }
        return (ends[0], ends[1])
    }
}
