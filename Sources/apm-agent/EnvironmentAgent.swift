// Finds the environment of one user: the PATH of a login, and what an environment file holds. When
// the shell is done, or nobody asks for it, the process gives up the way to start anything.

import CLinux
import Confinement
import Glibc
import Messages
import Posix

struct EnvironmentAgent {
    private var isClosed = false

    mutating func answer(
        _ message: Message, _ descriptors: [Int32]
    ) throws(SystemError) -> Message? {
        switch message {
        case .readLoginPath(let login) where !isClosed:
            let path = LoginShell.path(of: login)
            try close()
            return .loginPathRead(path)
        case .readEnvironmentFile:
            try close()
            return .environmentFileRead(Self.read(over: descriptors[0]))
        default: return nil
        }
    }

    private mutating func close() throws(SystemError) {
        if !isClosed { try Confinement.closeEnvironment() }
        isClosed = true
    }

    /// The one descriptor that came over the socket, which is taken over; nil: none did.
    private static func receiveFile(over socket: Int32) -> Descriptor? {
        let way = Descriptor(owning: socket)
        var byte: UInt8 = 0
        let packet = withUnsafeMutableBytes(of: &byte) {
            try? PacketSocket.receive(into: $0, from: way.raw)
        }
        guard let packet, packet.descriptors.count == 1 else { return nil }
        return Descriptor(owning: packet.descriptors[0])
    }

    private static func read(over socket: Int32) -> EnvironmentFile {
        guard let file = receiveFile(over: socket), apm_file_size(file.raw) >= 0 else {
            return EnvironmentFile(.failed, number: EINVAL)
        }
        let limit = MessageLimits.environmentFileBytes
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled <= limit {
            let count = bytes.withUnsafeMutableBytes { room in
                Glibc.read(file.raw, room.baseAddress.map { $0 + filled }, limit + 1 - filled)
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return EnvironmentFile(.failed, number: errno) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= limit else { return EnvironmentFile(.tooLong) }
        return EnvironmentText.parse(bytes[..<filled])
    }
}
