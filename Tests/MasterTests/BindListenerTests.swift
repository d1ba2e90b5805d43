// Listeners as the kernel gives them: what the address table calls apart is apart.

import Glibc
import Posix
import Settings
import Testing

@testable import apm_master

@Suite(.serialized) struct BindListenerTests {
    /// A port that is free at the moment, on the loopback addresses of both versions.
    private func freePort() throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(number >= 0)
        defer { close(number) }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &place) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(number, $0, size) == 0)
                try #require(getsockname(number, $0, &size) == 0)
            }
        }
        return UInt16(bigEndian: place.sin_port)
    }

    private func bound(_ text: String) throws -> Descriptor {
        let address = try #require(ServerAddress(text))
        return Descriptor(owning: try BindListener.bind(address, isLow: false))
    }

    @Test func bothVersionsAreApart() throws {
        let port = try freePort()
        let all4 = try bound("http://0.0.0.0:\(port)")
        let all6 = try bound("http://[::]:\(port)")
        #expect(fcntl(all4.raw, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(all6.raw, F_GETFD) & FD_CLOEXEC != 0)
        #expect(throws: SystemError.self) { _ = try bound("http://127.0.0.1:\(port)").raw }
        #expect(throws: SystemError.self) {
            _ = try bound("http://[::ffff:127.0.0.1]:\(port)").raw
        }
        #expect(throws: SystemError.self) { _ = try bound("http://[::1]:\(port)").raw }
    }

    @Test func oneThatIsShutIsInNobodysWay() throws {
        let port = try freePort()
        let first = try bound("http://127.0.0.1:\(port)")
        #expect(throws: SystemError.self) { _ = try bound("http://127.0.0.1:\(port)").raw }
        #expect(shutdown(first.raw, Int32(SHUT_RD)) == 0)
        let second = try bound("http://127.0.0.1:\(port)")
        #expect(second.raw >= 0)
    }

    @Test func whatCannotBeHadIsNamed() throws {
        let address = try #require(ServerAddress("http://192.0.2.1:4000"))
        let error = #expect(throws: SystemError.self) {
            close(try BindListener.bind(address, isLow: false))
        }
        #expect(error?.code == EADDRNOTAVAIL)
        #expect(error?.subject == "http://192.0.2.1:4000")
    }
}
